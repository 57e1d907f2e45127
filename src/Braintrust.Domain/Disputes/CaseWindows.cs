using System.Collections.Immutable;
using Braintrust.Chain;
using Orleans;

namespace Braintrust.Disputes;

/// <summary>What can be done in a window.</summary>
public enum CaseWindow
{
    /// <summary>The talent answers.</summary>
    Response = 1,

    /// <summary>A panel is drawn, or its draw is queued again.</summary>
    Draw = 2,

    /// <summary>Votes are sealed.</summary>
    Commit = 3,

    /// <summary>Votes are opened.</summary>
    Reveal = 4,

    /// <summary>Either side appeals.</summary>
    Appeal = 5,

    /// <summary>A panel that did not rule is drawn again.</summary>
    Redraw = 6,
}

/// <summary>Open while <c>OpensAfter &lt; now &lt;= ClosesAfter</c>, block time.</summary>
[GenerateSerializer, Immutable, Alias("disputes.WindowSpan")]
public readonly record struct WindowSpan(
    [property: Id(0)] CaseWindow Window, [property: Id(1)] BlockTime OpensAfter, [property: Id(2)] BlockTime ClosesAfter);

/// <summary>Whether a case is decided for good at some second, and how.</summary>
/// <param name="Ruling">The talent's share, basis points; null when no ruling came.</param>
public readonly record struct CaseOutcome(bool IsOver, int? Ruling);

/// <summary>
/// The windows of the court, in block time. *Within* a window means <c>now &lt;= since + window</c>, *after* it
/// <c>now &gt; since + window</c>. They run from the end of the one before, never from a late call.
/// </summary>
public static class CaseWindows
{
    /// <summary>The last second in which votes can be sealed, for a case in Voting.</summary>
    public static BlockTime CommitEnds(CaseOnChain view) => view.Since.After(view.Rules.CommitSeconds);

    /// <summary>The last second in which votes can be opened, for a case in Voting.</summary>
    public static BlockTime RevealEnds(CaseOnChain view) => CommitEnds(view).After(view.Rules.RevealSeconds);

    /// <summary>
    /// The last second before the case is over if nobody does anything any more; null once it is concluded. For a case in
    /// Voting more votes may change which window comes last.
    /// </summary>
    public static BlockTime? OverAfter(CaseOnChain view) => view.Phase switch
    {
        CasePhase.Response => view.Since.After(view.Rules.ResponseSeconds),
        CasePhase.Drawing => view.Since.After(view.Rules.DrawSeconds),
        CasePhase.Voting => VotingOver(view),
        _ => null,
    };

    /// <summary>The contract's <c>ruling</c> at a second, before or after anybody concludes.</summary>
    public static CaseOutcome OutcomeAt(CaseOnChain view, BlockTime now) => view.Phase switch
    {
        CasePhase.Concluded => new CaseOutcome(true, view.End!.Ruling),
        CasePhase.Response => new CaseOutcome(now > OverAfter(view), view.Opening.EmployerBps),
        CasePhase.Drawing => new CaseOutcome(now > OverAfter(view), view.Ruling),
        _ => new CaseOutcome(now > OverAfter(view), view.Panel!.Tally.Median ?? view.Ruling),
    };

    /// <summary>
    /// The windows that run or are still to come as things stand, in order; what an earlier one decides (who votes, who
    /// appeals) decides which of the last two comes.
    /// </summary>
    public static ImmutableArray<WindowSpan> Of(CaseOnChain view) => view.Phase switch
    {
        CasePhase.Response => [new(CaseWindow.Response, view.Since, OverAfter(view)!.Value)],
        CasePhase.Drawing => [new(CaseWindow.Draw, view.Since, OverAfter(view)!.Value)],
        CasePhase.Voting => Voting(view),
        _ => [],
    };

    private static ImmutableArray<WindowSpan> Voting(CaseOnChain view)
    {
        var (commit, reveal, over) = (CommitEnds(view), RevealEnds(view), OverAfter(view)!.Value);
        ImmutableArray<WindowSpan> votes =
            [new(CaseWindow.Commit, view.Since, commit), new(CaseWindow.Reveal, commit, reveal)];
        var last = view.Panel!.Tally.Ruled ? CaseWindow.Appeal : CaseWindow.Redraw;
        return over == reveal ? votes : votes.Add(new(last, reveal, over));
    }

    private static BlockTime VotingOver(CaseOnChain view)
    {
        var end = RevealEnds(view);
        if (view.Panel!.Tally.Ruled) return view.IsAppeal ? end : end.After(view.Rules.AppealSeconds);
        return view.IsRedraw ? end : end.After(view.Rules.DrawSeconds);
    }
}
