using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>What a move is judged by: the chain, what it says of the negotiation, and what the sides have signed.</summary>
/// <param name="Consents">What either side has consented to, whether it still stands or not.</param>
/// <param name="Allow">Asked once the law allows a move: why the employer's own rules do not, or null.</param>
public sealed record MoveGround(
    FollowedChain Chain, SignedTerms? Offer, NegotiationOnChain View, ImmutableArray<Consent> Consents,
    Func<MovePlan, Address, Task<Refusal?>> Allow)
{
    /// <summary>The agreement's state word, as the ledger's facts tell it.</summary>
    public Hash32 State => View.Agreement is { } agreement ? StateSlot.Of(agreement).Word() : default;

    /// <summary>What the plan's wallet would sign; null when nobody can make the move for another.</summary>
    public CallForm? Form(MovePlan plan, ulong expiry) =>
        CallForm.Of(plan, View.Agreement?.Funded.Agreement ?? default, State, expiry);

    /// <summary>What the plan's wallet would sign, hashed.</summary>
    public Hash32? Digest(MovePlan plan, ulong expiry) => Form(plan, expiry) is { } form
        ? CallTypedData.Of(form, Chain.Settings.ChainId, plan.Contract).Digest
        : null;

    /// <summary>The other side's consent to exactly this, standing at that time; or null.</summary>
    public Consent? Other(MovePlan plan, Address wallet, BlockTime now)
    {
        var other = wallet == plan.Terms.Talent ? plan.Terms.Employer : plan.Terms.Talent;
        return Consents.FirstOrDefault(consent =>
            consent.Move == plan.Move && consent.By == other && consent.At(View.Agreement, now) == ConsentStatus.Standing
            && consent.Digest == Digest(plan, consent.Expiry));
    }
}
