using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Braintrust.Api.Primitives.V1;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Braintrust.OpenApi;

/// <summary>The reasons that a method's comment names, told by the HTTP status they come with.</summary>
internal sealed partial class DocumentedErrors
{
    private const string Prefix = "ERROR_REASON_";

    private readonly Dictionary<string, string> _comments;

    /// <param name="reasons">The enum ErrorReason, with its comments.</param>
    public DocumentedErrors(EnumDescriptor reasons) =>
        _comments = reasons.Values.ToDictionary(value => value.Name[Prefix.Length..], value => value.Comment());

    /// <summary>One response for each status; "default" for what every method can answer.</summary>
    public IEnumerable<(string Status, JsonObject Response)> Of(string comment)
    {
        var named =
            from reason in Upper().Matches(comment).Select(match => match.Value).Distinct()
            where _comments.ContainsKey(reason)
            group reason by Http(Refusals.StatusOf(ReasonOf(reason))) into same
            orderby same.Key
            select same;
        foreach (var status in named)
            yield return (status.Key.ToString(System.Globalization.CultureInfo.InvariantCulture),
                Response(string.Join('\n', status.Select(reason => $"- `{reason}`: {_comments[reason]}"))));
        yield return ("default", Response("Any other error: the reason is in details, in the entry google.rpc.ErrorInfo."));
    }

    /// <summary>HTTP status of a gRPC status, by google.rpc.Code.</summary>
    public static int Http(StatusCode status) => status switch
    {
        StatusCode.OK => 200,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => 400,
        StatusCode.Unauthenticated => 401,
        StatusCode.PermissionDenied => 403,
        StatusCode.NotFound => 404,
        StatusCode.Aborted or StatusCode.AlreadyExists => 409,
        StatusCode.ResourceExhausted => 429,
        StatusCode.Cancelled => 499,
        StatusCode.Unimplemented => 501,
        StatusCode.Unavailable => 503,
        StatusCode.DeadlineExceeded => 504,
        _ => 500,
    };

    private static ErrorReason ReasonOf(string name) =>
        (ErrorReason)ErrorsReflection.Descriptor.EnumTypes.Single(type => type.Name == nameof(ErrorReason)).FindValueByName(Prefix + name).Number;

    private static JsonObject Response(string description) => new()
    {
        ["description"] = description,
        ["content"] = OpenApiDocument.Json(new JsonObject { ["$ref"] = "#/components/schemas/google.rpc.Status" }),
    };

    [GeneratedRegex(@"\b[A-Z][A-Z_]{3,}\b")]
    private static partial Regex Upper();
}
