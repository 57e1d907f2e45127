using System.Collections.Immutable;
using System.Numerics;
using Orleans;

namespace Braintrust.Disputes;

/// <summary>How a court hears cases under one rule set, which never changes: times in seconds, ratios in basis points.</summary>
/// <param name="CostBps">Cost of a case as a share of the disputed sum.</param>
/// <param name="BandBps">Votes no further from the ruling than this are right.</param>
[GenerateSerializer, Immutable, Alias("disputes.CourtRules")]
public sealed record CourtRules(
    [property: Id(0)] ushort CostBps, [property: Id(1)] ushort BandBps, [property: Id(2)] uint ResponseSeconds,
    [property: Id(3)] uint DrawSeconds, [property: Id(4)] uint CommitSeconds, [property: Id(5)] uint RevealSeconds,
    [property: Id(6)] uint AppealSeconds)
{
    /// <summary>Seconds from the opening until a ruling is final at the latest: the contract's <c>longest</c>.</summary>
    public ulong Longest =>
        ResponseSeconds + 4 * ((ulong)DrawSeconds + CommitSeconds + RevealSeconds) + AppealSeconds;

    /// <summary>
    /// What a case over a sum costs: the rules' share of it rounded down, at least the token's least cost, and at most 96
    /// bits, unless the least cost is more.
    /// </summary>
    /// <param name="costMin">Least cost in that token, not zero.</param>
    public Amount Cost(Amount sum, Amount costMin)
    {
        var share = (BigInteger)sum.Units * CostBps / Amount.BasisPoints;
        return share < costMin.Units ? costMin : new Amount((UInt128)BigInteger.Min(share, CourtMath.CostMax.Units));
    }
}

/// <summary>What goes back when a case ends, and what the arbiters share; base units of the case's token.</summary>
/// <param name="EmployerBack">Of the employer side's deposit.</param>
/// <param name="TalentBack">Of the talent's deposit, to whoever paid it.</param>
/// <param name="AppealBack">Of the appeal's deposit, to whoever appealed.</param>
[GenerateSerializer, Immutable, Alias("disputes.Bill")]
public sealed record Bill(
    [property: Id(0)] Amount EmployerBack, [property: Id(1)] Amount TalentBack, [property: Id(2)] Amount AppealBack,
    [property: Id(3)] Amount Fee);

/// <summary>What most of a panel's seats opened, or that they did not.</summary>
/// <param name="Median">Null when the panel did not rule.</param>
public readonly record struct Tally(int? Median)
{
    public bool Ruled => Median is not null;
}

/// <summary>How one seat ends.</summary>
/// <param name="Forfeited">Gone with its bond, else back to the draw.</param>
/// <param name="Fee">In the case's token.</param>
/// <param name="Reward">In BTRST, of seats that were forfeited.</param>
[GenerateSerializer, Immutable, Alias("disputes.SeatEnd")]
public sealed record SeatEnd([property: Id(0)] bool Forfeited, [property: Id(1)] Amount Fee, [property: Id(2)] Amount Reward);

/// <summary>How all seats of a case end, round by round, and what a panel that was silent to the last leaves the treasury.</summary>
public sealed record Settlement(ImmutableArray<ImmutableArray<SeatEnd>> Rounds, Amount Treasury);

/// <summary>
/// The court's sums and medians, to the unit as PanelCourt computes them. Ratios are basis points, the talent's share; a vote
/// that was not opened is null.
/// </summary>
public static class CourtMath
{
    /// <summary>Rounds from this one on are the appeal's.</summary>
    public const int AppealRound = 2;
    public const int RoundsMax = 4;

    /// <summary>Most that a case costs, 96 bits.</summary>
    public static Amount CostMax { get; } = new((UInt128.One << 96) - 1);

    /// <summary>Seats of a round's panel.</summary>
    public static int Seats(int round) => round < AppealRound ? 3 : 5;

    public static int Distance(int left, int right) => Math.Abs(left - right);

    /// <summary>
    /// The median of the opened votes when more than half of the seats opened one; of two middle votes the one that leaves
    /// more with the talent.
    /// </summary>
    public static Tally Tally(IReadOnlyCollection<int?> votes)
    {
        var opened = votes.OfType<int>().Order().ToArray();
        return 2 * opened.Length > votes.Count ? new Tally(opened[opened.Length / 2]) : default;
    }

