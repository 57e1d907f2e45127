using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Disputes;

/// <summary>A fact of a court and what it says.</summary>
public sealed record DisputeFact(LedgerFact Entry, DisputeEvent Event)
{
    public FactPlace At => FactPlace.Of(Entry);

    public bool Stands => Entry.OrphanedBy is null;
}

/// <summary>Reads the logs of the PanelCourt contract.</summary>
public static partial class DisputeFacts
{
    /// <summary>Name of the contract's artifact, by which it is registered.</summary>
    public const string ContractKind = "PanelCourt";

    private static readonly EventReaders<DisputeEvent> Readers = new(new()
    {
        [Law.CaseOpenedEvent.Topic] = (FactKind.CaseOpened, CaseOpened),
        [Law.ResponseNamedEvent.Topic] = (FactKind.ResponseNamed, ResponseNamed),
        [Law.ResponsePaidEvent.Topic] = (FactKind.ResponsePaid, ResponsePaid),
        [Law.ConcededEvent.Topic] = (FactKind.CaseConceded, Conceded),
        [Law.DrawQueuedEvent.Topic] = (FactKind.DrawQueued, DrawQueued),
        [Law.SeedFixedEvent.Topic] = (FactKind.SeedFixed, SeedFixed),
        [Law.PanelDrawnEvent.Topic] = (FactKind.PanelDrawn, PanelDrawn),
        [Law.PanelMissingEvent.Topic] = (FactKind.PanelMissing, PanelMissing),
        [Law.VoteCommittedEvent.Topic] = (FactKind.VoteCommitted, VoteCommitted),
        [Law.VoteRevealedEvent.Topic] = (FactKind.VoteRevealed, VoteRevealed),
        [Law.AppealedEvent.Topic] = (FactKind.RulingAppealed, Appealed),
        [Law.CaseConcludedEvent.Topic] = (FactKind.CaseConcluded, CaseConcluded),
        [Law.SeatSettledEvent.Topic] = (FactKind.SeatSettled, SeatSettled),
        [Law.EnlistedEvent.Topic] = (FactKind.ArbiterEnlisted, Enlisted),
        [Law.RetiredEvent.Topic] = (FactKind.ArbiterRetired, Retired),
        [Law.BondReturnedEvent.Topic] = (FactKind.BondReturned, BondReturned),
        [Law.CreditedEvent.Topic] = (FactKind.CourtCredited, Credited),
        [Law.CreditWithdrawnEvent.Topic] = (FactKind.CourtCreditWithdrawn, CreditWithdrawn),
    });

    /// <summary>The event, or null when the log is none of this contract's events.</summary>
    public static (FactKind Kind, DisputeEvent Event)? TryRead(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Readers.TryRead(topics, data);

    /// <summary>
    /// The facts of courts among some of the ledger's. A subject is 64 bits of a hash, so it can lead to facts of other
    /// contracts and of other cases: folds look at the keys again.
    /// </summary>
    /// <exception cref="FormatException">A stored row is damaged: it was readable when it was appended.</exception>
    public static IEnumerable<DisputeFact> Among(IEnumerable<LedgerFact> entries) =>
        Readers.Among(entries).Select(read => new DisputeFact(read.Entry, read.Event));
}
