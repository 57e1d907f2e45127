using System.Numerics;
using Braintrust.Chain;

namespace Braintrust.Disputes;

/// <param name="TalentBps">Opened; null when the arbiter stayed silent.</param>
public sealed record CastVote(Address Arbiter, int? TalentBps)
{
    public bool IsRight(int ruling, int band) => TalentBps is { } vote && Math.Abs(vote - ruling) <= band;
}

/// <summary>
/// What a court owes its arbiters, from their votes and the written rules alone: right votes share the fee and the seats of
/// wrong ones, silent seats go to who voted in that round, or to the treasury when nobody did.
/// </summary>
public static class CourtSums
{
    /// <summary>What each arbiter has more, or less, after the case; the treasury too.</summary>
    /// <param name="panels">Votes in the order of the seats, of the rounds in their order.</param>
    /// <param name="ruling">Null when no panel ruled.</param>
    public static Dictionary<Address, BigInteger> Changes(
        IReadOnlyList<IReadOnlyList<CastVote>> panels, int? ruling, int band, BigInteger fee, BigInteger seat, Address treasury)
    {
        var changes = new Dictionary<Address, BigInteger>();
        // Every panel of these stories either rules or is silent as a whole.
        var votes = ruling is null ? [] : panels.SelectMany(panel => panel).Where(vote => vote.TalentBps is not null).ToList();
        var right = votes.Where(vote => vote.IsRight(ruling ?? 0, band)).ToList();
        var (fees, forfeits) = (Shares(fee, right.Count), Shares((votes.Count - right.Count) * seat, right.Count));
        for (var i = 0; i < right.Count; i++) Add(right[i].Arbiter, fees[i] + forfeits[i]);
        foreach (var lost in votes.Except(right)) Add(lost.Arbiter, -seat);
        foreach (var panel in panels)
        {
            var open = panel.Where(vote => vote.TalentBps is not null).ToList();
            var silence = (panel.Count - open.Count) * seat;
            foreach (var silent in panel.Except(open)) Add(silent.Arbiter, -seat);
            if (open.Count == 0) Add(treasury, silence);
            var shares = Shares(silence, open.Count);
            for (var i = 0; i < open.Count; i++) Add(open[i].Arbiter, shares[i]);
        }

        return changes;

        void Add(Address to, BigInteger sum) => changes[to] = changes.GetValueOrDefault(to) + sum;
    }

    /// <summary>The first of n gets an n-th rounded down, the next an (n - 1)-th of the rest, so that nothing is left.</summary>
    private static BigInteger[] Shares(BigInteger sum, int count)
    {
        var shares = new BigInteger[count];
        for (var i = 0; i < count; i++)
        {
            shares[i] = sum / (count - i);
            sum -= shares[i];
        }

        return shares;
    }
}
