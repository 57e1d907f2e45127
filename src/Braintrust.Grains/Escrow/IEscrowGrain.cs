using System.Collections.Immutable;
using Braintrust.Chain;
using Orleans.Concurrency;

namespace Braintrust.Escrow;

/// <summary>
/// One negotiation and the agreement it became. Key: <c>{chain id}-{negotiation, 0x and 64 lower-case digits}</c>.
/// Off-chain truth (the signed offer) is its state; the chain view is a fold of the ledger.
/// </summary>
[Alias("escrow.IEscrowGrain")]
public interface IEscrowGrain : IGrainWithStringKey
{
    /// <summary>
    /// Stores terms that the talent signed. Refused: the caller owns neither talent nor employer, signature wrong,
    /// terms outside the law's bounds, the agreement already funded, another context known.
    /// </summary>
    /// <param name="context">
    /// Where the terms come from, vouched for by the grain that made them, or null. An organisation's members may read the
    /// agreement, and its payments are held to the organisation's approval limits.
    /// </param>
    [Alias("Offer")]
    Task<Outcome<AgreementView>> Offer(
        Caller caller, RequestKey request, Terms terms, byte[] talentSignature, AgreementContext? context = null);

    /// <summary>
    /// What a party, or a member of the organisation that hires, sees. Refused: NotFound when nothing is known, NotAParty
    /// for strangers.
    /// </summary>
    [Alias("Read"), AlwaysInterleave]
    Task<Outcome<AgreementView>> Read(Caller caller);

    /// <summary>Where it stands, for a grain that made its terms: nobody's rights are checked.</summary>
    [Alias("Standing"), AlwaysInterleave]
    Task<AgreementStanding> Standing();

    /// <summary>What courts hear of it, for the room that asks their panels: nobody's rights are checked.</summary>
    [Alias("Disputed"), AlwaysInterleave]
    Task<DisputedWork> Disputed();

    /// <summary>Whether terms of this negotiation can still be funded first, as of the chain's final block.</summary>
    /// <param name="validUntil">Their last second, block time.</param>
    /// <param name="contract">The contract that they were made for.</param>
    [Alias("Prospect"), AlwaysInterleave]
    Task<FundingProspect> Prospect(ulong validUntil, Address contract);

    /// <summary>
    /// Builds and simulates a transaction for <paramref name="wallet"/> to sign. Refused with the rule's reason when the
    /// law would refuse it at the chain's present time, NotAParty, ApprovalRequired, SimulationReverted, InsufficientFunds.
    /// </summary>
    [Alias("Prepare"), AlwaysInterleave]
    Task<Outcome<PreparedMove>> Prepare(Caller caller, Address wallet, MoveRequest move);

    /// <summary>
    /// The same move as EIP-712 typed data for <paramref name="wallet"/> to sign and anybody to send, bound to the agreement's
    /// present state. Refused as <see cref="Prepare"/>; StateMoved while the node knows of a newer state.
    /// </summary>
    /// <param name="expiry">Last second (block time) of the signature; 0 for a day from now.</param>
    [Alias("PrepareCall"), AlwaysInterleave]
    Task<Outcome<SignableCall>> PrepareCall(Caller caller, Address wallet, MoveRequest move, ulong expiry);

    /// <summary>
    /// Sends a signed move, or one that anyone can make, with the deployment's relayer, and follows it as an operation of the
    /// caller. The same signature twice is one transaction. Refused as <see cref="PrepareCall"/>; SignatureInvalid, StateMoved,
    /// TooLate, LimitReached, RelayUnavailable.
    /// </summary>
    [Alias("Relay")]
    Task<Outcome<OperationState>> Relay(Caller caller, RequestKey request, Address wallet, MoveRequest move, SignedWord word);

    /// <summary>
    /// Keeps a side's consent to Agree or Amend for the other to take up. Refused as <see cref="PrepareCall"/>;
    /// SignatureInvalid, StateMoved, TooLate.
    /// </summary>
    [Alias("Consent")]
    Task<Outcome<AgreementView>> Consent(Caller caller, RequestKey request, Address wallet, MoveRequest move, SignedWord word);

    /// <summary>Forgets a consent. Refused: NotFound, NotAParty.</summary>
    [Alias("WithdrawConsent")]
    Task<Outcome<AgreementView>> WithdrawConsent(Caller caller, RequestKey request, Hash32 digest);

    /// <summary>
    /// The present view, then every newer one, conflated: a slow reader skips versions. Ends when the grain deactivates:
    /// reopen. Visibility is checked by the caller with <see cref="Read"/> first.
    /// </summary>
    /// <exception cref="EnumerationAbortedException">It ended while nobody was reading: reopen.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<AgreementView> Watch(CancellationToken ct = default);

    /// <summary>The ledger has entries up to <paramref name="pos"/> that may concern this agreement: read them.</summary>
    [Alias("Look"), AlwaysInterleave]
    Task Look(long pos);
}

/// <summary>What a court needs to know of an agreement.</summary>
/// <param name="Cases">The cases about its milestones, by the court's names.</param>
/// <param name="Documents">Hash of the agreed text in the terms in force.</param>
/// <param name="Negotiation">ULID of the negotiation that made the terms, or null.</param>
[GenerateSerializer, Immutable, Alias("escrow.DisputedWork")]
public sealed record DisputedWork(
    [property: Id(0)] ImmutableArray<Hash32> Cases, [property: Id(1)] Hash32 Documents, [property: Id(2)] string? Negotiation);
