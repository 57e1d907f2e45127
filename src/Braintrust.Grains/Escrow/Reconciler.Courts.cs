using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Disputes;
using Braintrust.Storage;
using Court = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Escrow;

/// <summary>What courts hold. Rows only tell whom to ask about; what is compared is the fold of facts up to the block.</summary>
public sealed partial class Reconciler
{
    private sealed partial class Look
    {
        /// <summary>32-byte words of what a court answers about a case, and about an arbiter.</summary>
        private const int CaseWords = 15;
        private const int BenchWords = 5;

        public async ValueTask<Compared> Cases(ImmutableArray<StoredRow> page)
        {
            var compared = new Compared();
            var caseIds = page.Select(row => new Hash32((byte[])row.Key[1])).ToList();
            var facts = await CourtFacts([.. caseIds.Select(Subject.Case)]);
            var views = new List<CaseOnChain>();
            foreach (var caseId in caseIds)
                if (await CaseFolder.Fold(chain.Node, courts, caseId, facts, block, ct) is { } view) views.Add(view);
            foreach (var ofCourt in views.GroupBy(view => view.Court))
            {
                var asked = ofCourt.ToList();
                var answers = await ViewPage.AskWide(
                    chain.Node, ofCourt.Key, [.. asked.Select(view => Court.CaseOf.Encode(view.CaseId))], CaseWords, At, ct);
                foreach (var (view, answer) in asked.Zip(answers))
                {
                    Compare(compared, view, Court.CaseOf.Decode(answer.Span));
                    var costs = view.Phase == CasePhase.Concluded ? 0 : 1 + (view.Payer is null ? 0 : 1) + view.AppealCosts;
                    compared.Owes(view.Court, view.Opening.Token, costs * (BigInteger)view.Opening.Cost.Units);
                }
            }

            compared.Cases = views.Count;
            return compared;
        }

        public async ValueTask<Compared> Benches(ImmutableArray<StoredRow> page)
        {
            var compared = new Compared();
            var listed = page.Select(row => (
                Court: new Address((byte[])row.Key[1]), Arbitrable: new Address((byte[])row.Key[2]), Arbiter: new Address((byte[])row.Key[3])));
            foreach (var ofCourt in listed.GroupBy(bench => bench.Court))
            {
                var facts = await CourtFacts([.. ofCourt.Select(bench => Subject.Arbiter(bench.Arbiter)).Distinct()]);
                var asked = new List<(Address Arbiter, Bench Bench)>();
                foreach (var (court, arbitrable, arbiter) in ofCourt)
                    if (Fold(facts, arbiter).Bench(court, arbitrable) is { } bench) asked.Add((arbiter, bench));
                // Before its first arbiter a court may not have stood at that block.
                if (asked.Count == 0) continue;
                var traits = await courts.Traits(chain.Node, ofCourt.Key, ct);
                var answers = await ViewPage.AskWide(
                    chain.Node, ofCourt.Key, [.. asked.Select(one => Court.ArbiterOf.Encode(one.Bench.Arbitrable, one.Arbiter))], BenchWords, At,
                    ct);
                foreach (var ((arbiter, bench), answer) in asked.Zip(answers))
                {
                    var (told, leaving) = Court.ArbiterOf.Decode(answer.Span);
                    compared.Equal(
                        DifferenceSubject.Bench(bench.Court, bench.Arbitrable, arbiter), "bonded, locked and leaving seats",
                        (bench.Bonded, bench.Locked, bench.Leaving), (told.Bonded, told.Locked, leaving.Seats));
                    compared.Owes(bench.Court, traits.Btrst, (bench.Bonded + bench.Leaving) * (BigInteger)traits.Seat.Units);
                }
            }

            return compared;
        }

        private static void Compare(Compared compared, CaseOnChain view, Court.CaseOfResult told)
        {
            var subject = DifferenceSubject.Case(view.CaseId);
            var opening = view.Opening;
            compared.Equal(
                subject, "what is heard", (opening.Arbitrable, opening.Token, opening.Cost.Units, (uint)opening.Rules),
                (told.Arbitrable, told.Token, (UInt128)told.Cost, (uint)told.Rules));
            compared.Equal(subject, "the parties", (view.EmployerSide, view.Talent), (told.EmployerSide, told.Talent));
            compared.Equal(
                subject, "what they ask for", (opening.EmployerBps, view.TalentBps ?? 0), ((int)told.EmployerBps, (int)told.TalentBps));
            compared.Equal(
                subject, "phase, round and ticket", ((int)view.Phase, view.Round, view.Ticket ?? 0),
                ((int)told.Phase, (int)told.Round, told.Ticket));
            compared.Equal(subject, "the start of its window", view.Since.Seconds, (ulong)told.Since);
            compared.Equal(subject, "the ruling", view.Ruling ?? ushort.MaxValue, (int)told.Ruling);
            compared.Equal(
                subject, "the appeal", (view.AppealCosts, view.Appellant == view.Talent), ((int)told.AppealCosts, told.TalentAppealed));
        }

        private static ArbiterOnChain Fold(DisputeFact[] facts, Address arbiter) => facts.Aggregate(
            ArbiterOnChain.Empty, (view, fact) => ArbiterFold.Apply(view, fact.Event, fact.At, arbiter));

        private async ValueTask<DisputeFact[]> CourtFacts(IReadOnlyList<ulong> subjects) =>
            [.. DisputeFacts.Among(await ledger.ReadStanding(_id, subjects, ct)).Where(fact => fact.Entry.Fact.BlockNo <= block)];
    }
}
