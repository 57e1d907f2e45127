using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>A fact of the escrow contract and what it says.</summary>
public sealed record EscrowFact(LedgerFact Entry, EscrowEvent Event)
{
    public FactPlace At => FactPlace.Of(Entry);

    public bool Stands => Entry.OrphanedBy is null;
}

/// <summary>Reads the logs of the WorkAgreements contract.</summary>
public static partial class EscrowFacts
{
    /// <summary>Name of the contract's artifact, by which it is registered.</summary>
    public const string ContractKind = "WorkAgreements";

    private static readonly EventReaders<EscrowEvent> Readers = new(new()
    {
        [Law.AgreementFundedEvent.Topic] = (FactKind.AgreementFunded, AgreementFunded),
        [Law.MilestonesFundedEvent.Topic] = (FactKind.MilestonesFunded, MilestonesFunded),
        [Law.TippedEvent.Topic] = (FactKind.Tipped, Tipped),
        [Law.MilestoneSubmittedEvent.Topic] = (FactKind.MilestoneSubmitted, MilestoneSubmitted),
        [Law.MilestoneExtendedEvent.Topic] = (FactKind.MilestoneExtended, MilestoneExtended),
        [Law.CancelAskedEvent.Topic] = (FactKind.CancelAsked, CancelAsked),
        [Law.MilestoneKeptEvent.Topic] = (FactKind.MilestoneKept, MilestoneKept),
        [Law.ChangesRequestedEvent.Topic] = (FactKind.ChangesRequested, ChangesRequested),
        [Law.MilestoneDisputedEvent.Topic] = (FactKind.MilestoneDisputed, MilestoneDisputed),
        [Law.MilestoneClosedEvent.Topic] = (FactKind.MilestoneClosed, MilestoneClosed),
        [Law.AgreementReclaimedEvent.Topic] = (FactKind.AgreementReclaimed, AgreementReclaimed),
        [Law.AgreementEndedEvent.Topic] = (FactKind.AgreementEnded, AgreementEnded),
        [Law.AgreementAmendedEvent.Topic] = (FactKind.AgreementAmended, AgreementAmended),
        [Law.PayoutMoveAskedEvent.Topic] = (FactKind.PayoutMoveAsked, PayoutMoveAsked),
        [Law.PayoutMoveCancelledEvent.Topic] = (FactKind.PayoutMoveCancelled, PayoutMoveCancelled),
        [Law.PaymentCreditedEvent.Topic] = (FactKind.PaymentCredited, PaymentCredited),
        [Law.FeeSharedEvent.Topic] = (FactKind.FeeShared, FeeShared),
        [Law.CreditWithdrawnEvent.Topic] = (FactKind.CreditWithdrawn, CreditWithdrawn),
        [Law.FeesSweptEvent.Topic] = (FactKind.FeesSwept, FeesSwept),
        [Law.NonceBurnedEvent.Topic] = (FactKind.NonceBurned, NonceBurned),
    });

    /// <summary>The event, or null when the log is none of this contract's events.</summary>
    public static (FactKind Kind, EscrowEvent Event)? TryRead(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Readers.TryRead(topics, data);

    /// <summary>
    /// The facts of this contract among some of the ledger's. All that readers of a subject get must come through here: a
    /// subject is 64 bits of a hash, so it can lead to facts of other contracts, and to what is <see cref="EscrowEvent.About"/>
    /// something else.
    /// </summary>
    /// <exception cref="FormatException">A stored row is damaged: it was readable when it was appended.</exception>
    public static IEnumerable<EscrowFact> Among(IEnumerable<LedgerFact> entries) =>
        Readers.Among(entries).Select(read => new EscrowFact(read.Entry, read.Event));
}
