using Braintrust.Escrow;
using Orleans.Concurrency;

namespace Braintrust.Jobs;

/// <summary>
/// A negotiation: the one owner of the steps by which an offer becomes an agreement. Each step can be repeated; whatever is
/// lost between two of them is found by the next call. Key: ULID. To strangers it does not exist: NotFound.
/// </summary>
[Alias("jobs.INegotiationGrain")]
public interface INegotiationGrain : IGrainWithStringKey
{
    /// <summary>Opens it, for the employer. Refused: NotFound, WrongState, LimitReached.</summary>
    [Alias("Open")]
    Task<Outcome<NegotiationView>> Open(Caller caller, RequestKey request, string job, string? bid, string talent);

    /// <summary>Refused: OfferOutdated, WrongState, LimitReached, InvalidArgument, ChainMismatch.</summary>
    [Alias("MakeOffer")]
    Task<Outcome<NegotiationView>> MakeOffer(Caller caller, RequestKey request, OfferDraft draft);

    /// <summary>
    /// Reserves a position, then accepts. Refused: OfferOutdated, OfferExpired, QuoteExpired, PositionsFilled, WrongState.
    /// </summary>
    [Alias("Accept")]
    Task<Outcome<NegotiationView>> Accept(Caller caller, RequestKey request, Hash32 offer);

    /// <summary>Ends it before the terms are signed. Refused: WrongState.</summary>
    [Alias("Withdraw")]
    Task<Outcome<NegotiationView>> Withdraw(Caller caller, RequestKey request, string reason);

    /// <summary>
    /// Keeps the talent's signature of the accepted terms, then hands them to the escrow. Refused: SignatureInvalid,
    /// OfferOutdated, OfferExpired, WrongState.
    /// </summary>
    [Alias("Sign")]
    Task<Outcome<NegotiationView>> Sign(Caller caller, RequestKey request, Hash32 offer, byte[] signature);

    /// <summary>With where the agreement stands on chain.</summary>
    [Alias("Read"), AlwaysInterleave]
    Task<Outcome<NegotiationView>> Read(Caller caller);

    /// <summary>
    /// The agreed text with that hash, as canonical JSON, or null; for a court's panel: nobody's rights are checked.
    /// </summary>
    [Alias("AgreedText"), AlwaysInterleave]
    Task<string?> AgreedText(Hash32 documents);

    /// <summary>
    /// What it has of the position it reserved. None is for good: an acceptance that was underway will not happen, and
    /// accepted terms that were not funded in time never will be.
    /// </summary>
    [Alias("Claim"), AlwaysInterleave]
    Task<PositionClaim> Claim();

    /// <summary>Tries again to give signed terms to the escrow, unless it was tried a moment ago: longer after each try.</summary>
    [Alias("Pursue"), AlwaysInterleave]
    Task Pursue();

    /// <summary>The present state, then every newer one, conflated. The caller was checked by <see cref="Read"/>.</summary>
    /// <exception cref="EnumerationAbortedException">It ended while nobody was reading: reopen.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<NegotiationState> Watch(CancellationToken ct = default);
}

/// <summary>A negotiation, and what its agreement is on chain.</summary>
/// <param name="Standing">Null while no terms are accepted.</param>
[GenerateSerializer, Immutable, Alias("jobs.NegotiationView")]
public sealed record NegotiationView(
    [property: Id(0)] NegotiationState State, [property: Id(1)] AgreementStanding? Standing);
