using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Disputes;

/// <summary>What a seat's arbiter has to do next, or how the seat ended. The numbers are stored and the API's.</summary>
public enum SeatPhase
{
    /// <summary>Seal a vote.</summary>
    Seal = 1,

    /// <summary>A vote is sealed: open it once the time to seal is over.</summary>
    Open = 2,

    /// <summary>Opened: wait for the case's end.</summary>
    Opened = 3,
    Kept = 4,
    Forfeited = 5,
}

/// <summary>
/// The rows of one case for listings, made again from the ledger whenever the case is touched: the case, its seats, and what
/// anybody may call.
/// </summary>
public static class ListedCase
{
    public const string Table = "dispute_listing";
    public const string SeatTable = "dispute_seat";
    public const string DueTable = "dispute_due";

    /// <summary>
    /// Stored beside the numbers of <see cref="DisputeMove"/>: the agreement can be closed at the ruling, by MOVE_RESOLVE.
    /// </summary>
    public const long Resolve = 100;

    /// <summary>Stored where no window runs, so that those rows sort behind all others.</summary>
    public const long NoDeadline = long.MaxValue;

    private static readonly ImmutableArray<long> DueKinds =
        [(long)DisputeMove.QueueDraw, (long)DisputeMove.Draw, (long)DisputeMove.Conclude, Resolve];

    /// <param name="seatsTouched">Seats that were told of or taken back: gone where the fold has them no more.</param>
    /// <param name="isClosed">Whether the disputed milestone was closed.</param>
    public static IEnumerable<Row> Rows(
        ulong chain, Hash32 caseId, CaseOnChain? view, IEnumerable<(int Round, Address Arbiter)> seatsTouched, bool isClosed)
    {
        ImmutableArray<object> key = [(long)chain, caseId.ToBytes()];
        yield return view is null ? new Row(Table, RowChange.Delete, key, []) : new Row(Table, RowChange.Upsert, key, Values(view));
        var seats = (view?.Panels ?? []).SelectMany(panel => panel.Seats.Select(seat => (panel, seat))).ToArray();
        foreach (var (round, arbiter) in seatsTouched.Except(seats.Select(one => (one.panel.Round, one.seat.Arbiter))))
            yield return new Row(SeatTable, RowChange.Delete, SeatKey(key, round, arbiter), []);
        foreach (var (panel, seat) in seats)
            yield return new Row(SeatTable, RowChange.Upsert, SeatKey(key, panel.Round, seat.Arbiter), Values(view!, panel, seat));
        foreach (var row in Due(key, view, isClosed)) yield return row;
    }

    private static IEnumerable<Row> Due(ImmutableArray<object> key, CaseOnChain? view, bool isClosed)
    {
        var due = view is null ? [] : DisputeRules.Due(view)
            .ToDictionary(move => (long)move.Move, move => (move.OpensAfter, move.ClosesAfter));
        if (view is not null && !isClosed && ResolvableAfter(view) is { } opens) due[Resolve] = (opens, null);
        foreach (var kind in DueKinds)
            yield return due.TryGetValue(kind, out var open)
                ? new Row(DueTable, RowChange.Upsert, key.Add(kind),
                    [ListingValue.Of(open.OpensAfter), open.ClosesAfter is { } closes ? ListingValue.Of(closes) : NoDeadline])
                : new Row(DueTable, RowChange.Delete, key.Add(kind), []);
    }

    /// <summary>After which second the court has a ruling as things stand; null when it will have none.</summary>
    private static BlockTime? ResolvableAfter(CaseOnChain view)
    {
        // Concluding makes no ruling, it only says it: there was one before.
        var over = CaseWindows.OverAfter(view) ?? new BlockTime(view.Seen.BlockTime.Seconds - 1);
        return CaseWindows.OutcomeAt(view, over.After(1)).Ruling is null ? null : over;
    }

    private static ImmutableArray<object?> Values(CaseOnChain view) =>
    [
        view.Court.ToBytes(), view.Opening.Arbitrable.ToBytes(), view.Opening.Negotiation.ToBytes(), (long)view.Opening.Milestone,
        view.EmployerSide.ToBytes(), view.Talent.ToBytes(), view.Opening.Token.ToBytes(), ListingValue.Of(view.Opening.Sum),
        ListingValue.Of(view.Opening.Cost), (long)view.Phase, (long)view.Round, view.End is { Ruling: { } ruling } ? ruling : -1L,
        CaseWindows.OverAfter(view) is { } over ? ListingValue.Of(over) : NoDeadline, ListingValue.Of(view.Opened.BlockTime),
        (long)view.Seen.BlockNo, ListingValue.Of(view.Seen.BlockTime),
    ];

    private static ImmutableArray<object> SeatKey(ImmutableArray<object> key, int round, Address arbiter) =>
        [.. key, (long)round, arbiter.ToBytes()];

    private static ImmutableArray<object?> Values(CaseOnChain view, Panel panel, Seat seat)
    {
        var commitBy = panel.DrawnAt.After(view.Rules.CommitSeconds);
        var revealBy = commitBy.After(view.Rules.RevealSeconds);
        var phase = Phase(seat);
        return
        [
            view.Court.ToBytes(), view.Opening.Arbitrable.ToBytes(), (long)phase, ListingValue.Of(commitBy), ListingValue.Of(revealBy),
            phase switch
            {
                SeatPhase.Seal => ListingValue.Of(commitBy), SeatPhase.Open => ListingValue.Of(revealBy), _ => NoDeadline,
            },
            ListingValue.Of(panel.DrawnAt), (long)view.Seen.BlockNo,
        ];
    }

    private static SeatPhase Phase(Seat seat) => seat switch
    {
        { End: { Forfeited: true } } => SeatPhase.Forfeited,
        { End: not null } => SeatPhase.Kept,
        { Vote: not null } => SeatPhase.Opened,
        { Commitment: not null } => SeatPhase.Open,
        _ => SeatPhase.Seal,
    };
}

/// <summary>An arbiter of a pool in a list.</summary>
public static class ListedArbiter
{
    public const string Table = "dispute_arbiter";

    /// <param name="touched">Pools that facts told of or took back: gone where the fold has them no more.</param>
    public static IEnumerable<Row> Rows(
        ulong chain, Address arbiter, ArbiterOnChain view, IEnumerable<(Address Court, Address Arbitrable)> touched) =>
        touched.Select(pool => view.Bench(pool.Court, pool.Arbitrable) is { } bench
            ? new Row(
                Table, RowChange.Upsert, Key(chain, pool, arbiter),
                [(long)bench.Bonded, (long)bench.Locked, (long)bench.Leaving, (long)view.Seen!.BlockNo])
            : new Row(Table, RowChange.Delete, Key(chain, pool, arbiter), []));

    private static ImmutableArray<object> Key(ulong chain, (Address Court, Address Arbitrable) pool, Address arbiter) =>
        [(long)chain, pool.Court.ToBytes(), pool.Arbitrable.ToBytes(), arbiter.ToBytes()];
}
