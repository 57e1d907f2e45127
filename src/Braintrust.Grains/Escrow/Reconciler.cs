using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Disputes;
using Braintrust.Storage;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <param name="What">Both values and whose they are.</param>
public sealed record MoneyDifference(DifferenceSubject Subject, string What);

/// <param name="Block">The final block at which everything was compared.</param>
/// <param name="Agreements">How many agreements were compared.</param>
/// <param name="Cases">How many cases of courts.</param>
/// <param name="Waiting">Why nothing could be compared, or null.</param>
public sealed record Reconciled(
    ulong Block, int Agreements, int Cases, ImmutableArray<MoneyDifference> Differences, string? Waiting = null);

/// <summary>
/// Compares, at one final block, what contracts hold with what this system tells: the state word of every agreement with the
/// fold of its facts, its listing with the same fold, every credit, and each token's fees, held sum and balance with the totals; of
/// courts every case, every arbiter's seats, and each token's balance with the deposits, bonds and credits that it owes. In pages,
/// each a few reads of the database and of the node. A contract may have more than it owes, because anybody can give it tokens;
/// less is a difference. What differs is looked at again: only what lasts is told, since rows may be a moment behind.
/// </summary>
public sealed partial class Reconciler(
    IChainLedger ledger, IContractRegistry registry, IProjectionStore projections, IListings listings, IRows rows, TimeProvider clock)
{
    private const int Looks = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly CourtBook _courts = new();

    /// <exception cref="ChainUnavailableException">The node is away, or has not kept the state of that block.</exception>
    public async ValueTask<Reconciled> Run(FollowedChain chain, CancellationToken ct)
    {
        var id = chain.Settings.ChainId;
        var contracts = await Watched.Read(registry, id, ct);
        if (contracts.Behind.Count > 0) return Waits("Older blocks of a contract registered late are being read.");
        var mark = await projections.ReadMark(TotalProjection.ProjectionName, id, ct);
        var final = await ledger.ReadFinal(id, TotalProjection.Kinds, mark, max: 1, ct);
        if (final.Cursor.Halted is { } halted) return Waits($"The chain is halted: {halted}");
        var totals = (await rows.Read(ListedTotal.Table, [(long)id], ct)).Select(ListedTotal.Of).ToList();
        if (final.IsChanged || final.Facts.Count > 0 || mark != await projections.ReadMark(TotalProjection.ProjectionName, id, ct))
            return Waits("The totals are being made.");
        var look = new Look(chain, final.Cursor.FinalNo, ledger, rows, _courts, ct);
        if (await chain.Node.GetHeader(look.At, ct) is null) return Waits($"The node does not have block {look.Block}.");

        var all = new Compared();
        await foreach (var page in Pages(ListedAgreement.Table, id, ct)) all.Add(await Lasting(() => look.Agreements(page), ct));
        await foreach (var page in Pages(ListedCredit.Table, id, ct)) all.Add(await Lasting(() => look.Credits(page), ct));
        await foreach (var page in Pages(ListedCase.Table, id, ct)) all.Add(await Lasting(() => look.Cases(page), ct));
        await foreach (var page in Pages(ListedArbiter.Table, id, ct)) all.Add(await Lasting(() => look.Benches(page), ct));
        foreach (var total in totals)
            all.Add(await Lasting(() => look.Money(total, all.Sums.GetValueOrDefault((total.Contract, total.Token))), ct));
        foreach (var ((court, token), owed) in all.CourtOwes.ToList())
            all.Add(await Lasting(() => look.Covers(court, token, owed, "deposits + bonds + credits"), ct));
        return new Reconciled(
            look.Block, all.Sums.Values.Sum(sum => sum.Count), all.Cases,
            [
                .. all.Differences.GroupBy(differs => differs.Subject).Select(
                    about => new MoneyDifference(about.Key, string.Join("; ", about.Select(differs => differs.What)))),
            ]);

        static Reconciled Waits(string why) => new(0, 0, 0, [], why);
    }

    private async IAsyncEnumerable<ImmutableArray<StoredRow>> Pages(
        string table, ulong chain, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var query = new ListingQuery(
            table, [new ListingCondition.Compare("chain", ListingOperator.Equal, (long)chain)], [], ListingQuery.PageSizeMax);
        while (true)
        {
            var page = await listings.Read(query, ct);
            if (page.Rows.Length > 0) yield return page.Rows;
            if (!page.More) yield break;
            query = query with { After = page.Last };
        }
    }

    private async ValueTask<Compared> Lasting(Func<ValueTask<Compared>> look, CancellationToken ct)
    {
        var seen = await look();
        for (var again = 1; seen.Differences.Count > 0 && again < Looks; again++)
        {
            await Task.Delay(Pause, clock, ct);
            var before = seen.Differences.Select(differs => differs.Subject).ToHashSet();
            seen = await look();
            seen.Differences.RemoveAll(differs => !before.Contains(differs.Subject));
        }

        return seen;
    }

    private readonly record struct AgreementSums(BigInteger Held, int Open, int Finished)
    {
        public int Count => Open + Finished;

        public static AgreementSums operator +(AgreementSums a, AgreementSums b) =>
            new(a.Held + b.Held, a.Open + b.Open, a.Finished + b.Finished);
    }

    private sealed class Compared
    {
        public List<MoneyDifference> Differences { get; } = [];

        /// <summary>Of the agreements, by contract and token.</summary>
        public Dictionary<(Address, Address), AgreementSums> Sums { get; } = [];

        /// <summary>Base units that a court owes in a token: never more than it does, for what changed since is left out.</summary>
        public Dictionary<(Address Court, Address Token), BigInteger> CourtOwes { get; } = [];
        public int Cases { get; set; }

        public void Add(Compared other)
        {
            Differences.AddRange(other.Differences);
            Cases += other.Cases;
            foreach (var (key, sum) in other.Sums) Sums[key] = Sums.GetValueOrDefault(key) + sum;
            foreach (var ((court, token), owed) in other.CourtOwes) Owes(court, token, owed);
        }

        public void Owes(Address court, Address token, BigInteger owed) =>
            CourtOwes[(court, token)] = CourtOwes.GetValueOrDefault((court, token)) + owed;

        public void Equal<T>(DifferenceSubject subject, string what, T told, T onChain, string by = "by the contract") where T : notnull
        {
            if (!told.Equals(onChain)) Differences.Add(new MoneyDifference(subject, $"{what} is {told} here, {onChain} {by}"));
        }
    }

    /// <summary>Everything as of one block.</summary>
    private sealed partial class Look(
        FollowedChain chain, ulong block, IChainLedger ledger, IRows rows, CourtBook courts, CancellationToken ct)
    {
        private readonly ulong _id = chain.Settings.ChainId;

        public ulong Block => block;

        public BlockId At => BlockId.At(block);

        public async ValueTask<Compared> Agreements(ImmutableArray<StoredRow> page)
        {
            var compared = new Compared();
            var listed = (await rows.ReadKeys(ListedAgreement.Table, [.. page.Select(row => row.Key)], ct))
                .ToDictionary(row => new Hash32((byte[])row.Key[1]));
            var negotiations = page.Select(row => new Hash32((byte[])row.Key[1])).ToList();
            var facts = EscrowFacts.Among(await ledger.ReadStanding(_id, [.. negotiations.Select(Subject.Agreement)], ct))
                .Where(fact => fact.Event.About is not null).ToLookup(fact => fact.Event.About!.Value);
            var words = new List<(Hash32 Negotiation, AgreementOnChain Agreement)>();
            foreach (var negotiation in negotiations)
            {
                var row = ListedAgreement.Rows(_id, negotiation, [.. facts[negotiation].Select(fact => (fact.Event, fact.At))])[0];
                if (!IsSame(row, listed.GetValueOrDefault(negotiation)))
                    compared.Differences.Add(new(DifferenceSubject.Agreement(negotiation), "the listing is not what the ledger tells"));
                foreach (var ofContract in facts[negotiation].Where(fact => fact.Entry.Fact.BlockNo <= block).GroupBy(fact => fact.At.Contract))
                    if (Fold(ofContract) is { } agreement) words.Add((negotiation, agreement));
            }

            foreach (var ofContract in words.GroupBy(word => word.Agreement.Contract))
            {
                var asked = ofContract.ToList();
                var answers = await ViewPage.Ask(
                    chain.Node, ofContract.Key, [.. asked.Select(word => Law.StateWord.Encode(word.Agreement.Funded.Agreement))], At, ct);
                foreach (var ((negotiation, agreement), answer) in asked.Zip(answers))
                {
                    compared.Equal(DifferenceSubject.Agreement(negotiation), "the state word", StateSlot.Of(agreement).Word(), answer);
                    var key = (agreement.Contract, agreement.Funded.Terms.Token);
                    var over = agreement.Phase == AgreementPhase.Ended ? 1 : 0;
                    compared.Sums[key] = compared.Sums.GetValueOrDefault(key) + new AgreementSums(agreement.Held.Units, 1 - over, over);
                }
            }

            return compared;
        }

        /// <summary>Credits that did not change since the block: escrows and courts tell them by the same view.</summary>
        public async ValueTask<Compared> Credits(ImmutableArray<StoredRow> page)
        {
            var compared = new Compared();
            var listed = (await rows.ReadKeys(ListedCredit.Table, [.. page.Select(row => row.Key)], ct))
                .Select(ListedCredit.Of).Where(credit => credit.ChangedBlock <= block && credit.Amount.Units < UInt128.MaxValue);
            foreach (var ofContract in listed.GroupBy(credit => credit.Contract))
            {
                foreach (var credit in ofContract.Where(credit => credit.Holder == CreditHolder.Court))
                    compared.Owes(credit.Contract, credit.Token, credit.Amount.Units);
                var asked = ofContract.ToList();
                var answers = await ViewPage.Ask(
                    chain.Node, ofContract.Key, [.. asked.Select(credit => Law.CreditOf.Encode(credit.Party, credit.Token))], At, ct);
                foreach (var (credit, answer) in asked.Zip(answers))
                    compared.Equal(
                        DifferenceSubject.Credit(credit.Contract, credit.Token, credit.Party), "the credit", credit.Amount.Units, Number(answer));
            }

            return compared;
        }

        public async ValueTask<Compared> Money(ListedTotal total, AgreementSums sums)
        {
            var compared = new Compared();
            var subject = DifferenceSubject.Token(total.Contract, total.Token);
            compared.Equal(subject, "the sum held", total.Held, sums.Held, "by the agreements");
            compared.Equal(subject, "open agreements", total.Open, sums.Open, "listed");
            compared.Equal(subject, "finished agreements", total.Finished, sums.Finished, "listed");
            var (fees, _) = await Law.FeesOf.Call(chain.Node, total.Contract, total.Token, At, ct);
            compared.Equal(subject, "the fees kept", total.FeesWaiting, fees);
            compared.Add(await Covers(total.Contract, total.Token, total.Owed, "held + fees + credits"));
            return compared;
        }

        /// <summary>Anybody can give a contract tokens: it may have more than it owes.</summary>
        public async ValueTask<Compared> Covers(Address contract, Address token, BigInteger owed, string what)
        {
            var compared = new Compared();
            var balance = await BraintrustTokenContract.BalanceOf.Call(chain.Node, token, contract, At, ct);
            if (balance < owed)
                compared.Differences.Add(new(DifferenceSubject.Token(contract, token), $"{what} is {owed} here, the balance {balance}"));
            return compared;
        }

        private static AgreementOnChain? Fold(IEnumerable<EscrowFact> facts) => facts.Aggregate(
            NegotiationOnChain.Empty, (view, fact) => EscrowFold.Apply(view, fact.Event, fact.At)).Agreement;

        private static UInt128 Number(Hash32 word) =>
            (UInt128)BigInteger.Min(new BigInteger(word.ToBytes(), isUnsigned: true, isBigEndian: true), UInt128.MaxValue);

        private static bool IsSame(Row made, StoredRow? stored) => made.Change == RowChange.Delete
            ? stored is null
            : stored is not null && made.Values.Length == stored.Values.Length
                && made.Values.Zip(stored.Values).All(pair => pair.First is byte[] bytes
                    ? pair.Second is byte[] others && bytes.AsSpan().SequenceEqual(others)
                    : Equals(pair.First, pair.Second));
    }
}
