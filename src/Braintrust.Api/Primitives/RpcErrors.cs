using Braintrust.Api.Primitives.V1;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;

namespace Braintrust.Api;

/// <summary>Reads what the server says about an error beside its status.</summary>
public static class RpcErrors
{
    public const string Domain = "braintrust";

    private const string Prefix = "ERROR_REASON_";

    private static readonly EnumDescriptor Reasons =
        ErrorsReflection.Descriptor.EnumTypes.Single(type => type.Name == nameof(ErrorReason));

    /// <summary>Why the call was refused; null when the error is not one of ours (the network's, for instance).</summary>
    public static ErrorReason? Reason(this RpcException error) =>
        error.Info() is { } info && Reasons.FindValueByName(Prefix + info.Reason) is { } value ? (ErrorReason)value.Number : null;

    /// <summary>Path of the request field at fault, when one is.</summary>
    public static string? Field(this RpcException error) => error.Metadata("field");

    /// <summary>One of the error's own key words, such as "error" of a simulation or "request_id" of a bug.</summary>
    public static string? Metadata(this RpcException error, string key) =>
        error.Info() is { } info && info.Metadata.TryGetValue(key, out var value) ? value : null;

    /// <summary>How long to wait before calling again, when the server says so.</summary>
    public static TimeSpan? RetryAfter(this RpcException error) =>
        error.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();

    /// <summary>
    /// True when the same request may succeed later: a dependency or the connection was away, or a rate was exceeded. The
    /// outcome of the failed call is unknown; its request id makes the repetition safe.
    /// </summary>
    public static bool IsWorthRetrying(this RpcException error) =>
        error.StatusCode == StatusCode.Unavailable
        || (error.StatusCode == StatusCode.ResourceExhausted && error.RetryAfter() is not null)
        || (error.Reason() is null && IsOfTheConnection(error.Status.DebugException));

    private static bool IsOfTheConnection(Exception? cause) =>
        cause is IOException or HttpRequestException or System.Net.Sockets.SocketException;

    private static ErrorInfo? Info(this RpcException error) =>
        error.GetRpcStatus()?.GetDetail<ErrorInfo>() is { Domain: Domain } info ? info : null;
}
