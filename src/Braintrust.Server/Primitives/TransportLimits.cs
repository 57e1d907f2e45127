using System.Globalization;
using Google.Protobuf;
using Grpc.Core;

namespace Braintrust;

/// <summary>
/// A message beyond the size limit is refused by the transport, before any interceptor: here it gets the reason that every
/// refusal has.
/// </summary>
internal static class TransportLimits
{
    private const string StatusHeader = "grpc-status";
    private const string DetailsHeader = "grpc-status-details-bin";

    private static readonly string Exhausted = ((int)StatusCode.ResourceExhausted).ToString(CultureInfo.InvariantCulture);

    public static readonly Refusal TooLarge = new(RefusalCode.LimitReached, "The message is larger than this server accepts.");

    public static void UseTransportLimits(this WebApplication app) => app.Use(async (context, next) =>
    {
        await next(context);
        // An answer without a message has its status in the headers, which are not sent yet.
        if (context.Response.HasStarted) return;
        var headers = context.Response.Headers;
        if (headers[StatusHeader] != Exhausted || headers.ContainsKey(DetailsHeader)) return;
        headers[DetailsHeader] = Convert.ToBase64String(TooLarge.ToStatus().ToByteArray()).TrimEnd('=');
    });
}
