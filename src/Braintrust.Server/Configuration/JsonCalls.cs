using System.Globalization;
using System.Text;
using Braintrust.Security;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Http.Extensions;
using Code = Grpc.Core.StatusCode;
using ErrorDetailsReflection = Google.Rpc.ErrorDetailsReflection;
using RetryInfo = Google.Rpc.RetryInfo;

namespace Braintrust;

/// <summary>
/// What happens to a JSON call before and behind the interceptors: its body has a limit, and an error that is not ours
/// (a place that is not there, a body that is no JSON) gets the reason that every refusal has.
/// </summary>
internal static class JsonCalls
{
    /// <summary>The path that every rule of the protos begins with.</summary>
    public const string Root = "/v1";

    /// <summary>Where documents are put: the one place whose requests may be larger.</summary>
    private const string Documents = Root + "/documents";

    /// <summary>Base64 and field names make the same message longer in JSON; less than twice as long for what fits.</summary>
    private const int Expansion = 2;

    private static readonly TypeRegistry Details = TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor);
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithTypeRegistry(Details));
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithTypeRegistry(Details));

    public static void UseJsonCalls(this WebApplication app, LimitOptions limits)
    {
        var (bytesMax, documentBytesMax) = (limits.ReceiveBytesMax * Expansion, limits.DocumentBytesMax * Expansion);
        app.UseWhen(context => context.Request.Path.StartsWithSegments(Root), json => json.Use(async (context, next) =>
        {
            // Answers are for one caller at one moment.
            context.Response.Headers.CacheControl = "no-store";
            if (await ReadBody(context.Request, context.Request.Path == Documents ? documentBytesMax : bytesMax)) await Call(context, next);
            else await Write(context.Response, StatusCodes.Status429TooManyRequests, TransportLimits.TooLarge.ToStatus());
        }));
    }

    /// <summary>Reads the body, which is needed as a whole before the call can begin. False when it is too large.</summary>
    private static async Task<bool> ReadBody(HttpRequest request, int bytesMax)
    {
        if (request.ContentLength > bytesMax) return false;
        var body = new MemoryStream((int)(request.ContentLength ?? 0));
        var buffer = new byte[Math.Min(bytesMax, 16 * 1024)];
        while (await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted) is > 0 and var read)
        {
            if (body.Length + read > bytesMax) return false;
            body.Write(buffer, 0, read);
        }

        body.Position = 0;
        request.Body = body;
        return true;
    }

    private static async Task Call(HttpContext context, RequestDelegate next)
    {
        var (response, body) = (context.Response, context.Response.Body);
        using var held = new HeldErrorStream(response, body);
        response.Body = held;
        await next(context);
        response.Body = body;
        if (response.StatusCode < StatusCodes.Status400BadRequest || response.HasStarted) return;
        var told = held.Held.Length > 0
            ? Parser.Parse<Google.Rpc.Status>(Encoding.UTF8.GetString(held.Held.ToArray()))
            : new Google.Rpc.Status();
        await Write(response, response.StatusCode, told.Details.Count > 0 ? told : Explained(context, told));
    }

    private static Google.Rpc.Status Explained(HttpContext context, Google.Rpc.Status told) => (Code)told.Code switch
    {
        Code.InvalidArgument => new Refusal(RefusalCode.InvalidArgument, told.Message).ToStatus(),
        Code.OK when context.Response.StatusCode is >= 400 and < 500 =>
            new Refusal(RefusalCode.NotFound, $"There is no {context.Request.Method} {context.Request.GetEncodedPathAndQuery()}.").ToStatus(),
        Code.Cancelled or Code.DeadlineExceeded => told,
        _ => Refusals.InternalStatus(context.TraceIdentifier),
    };

    private static Task Write(HttpResponse response, int http, Google.Rpc.Status status)
    {
        response.StatusCode = http;
        response.ContentType = "application/json";
        response.ContentLength = null;
        if (status.GetDetail<RetryInfo>()?.RetryDelay is { } delay)
            response.Headers.RetryAfter = Math.Ceiling(delay.ToTimeSpan().TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return response.WriteAsync(Formatter.Format(status), response.HttpContext.RequestAborted);
    }
}
