using System.Numerics;
using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Escrow;

/// <param name="Subject">What it is about: an agreement, a token, a party's credit.</param>
/// <param name="What">The value that differs.</param>
/// <param name="Logs">What the contract's logs add up to.</param>
/// <param name="Other">What the contract's state or the server says.</param>
public sealed record Difference(string Subject, string What, string Logs, string Other)
{
    public override string ToString() => $"{Subject}: {What} is {Logs} by the logs, {Other}";
}

/// <param name="Block">The block at which everything was compared.</param>
/// <param name="Agreements">How many agreements the logs know.</param>
/// <param name="Seen">Of how many the server's view was compared: those with a party whose key is at hand.</param>
public sealed record Report(ulong Block, int Agreements, int Seen, IReadOnlyList<Difference> Differences)
{
    public string Closing => $"reconciliation: {Differences.Count} differences";
}

/// <summary>
/// Compares three accounts of the same money, to the wei: the contract's logs replayed, the contract's state and token
/// balance, and what the server tells the parties. A server shows an agreement to its parties only, so its view is
/// compared for those whose keys are at hand (on a development chain all of them), the rest against the chain alone.
/// </summary>
public sealed class Reconciliation(ServerLink server, NodeLink node)
{
    private const int RangeBlocks = 2_000;
    private const int DevelopmentAccounts = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);
    private readonly Dictionary<Address, Person> _people = [];

    /// <summary>Differences that last: a server is allowed to be a moment behind its node.</summary>
    public async Task<Report> Run(CancellationToken ct)
    {
        var giveUp = DateTimeOffset.UtcNow + Settling;
        while (true)
        {
            var head = await node.Head(ct);
            var seen = await node.Seen(ct);
            var report = await At(head.Number, ct);
            var still = (await node.Head(ct)).Hash == head.Hash && seen.HeadHash == head.Hash.ToString();
            if ((still && report.Differences.Count == 0) || DateTimeOffset.UtcNow > giveUp) return Behind(report, head, seen);
            await Task.Delay(Pause, ct);
        }
    }

    private static Report Behind(Report report, BlockHeader head, Api.Chain.V1.Chain seen) =>
        seen.HeadHash == head.Hash.ToString()
            ? report
            : report with
            {
                Differences =
                [
                    .. report.Differences,
                    new Difference("chain", "head", $"{head.Number} {head.Hash}", $"{seen.HeadNumber} {seen.HeadHash} by the server"),
                ],
            };

    private async Task<Report> At(ulong block, CancellationToken ct)
    {
        var replay = new LawReplay();
        for (var from = node.FromBlock; from <= block; from += RangeBlocks)
        {
            var filter = LogFilter.Range([node.Escrow], from, Math.Min(from + RangeBlocks - 1, block));
            await node.Ask(chain => chain.ReadLogs(filter, replay, ct), ct);
        }

        var differences = new List<Difference>();
        var seen = 0;
        foreach (var agreement in replay.Agreements)
        {
            await CompareState(agreement, block, differences, ct);
            if (await Party(agreement, ct) is not { } party) continue;
            await CompareView(agreement, party, differences, ct);
            seen++;
        }

        await CompareMoney(replay, block, differences, ct);
        return new Report(block, replay.Agreements.Count, seen, differences);
    }

    private async Task CompareState(ReplayedAgreement logs, ulong block, List<Difference> into, CancellationToken ct)
    {
        var state = await node.Ask(chain => Law.StateOf.Call(chain, node.Escrow, logs.Agreement, BlockId.At(block), ct), ct);
        var compare = new Comparison($"agreement {logs.Agreement}", "by the contract", into);
        compare.Equal("phase", logs.PhaseOnChain, (int)state.Phase);
        compare.Equal("milestone", logs.Milestone, (int)state.Milestone);
        compare.Equal("milestones funded", logs.Funded, (int)state.Funded);
        if (logs.Phase is AgreementPhase.Submitted or AgreementPhase.Disputed) compare.Equal("claim", logs.Claimed, (BigInteger)state.Claimed);
    }

    private async Task CompareView(ReplayedAgreement logs, Person party, List<Difference> into, CancellationToken ct)
    {
        var request = new V1.GetAgreementRequest { Name = $"agreements/{node.ChainId}-{logs.Negotiation}" };
        var view = (await party.Call(options => server.Escrow.GetAgreementAsync(request, options), ct)).Agreement;
        var compare = new Comparison($"agreement {logs.Agreement}", "by the server", into);
        compare.Equal("hash", logs.Agreement.ToString(), view.Agreement_);
        compare.Equal("phase", (int)logs.Phase, (int)view.Phase);
        compare.Equal("milestone", logs.Milestone, (int)view.MilestoneIndex);
        compare.Equal("milestones funded", logs.Funded, (int)view.MilestonesFunded);
        compare.Equal("paid in", logs.PaidIn, Money.Parse(view.PaidIn));
        compare.Equal("paid to talent", logs.PaidOut, Money.Parse(view.PaidToTalent));
        compare.Equal("fees kept", logs.FeesKept, Money.Parse(view.FeesKept));
        compare.Equal("refunded", logs.Refunded, Money.Parse(view.Refunded));
        compare.Equal("held", logs.Held, Money.Parse(view.Held));
        compare.Equal("tips", logs.Tips, Money.Parse(view.Tips));
        compare.Equal("fees of tips", logs.TipFees, Money.Parse(view.TipFees));
        compare.Equal("origin's shares", logs.Shares, Money.Parse(view.OriginShares));
    }

    private async Task CompareMoney(LawReplay replay, ulong block, List<Difference> into, CancellationToken ct)
    {
        var at = BlockId.At(block);
        foreach (var ((party, token), credit) in replay.Credits)
        {
            var told = await node.Ask(chain => Law.CreditOf.Call(chain, node.Escrow, party, token, at, ct), ct);
            new Comparison($"credit of {party} in {token}", "by the contract", into).Equal("credit", credit, told.Amount);
        }

        foreach (var token in replay.Agreements.Select(agreement => agreement.Terms.Token).Distinct())
        {
            var compare = new Comparison($"token {token}", "by the contracts", into);
            var fees = replay.Fees.GetValueOrDefault(token);
            var (kept, _) = await node.Ask(chain => Law.FeesOf.Call(chain, node.Escrow, token, at, ct), ct);
            compare.Equal("kept fees", fees, kept);
            var held = replay.Agreements.Where(agreement => agreement.Terms.Token == token)
                .Aggregate(BigInteger.Zero, (sum, agreement) => sum + agreement.Held);
            var credits = replay.Credits.Where(credit => credit.Key.Token == token)
                .Aggregate(BigInteger.Zero, (sum, credit) => sum + credit.Value);
            var balance = await node.Ask(
                chain => BraintrustTokenContract.BalanceOf.Call(chain, token, node.Escrow, at, ct), ct);
            compare.Equal("held + fees + credits", held + fees + credits, balance);
        }
    }

    private async Task<Person?> Party(ReplayedAgreement agreement, CancellationToken ct)
    {
        if (node.ChainId != DevelopmentKeys.ChainId) return null;
        var index = Enumerable.Range(0, DevelopmentAccounts).FirstOrDefault(
            i => DevelopmentKeys.Address(i) == agreement.Terms.Employer || DevelopmentKeys.Address(i) == agreement.Terms.Talent, -1);
        if (index < 0) return null;
        var address = DevelopmentKeys.Address(index);
        if (_people.TryGetValue(address, out var known)) return known;
        var person = new Person($"account {index}", DevelopmentKeys.Signer(index), server);
        await person.SignIn(node.ChainId, ct);
        return _people[address] = person;
    }

    private sealed class Comparison(string subject, string by, List<Difference> into)
    {
        public void Equal<T>(string what, T logs, T other) where T : notnull
        {
            if (!logs.Equals(other)) into.Add(new Difference(subject, what, $"{logs}", $"{other} {by}"));
        }
    }
}
