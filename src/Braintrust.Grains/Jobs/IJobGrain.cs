using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Braintrust.Jobs;

/// <summary>
/// A job with its bids, invitations, questions and positions. Key: ULID. To whoever may not see it a job does not exist:
/// NotFound. What is the employer's is refused to everybody else the same way.
/// </summary>
[Alias("jobs.IJobGrain")]
public interface IJobGrain : IGrainWithStringKey
{
    /// <summary>Makes the draft. Refused: InvalidArgument, RoleRequired for an organisation the caller does not hire for.</summary>
    /// <param name="employer">accounts/{ulid} or organisations/{ulid}.</param>
    [Alias("Create")]
    Task<Outcome<JobView>> Create(Caller caller, RequestKey request, string employer, JobContent content);

    /// <param name="edition">The edition that the caller read, null for any. Refused: EtagMismatch, WrongState.</param>
    [Alias("Update")]
    Task<Outcome<JobView>> Update(Caller caller, RequestKey request, JobPatch patch, long? edition);

    [Alias("Post")]
    Task<Outcome<JobView>> Post(Caller caller, RequestKey request);

    /// <summary>The service proved that the caller is a reviewer.</summary>
    /// <param name="rejection">Null approves.</param>
    [Alias("Review")]
    Task<Outcome<JobView>> Review(Caller caller, RequestKey request, string? rejection);

    [Alias("Close")]
    Task<Outcome<JobView>> Close(Caller caller, RequestKey request);

    /// <param name="reviewer">True when the service proved that the caller is a reviewer: then it sees jobs in review.</param>
    [Alias("Read"), AlwaysInterleave]
    Task<Outcome<JobView>> Read(Caller caller, bool reviewer);

    /// <summary>Whether the caller acts for the employer.</summary>
    [Alias("IsEmployer"), AlwaysInterleave]
    Task<bool> IsEmployer(Caller caller);

    /// <param name="live">The talent's live bids on all jobs, as <see cref="IBidderGrain"/> counted.</param>
    [Alias("PlaceBid")]
    Task<Outcome<Bid>> PlaceBid(Caller caller, RequestKey request, Bid bid, int live);

    [Alias("WithdrawBid")]
    Task<Outcome<Bid>> WithdrawBid(Caller caller, RequestKey request, string bid);

    [Alias("ShortlistBid")]
    Task<Outcome<Bid>> ShortlistBid(Caller caller, RequestKey request, string bid);

    [Alias("DeclineBid")]
    Task<Outcome<Bid>> DeclineBid(Caller caller, RequestKey request, string bid, string reason);

    /// <summary>For the bid's talent and the employer.</summary>
    [Alias("ReadBid"), AlwaysInterleave]
    Task<Outcome<Bid>> ReadBid(Caller caller, string bid);

    /// <summary>For the employer. Refused: NotFound when one of them is no bid on this job.</summary>
    [Alias("Compare"), AlwaysInterleave]
    Task<Outcome<ImmutableArray<ComparedBid>>> Compare(Caller caller, ImmutableArray<string> bids);

    /// <param name="talent">Account id.</param>
    [Alias("Invite")]
    Task<Outcome<Invitation>> Invite(Caller caller, RequestKey request, string talent, string message);

    [Alias("DeclineInvitation")]
    Task<Outcome<Invitation>> DeclineInvitation(Caller caller, RequestKey request);

    /// <param name="id">ULID of the question.</param>
    [Alias("Ask")]
    Task<Outcome<Question>> Ask(Caller caller, RequestKey request, string id, string text);

    [Alias("Answer")]
    Task<Outcome<Question>> Answer(Caller caller, RequestKey request, string question, string answer);

    /// <summary>Notes a negotiation about to open, for the employer; asked again, it answers again.</summary>
    /// <param name="bid">A live bid, or null with <paramref name="talent"/> invited.</param>
    /// <param name="talent">Account id; not looked at with a bid.</param>
    [Alias("Engage")]
    Task<Outcome<Engagement>> Engage(Caller caller, RequestKey request, string? bid, string talent);

    /// <summary>
    /// Takes a position for a negotiation; asked again, it answers again. When all are taken, the negotiations that hold
    /// them are asked whether they still do. Refused: PositionsFilled, WrongState.
    /// </summary>
    [Alias("Reserve")]
    Task<Outcome<Reservation>> Reserve(Reservation wanted);

    /// <summary>Asks the negotiation what it has of its position, and keeps or frees it.</summary>
    [Alias("Recheck")]
    Task Recheck(string negotiation);

    /// <summary>Frees the position that the negotiation took in this epoch or before, if there is one.</summary>
    [Alias("GiveBack")]
    Task GiveBack(string negotiation, long epoch);

    /// <summary>The present view, then every newer one, conflated. The caller was checked by <see cref="Read"/>.</summary>
    /// <exception cref="EnumerationAbortedException">It ended while nobody was reading: reopen.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<JobView> Watch(CancellationToken ct = default);

    /// <summary>One bid, then every newer version. The caller was checked by <see cref="ReadBid"/>.</summary>
    /// <exception cref="EnumerationAbortedException">It ended while nobody was reading: reopen.</exception>
    [Alias("WatchBid"), AlwaysInterleave]
    IAsyncEnumerable<Bid> WatchBid(string bid, CancellationToken ct = default);
}

/// <summary>
/// One person's bidding, one bid at a time, so that the limit of live bids over all jobs holds. Key: account id. It keeps
/// nothing: the bids' own rows are counted.
/// </summary>
[Alias("jobs.IBidderGrain")]
public interface IBidderGrain : IGrainWithStringKey
{
    /// <summary>As <see cref="IJobGrain.PlaceBid"/>.</summary>
    [Alias("Place")]
    Task<Outcome<Bid>> Place(Caller caller, RequestKey request, string job, Bid bid);
}
