using Braintrust.Chain;

namespace Braintrust.Disputes;

/// <summary>Which subjects an event touches: every key it carries, so that no reader needs another event to find it.</summary>
public static class DisputeSubjects
{
    public static IReadOnlyList<ulong> Of(DisputeEvent happened) =>
        [.. (happened is DisputeEvent.OfCase { CaseId: { IsZero: false } id } ? Others(happened).Prepend(Subject.Case(id)) : Others(happened)).Distinct()];

    private static IEnumerable<ulong> Others(DisputeEvent happened) => happened switch
    {
        DisputeEvent.CaseOpened e => [Subject.Employer(e.EmployerSide), Subject.Talent(e.Talent), Subject.Pool(e.Opening.Arbitrable)],
        DisputeEvent.ResponseNamed e => [Subject.Talent(e.Talent)],
        DisputeEvent.Conceded e => [Subject.Talent(e.Talent)],
        DisputeEvent.ResponsePaid e => [Subject.Party(e.Payer)],
        DisputeEvent.DrawQueued e => [Subject.Pool(e.Arbitrable)],
        DisputeEvent.PanelDrawn e => [Subject.Pool(e.Arbitrable), .. e.Arbiters.Select(Subject.Arbiter)],
        DisputeEvent.PanelMissing e => [Subject.Pool(e.Arbitrable)],
        DisputeEvent.VoteCommitted e => [Subject.Arbiter(e.Arbiter)],
        DisputeEvent.VoteRevealed e => [Subject.Arbiter(e.Arbiter)],
        DisputeEvent.Appealed e => [Subject.Party(e.Appellant)],
        DisputeEvent.CaseConcluded e => [Subject.Employer(e.EmployerSide), Subject.Talent(e.Talent)],
        DisputeEvent.SeatSettled e => [Subject.Arbiter(e.Arbiter)],
        DisputeEvent.Credited e => [Subject.Arbiter(e.Party), Subject.Party(e.Party), Subject.Token(e.Token)],
        DisputeEvent.SeedFixed e => [Subject.Pool(e.Arbitrable)],
        DisputeEvent.Enlisted e => [Subject.Pool(e.Arbitrable), Subject.Arbiter(e.Arbiter)],
        DisputeEvent.Retired e => [Subject.Pool(e.Arbitrable), Subject.Arbiter(e.Arbiter)],
        DisputeEvent.BondReturned e => [Subject.Pool(e.Arbitrable), Subject.Arbiter(e.Arbiter)],
        DisputeEvent.CreditWithdrawn e => [Subject.Arbiter(e.Party), Subject.Party(e.Party), Subject.Token(e.Token)],
        DisputeEvent.Oversized e => e.CaseId is { } id ? [Subject.Case(id)] : [],
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened.GetType().Name, "no such event"),
    };
}
