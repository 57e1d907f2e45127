using System.Globalization;
using Braintrust.Escrow;

namespace Braintrust.Chain;

/// <summary>What one log of a simulated agreement does.</summary>
internal abstract record Deed(int Story)
{
    public sealed record Fund(int Story, int Count) : Deed(Story);

    public sealed record Submit(int Story, long Claimed) : Deed(Story);

    public sealed record Close(int Story, Closing How, long Pay) : Deed(Story);

    public sealed record Tip(int Story, long Sum) : Deed(Story);

    public sealed record Burn(int Story) : Deed(Story);
}

/// <summary>
/// An agreement by the words of the law, in plain numbers: nothing here is shared with the code that folds facts. Three
/// milestones of 1,000, 333 and 7, the fee 15 % on top, rounded down.
/// </summary>
internal sealed class AgreementModel
{
    public static readonly long[] Amounts = [1_000, 333, 7];

    private readonly string[] _milestones = ["Unfunded", "Unfunded", "Unfunded"];
    private long _paidIn;
    private long _toTalent;
    private long _fees;
    private long _refunded;
    private long _tips;
    private bool _burned;

    public int Funded { get; private set; }
    public int Current { get; private set; }
    public bool IsSubmitted { get; private set; }
    public long Claimed { get; private set; }
    public bool IsOver => _burned || Current == Amounts.Length;
    public bool IsOpen => Current < Funded;
    public long Held => _paidIn - _toTalent - _fees - _refunded;
    private string Phase => Funded == 0 ? "None" : Current == Amounts.Length ? "Ended" : !IsOpen ? "Idle" : IsSubmitted ? "Submitted" : "Funded";

    public void Take(Deed deed)
    {
        switch (deed)
        {
            case Deed.Fund fund: Fund(fund.Count); break;
            case Deed.Submit submit: (IsSubmitted, Claimed, _milestones[Current]) = (true, submit.Claimed, $"Submitted {submit.Claimed}"); break;
            case Deed.Close close: Close(close); break;
            case Deed.Tip tip: _tips += tip.Sum; break;
            default: _burned = true; break;
        }
    }

    public static long OnTop(long amount) => amount * 15 / 100;

    public static long Fee(long amount, long pay) => OnTop(amount) * pay / amount;

    public override string ToString() => Line(
        _burned, Phase, [Current, Funded, _paidIn, _toTalent, _fees, _refunded, _tips], Funded == 0 ? [] : _milestones);

    /// <summary>The same of what the code under test says.</summary>
    public static string Told(NegotiationOnChain fold) => fold.Agreement is not { } told
        ? Line(fold.NonceBurned, "None", [0, 0, 0, 0, 0, 0, 0], [])
        : Line(
            fold.NonceBurned, told.Phase.ToString(),
            [told.Milestone, told.MilestonesFunded, told.PaidIn.Units, told.PaidToTalent.Units, told.FeesKept.Units, told.Refunded.Units, told.Tips.Units],
            told.Milestones.Select(one => one.Phase is MilestonePhase.Submitted ? $"{one.Phase} {one.Claimed.Units}"
                : one.Seen is not null && one.Phase is not (MilestonePhase.Prepaid or MilestonePhase.Working or MilestonePhase.Unfunded)
                    ? $"{one.Phase} {one.Pay.Units}"
                    : $"{one.Phase}"));

    private static string Line(bool burned, string phase, object[] sums, IEnumerable<string> milestones) =>
        (burned ? "burned " : "") + phase
        + string.Format(CultureInfo.InvariantCulture, " at {0} of {1}: in {2}, paid {3}, fees {4}, back {5}, tips {6}", sums)
        + $" [{string.Join(", ", milestones)}]";

    private void Fund(int count)
    {
        for (var i = Funded; i < Funded + count; i++)
        {
            _paidIn += Amounts[i] + OnTop(Amounts[i]);
            _milestones[i] = "Prepaid";
        }

        if (!IsOpen) _milestones[Funded] = "Working";
        Funded += count;
    }

