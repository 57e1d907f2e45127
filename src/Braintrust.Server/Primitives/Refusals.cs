using System.Collections.Frozen;
using Braintrust.Api.Primitives.V1;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Braintrust;

/// <summary>
/// The one place where a "no" becomes a gRPC status: google.rpc.ErrorInfo always, BadRequest for a field at fault,
/// RetryInfo where waiting helps.
/// </summary>
public static class Refusals
{
    public const string ErrorDomain = "braintrust";

    /// <summary>What a client waits before it calls again, when nothing better is known.</summary>
    public static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private static readonly FrozenDictionary<RefusalCode, StatusCode> Statuses = new Dictionary<RefusalCode, StatusCode>
    {
        [RefusalCode.InvalidArgument] = StatusCode.InvalidArgument,
        [RefusalCode.NotFound] = StatusCode.NotFound,
        [RefusalCode.NotAParty] = StatusCode.PermissionDenied,
        [RefusalCode.Unauthenticated] = StatusCode.Unauthenticated,
        [RefusalCode.PermissionDenied] = StatusCode.PermissionDenied,
        [RefusalCode.WrongState] = StatusCode.FailedPrecondition,
        [RefusalCode.TooEarly] = StatusCode.FailedPrecondition,
        [RefusalCode.TooLate] = StatusCode.FailedPrecondition,
        [RefusalCode.Conflict] = StatusCode.AlreadyExists,
        [RefusalCode.EtagMismatch] = StatusCode.Aborted,
        [RefusalCode.RequestIdReused] = StatusCode.InvalidArgument,
        [RefusalCode.SignatureInvalid] = StatusCode.InvalidArgument,
        [RefusalCode.NonceInvalid] = StatusCode.Unauthenticated,
        [RefusalCode.ChainMismatch] = StatusCode.InvalidArgument,
        [RefusalCode.AddressTaken] = StatusCode.AlreadyExists,
        [RefusalCode.LastWallet] = StatusCode.FailedPrecondition,
        [RefusalCode.LimitReached] = StatusCode.ResourceExhausted,
        [RefusalCode.InsufficientFunds] = StatusCode.FailedPrecondition,
        [RefusalCode.SimulationReverted] = StatusCode.FailedPrecondition,
        [RefusalCode.ResumeTokenExpired] = StatusCode.OutOfRange,
        [RefusalCode.ResumeTokenInvalid] = StatusCode.InvalidArgument,
        [RefusalCode.ChainHalted] = StatusCode.FailedPrecondition,
        [RefusalCode.TransactionRejected] = StatusCode.FailedPrecondition,
        [RefusalCode.SessionEnded] = StatusCode.Unauthenticated,
        [RefusalCode.PolicyVersionExpired] = StatusCode.FailedPrecondition,
        [RefusalCode.TokenNotListed] = StatusCode.FailedPrecondition,
        [RefusalCode.Unreconciled] = StatusCode.FailedPrecondition,
        [RefusalCode.PositionsFilled] = StatusCode.FailedPrecondition,
        [RefusalCode.OfferOutdated] = StatusCode.Aborted,
        [RefusalCode.OfferExpired] = StatusCode.FailedPrecondition,
        [RefusalCode.QuoteExpired] = StatusCode.FailedPrecondition,
        [RefusalCode.BidExists] = StatusCode.AlreadyExists,
        [RefusalCode.ApprovalRequired] = StatusCode.FailedPrecondition,
        [RefusalCode.RoleRequired] = StatusCode.PermissionDenied,
        [RefusalCode.DocumentMissing] = StatusCode.FailedPrecondition,
        [RefusalCode.PageTokenInvalid] = StatusCode.InvalidArgument,
        [RefusalCode.FilterInvalid] = StatusCode.InvalidArgument,
        [RefusalCode.StateMoved] = StatusCode.Aborted,
        [RefusalCode.RelayUnavailable] = StatusCode.FailedPrecondition,
    }.ToFrozenDictionary();

    /// <summary>The accepted value.</summary>
    /// <exception cref="RpcException">The outcome is a refusal.</exception>
    public static T OrThrow<T>(this Outcome<T> outcome) where T : notnull =>
        outcome.Accepted(out var value, out var refusal) ? value : throw refusal.ToRpc();

    /// <param name="retryAfter">How long waiting helps, for a rate that was exceeded.</param>
    public static RpcException ToRpc(this Refusal refusal, TimeSpan? retryAfter = null) =>
        refusal.ToStatus(retryAfter).ToRpcException();

    /// <summary>The status with its details.</summary>
    public static Google.Rpc.Status ToStatus(this Refusal refusal, TimeSpan? retryAfter = null)
    {
        var status = Statuses[refusal.Code];
        var info = Info(Reason(refusal.Code));
        if (refusal.Field is not null) info.Metadata["field"] = refusal.Field;
        if (refusal.Error is not null) info.Metadata["error"] = refusal.Error;
        var rpc = Status(status, refusal.Message, info);
        if (status == StatusCode.InvalidArgument && refusal.Field is not null)
            rpc.Details.Add(Any.Pack(Violation(refusal)));
        if (retryAfter is { } delay) rpc.Details.Add(Any.Pack(Retry(delay)));
        return rpc;
    }

    /// <summary>A dependency is away: UNAVAILABLE with RetryInfo.</summary>
    public static RpcException Unavailable(string message, TimeSpan? retryAfter = null)
    {
        var rpc = Status(StatusCode.Unavailable, message, Info(ErrorReason.Unavailable));
        rpc.Details.Add(Any.Pack(Retry(retryAfter ?? RetryDelay)));
        return rpc.ToRpcException();
    }

    /// <summary>A bug: INTERNAL with the id under which it was logged, and nothing else about it.</summary>
    public static RpcException Internal(string requestId) => InternalStatus(requestId).ToRpcException();

    /// <summary>As <see cref="Internal"/>, the status itself.</summary>
    public static Google.Rpc.Status InternalStatus(string requestId)
    {
        var info = Info(ErrorReason.Internal);
        info.Metadata["request_id"] = requestId;
        return Status(StatusCode.Internal, "An internal error; the log names this request id.", info);
    }

    /// <summary>The status that an error with this reason has.</summary>
    public static StatusCode StatusOf(ErrorReason reason) => reason switch
    {
        ErrorReason.Unavailable => StatusCode.Unavailable,
        ErrorReason.Internal => StatusCode.Internal,
        _ => Statuses[System.Enum.Parse<RefusalCode>(reason.ToString())],
    };

    public static ErrorReason Reason(RefusalCode code) => System.Enum.Parse<ErrorReason>(code.ToString());

    /// <summary>The reason as it travels: the proto's name without ERROR_REASON_.</summary>
    public static string Name(ErrorReason reason) =>
        ErrorsReflection.Descriptor.EnumTypes.Single(type => type.Name == nameof(ErrorReason))
            .FindValueByNumber((int)reason).Name["ERROR_REASON_".Length..];

    private static ErrorInfo Info(ErrorReason reason) => new() { Domain = ErrorDomain, Reason = Name(reason) };

    private static Google.Rpc.Status Status(StatusCode code, string message, ErrorInfo info) =>
        new() { Code = (int)code, Message = message, Details = { Any.Pack(info) } };

    private static RetryInfo Retry(TimeSpan delay) => new() { RetryDelay = Duration.FromTimeSpan(delay) };

    private static BadRequest Violation(Refusal refusal) => new()
    {
        FieldViolations =
        {
            new BadRequest.Types.FieldViolation { Field = refusal.Field, Description = refusal.Message },
        },
    };
}
