using Braintrust.Storage;

namespace Braintrust;

public static class Requests
{
    public static Refusal Reused { get; } =
        new(RefusalCode.RequestIdReused, "This request id was used with another body.", "request_id");

    /// <summary>What a request answered before, or null. Refused: RequestIdReused, with another body.</summary>
    public static async Task<Outcome<TAnswer>?> Find<TAnswer>(ICommitStore store, string caller, RequestKey request)
        where TAnswer : notnull
    {
        if (await store.ReadRequest(caller, request.Id, CancellationToken.None) is not { } saved) return null;
        return saved.BodyHash == request.BodyHash ? StateSerializer.Deserialize<TAnswer>(saved.Result) : Reused;
    }
}

internal sealed record RequestName(string Caller, Guid Id, Hash32 BodyHash)
{
    public bool IsSameAs(RequestName other) => Id == other.Id && Caller == other.Caller;
}

/// <summary>How a command ended: a new state, an answer saved earlier, or a refusal.</summary>
internal sealed record Settlement<TState>(TState? After = null, byte[]? Saved = null, Refusal? Refusal = null)
    where TState : class;

/// <summary>A rule on its way to the disk.</summary>
internal sealed class Command<TState>(
    RequestName? request, Func<TState, Outcome<TState>> rule, Func<TState, byte[]> answer) where TState : class
{
    public RequestName? Request { get; } = request;
    public Func<TState, Outcome<TState>> Rule { get; } = rule;
    public TState? After { get; set; }

    public TaskCompletionSource<Settlement<TState>> Settled { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SavedRequest Save(DateTimeOffset now) =>
        new(Request!.Caller, Request.Id, Request.BodyHash, answer(After!), now);
}
