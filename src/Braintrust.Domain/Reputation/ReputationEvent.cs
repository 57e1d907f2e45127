using Braintrust.Chain;

namespace Braintrust.Reputation;

/// <summary>What the Reputation contract said in one log. The list is closed.</summary>
public abstract record ReputationEvent
{
    private ReputationEvent() { }

    /// <param name="Batch">Its number, from 1 without gaps.</param>
    /// <param name="Previous">The head before.</param>
    /// <param name="Head">Names the whole history of batches up to this one.</param>
    /// <param name="Count">Number of seals.</param>
    public sealed record BatchAnchored(ulong Batch, Hash32 Root, Hash32 Previous, Hash32 Head, int Count) : ReputationEvent;

    /// <param name="Negotiation">The credential's token id is the negotiation's.</param>
    /// <param name="Agreement">Hash of the terms that ended.</param>
    public sealed record CredentialClaimed(Hash32 Negotiation, Address Talent, Address Employer, Hash32 Agreement) : ReputationEvent;

    /// <param name="Renouncements">How often it was given up, with this time.</param>
    public sealed record CredentialRenounced(Hash32 Negotiation, Address Talent, ulong Renouncements) : ReputationEvent;
}

/// <summary>A fact of the Reputation contract and what it says.</summary>
public sealed record ReputationFact(LedgerFact Entry, ReputationEvent Event)
{
    public FactPlace At => FactPlace.Of(Entry);
}
