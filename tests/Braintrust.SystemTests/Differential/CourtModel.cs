using System.Numerics;

namespace Braintrust.Differential;

/// <summary>A seat of a panel: the arbiter's number in its pool, and its vote; null while it opened none.</summary>
internal sealed record CourtSeat(int Arbiter, int? Vote);

/// <summary>A case at the court, as the page in contracts/README.md tells of one.</summary>
/// <param name="Rounds">The panels of rounds 0 to 3, empty where none sat: first, its redraw, the appeal, its redraw.</param>
/// <param name="Earlier">The ruling that was appealed; null when none was.</param>
internal sealed record CourtCase(
    CourtPhase Phase, int Round, CourtSeat[][] Rounds, int EmployerBps, int TalentBps, int? Earlier, bool TalentAppealed,
    int AppealCosts, BigInteger Cost, ulong Since, CourtWindows Windows);

internal enum CourtPhase
{
    Response = 1,
    Drawing = 2,
    Voting = 3,
}

/// <summary>Of a rule set: the band in basis points, the windows in seconds.</summary>
internal sealed record CourtWindows(int CostBps, int Band, uint Response, uint Draw, uint Commit, uint Reveal, uint Appeal);

/// <summary>What everybody gets at the end; arbiters by number, fees in the case's token, rewards in BTRST.</summary>
internal sealed record CourtBill(
    BigInteger Employer, BigInteger Payer, BigInteger Appellant, SortedDictionary<int, (BigInteger Fee, BigInteger Reward)> Arbiters,
    BigInteger Treasury);

/// <summary>The arithmetic of the court, written from its rules once more and apart from the contract.</summary>
internal static class CourtModel
{
    public static readonly BigInteger CostMax = BigInteger.Pow(2, 96) - 1;

    public static BigInteger Cost(int costBps, BigInteger costMin, BigInteger sum) =>
        BigInteger.Max(costMin, BigInteger.Min(CostMax, sum * costBps / 10_000));

    public static ulong Longest(CourtWindows windows) =>
        windows.Response + 4UL * ((ulong)windows.Draw + windows.Commit + windows.Reveal) + windows.Appeal;

    /// <summary>The median of the opened votes, the higher of two; null where no more than half of the seats opened one.</summary>
    public static int? Median(CourtSeat[] panel)
    {
        var votes = Opened(panel).Select(seat => seat.Vote!.Value).Order().ToArray();
        return votes.Length * 2 > panel.Length ? votes[votes.Length / 2] : null;
    }

    /// <summary>The last second in which something can still change.</summary>
    public static ulong Ends(CourtCase one)
    {
        var (windows, ruled) = (one.Windows, Median(one.Rounds[one.Round]) is not null);
        return one.Since + one.Phase switch
        {
            CourtPhase.Response => windows.Response,
            CourtPhase.Drawing => windows.Draw,
            _ => (ulong)windows.Commit + windows.Reveal + (ruled
                ? one.Round < 2 ? windows.Appeal : 0
                : one.Round is 0 or 2 ? windows.Draw : 0),
        };
    }

    /// <summary>The ruling once the case is over; null where there is none.</summary>
    public static int? Ruling(CourtCase one) => one.Phase switch
    {
        CourtPhase.Response => one.EmployerBps,
        CourtPhase.Drawing => one.Earlier,
        _ => Median(one.Rounds[one.Round]) ?? one.Earlier,
    };

    public static CourtBill Bill(CourtCase one)
    {
        var (ruling, cost) = (Ruling(one), one.Cost);
        if (one.Phase == CourtPhase.Response) return new CourtBill(cost, 0, 0, [], 0);
        if (ruling is not { } bps)
        {
            var (unruled, silence) = Arbiters(one, -1, 0);
            return new CourtBill(cost, cost, 0, unruled, silence);
        }

        var further = Math.Abs(bps - one.TalentBps).CompareTo(Math.Abs(bps - one.EmployerBps));
        var talentPays = further > 0 ? cost : further < 0 ? 0 : cost / 2;
        var deposit = cost * one.AppealCosts;
        var heardAgain = one.Round >= 2 && Median(one.Rounds[one.Round]) is not null;
        var (arbiters, treasury) = Arbiters(one, bps, heardAgain ? cost + deposit : cost);
        return new CourtBill(talentPays, cost - talentPays, heardAgain ? 0 : deposit, arbiters, treasury);
    }

    /// <summary>Silent seats pay who voted in their round; wrong votes of rounds that ruled pay the right ones of all rounds.</summary>
    private static (SortedDictionary<int, (BigInteger, BigInteger)>, BigInteger Treasury) Arbiters(CourtCase one, int ruling, BigInteger fee)
    {
        bool Right(CourtSeat seat) => Math.Abs(seat.Vote!.Value - ruling) <= one.Windows.Band;
        var ruled = one.Rounds.Where(panel => Median(panel) is not null).SelectMany(Opened).ToArray();
        var right = ruled.Where(Right).Select(seat => seat.Arbiter).ToArray();
        var (fees, forfeits) = (Parts(fee, right.Length), Parts(Seats(ruled.Length - right.Length), right.Length));
        var (paid, treasury) = (new SortedDictionary<int, (BigInteger Fee, BigInteger Reward)>(), BigInteger.Zero);
        foreach (var panel in one.Rounds)
        {
            var opened = Opened(panel).ToArray();
            var silence = Seats(panel.Length - opened.Length);
            if (opened.Length == 0) treasury += silence;
            foreach (var (seat, share) in opened.Zip(Parts(silence, opened.Length)))
            {
                var place = Array.IndexOf(right, seat.Arbiter);
                paid[seat.Arbiter] = place < 0 ? (0, share) : (fees[place], share + forfeits[place]);
            }
        }

        return (paid, treasury);
    }

    private static IEnumerable<CourtSeat> Opened(CourtSeat[] panel) => panel.Where(seat => seat.Vote is not null);

    private static BigInteger Seats(int count) => (BigInteger)ProbeNode.Seat * count;

    /// <summary>Equal parts; who comes later gets the odd units.</summary>
    private static BigInteger[] Parts(BigInteger sum, int count)
    {
        var parts = new BigInteger[count];
        for (var left = count; left > 0; left--) sum -= parts[count - left] = sum / left;
        return parts;
    }
}