    /// <summary>Deposit of an appeal as a multiple of the case's cost: two for the side further from the ruling, one for the other.</summary>
    public static int AppealCosts(int employerBps, int talentBps, int ruling, bool byTalent)
    {
        var (employerOff, talentOff) = (Distance(ruling, employerBps), Distance(ruling, talentBps));
        return (byTalent ? talentOff > employerOff : employerOff > talentOff) ? 2 : 1;
    }

    /// <summary>What a case gives back that ended while the talent had not matched the deposit.</summary>
    public static Bill Unanswered(Amount cost) => new(cost, default, default, default);

    /// <summary>
    /// What goes back of the deposits. The side further from the ruling pays the arbiters, a tie half each, the odd unit by
    /// the employer side. Without a ruling both sides get theirs back.
    /// </summary>
    /// <param name="ruling">The last ruling, or null when no panel ruled.</param>
    /// <param name="appealCosts">0 without an appeal.</param>
    /// <param name="appealRuled">Whether the appeal's panel ruled: then the arbiters keep its deposit.</param>
    public static Bill Answered(
        Amount cost, int employerBps, int talentBps, int? ruling, int appealCosts, bool appealRuled)
    {
        if (ruling is not { } ratio) return new Bill(cost, cost, default, default);
        var (employerOff, talentOff) = (Distance(ratio, employerBps), Distance(ratio, talentBps));
        var byTalent = talentOff > employerOff ? cost.Units : talentOff == employerOff ? cost.Units / 2 : 0;
        var appeal = new Amount(checked(cost.Units * (UInt128)appealCosts));
        return new Bill(
            new Amount(byTalent), new Amount(cost.Units - byTalent), appealRuled ? default : appeal,
            appealRuled ? cost + appeal : cost);
    }

    /// <summary>
    /// How seats end. Silent ones pay the others of their round, or the treasury when all were silent. In rounds that ruled,
    /// votes outside the band around the last ruling pay those inside, who share the fee; the last one gets the odd units.
    /// </summary>
    /// <param name="rounds">The votes of each panel, in the order of its seats; empty for a round never drawn.</param>
    /// <param name="ruling">The last ruling; read only where a round ruled.</param>
    /// <param name="seat">What a seat locks, base units of BTRST.</param>
    public static Settlement Settle(
        IReadOnlyList<IReadOnlyList<int?>> rounds, int ruling, int bandBps, Amount fee, Amount seat)
    {
        var purse = new Purse { Fee = fee.Units };
        foreach (var vote in rounds.Where(votes => Tally(votes).Ruled).SelectMany(votes => votes.OfType<int>()))
            if (IsRight(vote)) purse.Right++;
            else purse.Forfeits += seat.Units;
        var ends = rounds.Select(votes => SettleRound(votes, IsRight, purse, seat.Units)).ToImmutableArray();
        return new Settlement(ends, new Amount(purse.Treasury));

        bool IsRight(int vote) => Distance(vote, ruling) <= bandBps;
    }

    private static ImmutableArray<SeatEnd> SettleRound(
        IReadOnlyList<int?> votes, Func<int, bool> isRight, Purse purse, UInt128 seat)
    {
        var ruled = Tally(votes).Ruled;
        var open = (UInt128)votes.Count(vote => vote is not null);
        var silence = ((UInt128)votes.Count - open) * seat;
        if (open == 0) purse.Treasury += silence;
        var ends = ImmutableArray.CreateBuilder<SeatEnd>(votes.Count);
        foreach (var vote in votes)
        {
            if (vote is not { } opened)
            {
                ends.Add(new SeatEnd(true, default, default));
                continue;
            }

            var reward = silence / open--;
            silence -= reward;
            var right = ruled && isRight(opened);
            var (fee, share) = right ? purse.TakeShare() : default;
            ends.Add(new SeatEnd(ruled && !right, new Amount(fee), new Amount(reward + share)));
        }

        return ends.ToImmutable();
    }

    /// <summary>What the seats of a case share, as far as it is not given away yet.</summary>
    private sealed class Purse
    {
        public UInt128 Fee { get; set; }
        public UInt128 Forfeits { get; set; }
        public UInt128 Right { get; set; }
        public UInt128 Treasury { get; set; }

        public (UInt128 Fee, UInt128 Share) TakeShare()
        {
            var (fee, share) = (Fee / Right, Forfeits / Right);
            (Fee, Forfeits, Right) = (Fee - fee, Forfeits - share, Right - 1);
            return (fee, share);
        }
    }
}