    private void Close(Deed.Close close)
    {
        var (amount, fee) = (Amounts[Current], Fee(Amounts[Current], close.Pay));
        _toTalent += close.Pay;
        _fees += fee;
        _refunded += amount + OnTop(amount) - close.Pay - fee;
        _milestones[Current++] = $"{close.How} {close.Pay}";
        IsSubmitted = false;
        if (IsOpen) _milestones[Current] = "Working";
    }
}

/// <summary>Six agreements between three employers and two talents, in two contracts, and the logs they may emit next.</summary>
internal sealed class SimulatedStories
{
    public const int Count = 6;

    private readonly Dictionary<ScriptedLog, Deed> _deeds = new(ReferenceEqualityComparer.Instance);
    private readonly Random _random;

    public SimulatedStories(ulong chainId, Random random)
    {
        _random = random;
        Stories = [.. Enumerable.Range(0, Count).Select(i => Story(chainId, i))];
    }

    public IReadOnlyList<WorkStory> Stories { get; }

    /// <summary>The agreements after these blocks.</summary>
    public AgreementModel[] Model(IEnumerable<ScriptedBlock> blocks)
    {
        var models = Enumerable.Range(0, Count).Select(_ => new AgreementModel()).ToArray();
        foreach (var deed in Deeds(blocks)) models[deed.Story].Take(deed);
        return models;
    }

    public IEnumerable<Deed> Deeds(IEnumerable<ScriptedBlock> blocks) =>
        blocks.SelectMany(block => block.Logs).Select(log => _deeds[log.Log]);

    /// <summary>The logs of a next block: what the law allows after these, at most one of each agreement.</summary>
    public IReadOnlyList<ScriptedLog> Next(IEnumerable<ScriptedBlock> blocks)
    {
        var models = Model(blocks);
        var chosen = Enumerable.Range(0, Count).Where(i => !models[i].IsOver && _random.Next(4) == 0).ToArray();
        return [.. chosen.Select(story => Log(Choose(story, models[story]), models[story]))];
    }

    private Deed Choose(int story, AgreementModel model)
    {
        if (model.Funded == 0 && story == Count - 1) return new Deed.Burn(story);
        if (!model.IsOpen) return new Deed.Fund(story, 1 + _random.Next(AgreementModel.Amounts.Length - model.Funded));
        var amount = AgreementModel.Amounts[model.Current];
        return _random.Next(6) switch
        {
            0 => new Deed.Tip(story, 1 + _random.Next(500)),
            1 when model.Funded < AgreementModel.Amounts.Length => new Deed.Fund(story, 1),
            _ when !model.IsSubmitted && _random.Next(5) > 0 => new Deed.Submit(story, 1 + _random.NextInt64(amount)),
            2 or 3 when model.IsSubmitted => new Deed.Close(story, _random.Next(2) == 0 ? Closing.Released : Closing.Settled, model.Claimed),
            4 when !model.IsSubmitted => new Deed.Close(story, Closing.Refunded, 0),
            _ => new Deed.Close(story, Closing.Agreed, _random.NextInt64(amount + 1)),
        };
    }

    private ScriptedLog Log(Deed deed, AgreementModel model)
    {
        var story = Stories[deed.Story];
        var log = deed switch
        {
            Deed.Fund fund => model.Funded == 0 ? story.Funded(fund.Count) : story.FundedMore(model.Funded, fund.Count),
            Deed.Submit submit => story.Submitted(model.Current, (ulong)submit.Claimed),
            Deed.Close close => story.Closed(model.Current, close.How, (ulong)close.Pay),
            Deed.Tip tip => story.Tipped((ulong)tip.Sum),
            _ => story.NonceBurned(),
        };
        _deeds.Add(log, deed);
        return log;
    }

    private static WorkStory Story(ulong chainId, int i)
    {
        var plain = new WorkStory(chainId, i % 3 == 2 ? FollowerTests.Bench.Late : TestChain.Escrow, TestChain.Token, i + 1, 0);
        var (employer, talent) = (DevelopmentKeys.Address(3 + i % 3), DevelopmentKeys.Address(1 + i % 2));
        return new WorkStory(chainId, i % 3 == 2 ? FollowerTests.Bench.Late : TestChain.Escrow, TestChain.Token, i + 1, 0)
        {
            Terms = plain.Terms with { Employer = employer, Manager = employer, Talent = talent, Payout = talent },
        };
    }
}
