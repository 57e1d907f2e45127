using System.Collections.Immutable;
using Braintrust.Chain;
using Orleans;

namespace Braintrust.Escrow;

/// <summary>Whether the other side can still take a consent up.</summary>
public enum ConsentStatus
{
    Standing = 1,

    /// <summary>Past its last second, block time.</summary>
    Expired = 2,

    /// <summary>The agreement is not in the state any more that was signed.</summary>
    Stale = 3,
}

/// <summary>
/// One side's signed consent to close a milestone at a share, or to other terms; the other side's call takes it along. It
/// binds until its last second or the agreement's next change, also when it is not kept here any more.
/// </summary>
/// <param name="Move">Agree or Amend.</param>
/// <param name="By">The employer's or the talent's wallet.</param>
/// <param name="Milestone">The current one (Agree).</param>
/// <param name="TalentBps">The talent's share of the claim (Agree), basis points.</param>
/// <param name="Next">The terms that would take the place of the present ones (Amend).</param>
/// <param name="Agreement">EIP-712 hash of the terms that it was signed under.</param>
/// <param name="State">The state word that it was signed for.</param>
/// <param name="Expiry">Last second, block time.</param>
/// <param name="Digest">What was signed: it names the consent.</param>
[GenerateSerializer, Immutable, Alias("escrow.Consent")]
public sealed record Consent(
    [property: Id(0)] EscrowMove Move, [property: Id(1)] Address By, [property: Id(2)] int Milestone,
    [property: Id(3)] int TalentBps, [property: Id(4)] Terms? Next, [property: Id(5)] Hash32 State,
    [property: Id(6)] ulong Expiry, [property: Id(7)] byte[] Signature, [property: Id(8)] Hash32 Digest,
    [property: Id(9)] DateTimeOffset GivenAt, [property: Id(10)] Hash32 Agreement)
{
    /// <summary>Other terms leave the state word as it is, so both must be those that were signed.</summary>
    public ConsentStatus At(AgreementOnChain? agreement, BlockTime now) =>
        agreement?.Funded.Agreement != Agreement || StateSlot.Of(agreement).Word() != State ? ConsentStatus.Stale
        : now.Seconds > Expiry ? ConsentStatus.Expired
        : ConsentStatus.Standing;
}

/// <summary>A consent as parties see it.</summary>
/// <param name="Changes">What an amendment changes of the terms in force; empty for a settlement and for a stale one.</param>
[GenerateSerializer, Immutable, Alias("escrow.ConsentView")]
public sealed record ConsentView(
    [property: Id(0)] Consent Consent, [property: Id(1)] ConsentStatus Status,
    [property: Id(2)] ImmutableArray<TermsChange> Changes);
