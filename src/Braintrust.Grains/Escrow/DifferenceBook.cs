using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Storage;

namespace Braintrust.Escrow;

/// <summary>Which subjects' payments are stopped because the contracts and this system disagree about them.</summary>
public sealed class DifferenceBook(IProjectionStore store, IRows rows)
{
    public const int WhyCharsMax = 500;

    /// <summary>Names the final block at which all was compared last; its rows are never made again from the ledger.</summary>
    private const string MarkName = "reconciliation";

    public async ValueTask<ImmutableArray<ListedDifference>> Read(ulong chain, CancellationToken ct) =>
        [.. (await rows.Read(ListedDifference.Table, [(long)chain], ct)).Select(ListedDifference.Of)];

    /// <summary>Why money that is about these subjects must wait, or null.</summary>
    public async ValueTask<Refusal?> Stops(ulong chain, IEnumerable<DifferenceSubject> subjects, CancellationToken ct)
    {
        var known = await rows.ReadKeys(
            ListedDifference.Table, [.. subjects.Select(subject => ListedDifference.Key(chain, subject))], ct);
        return known.Select(ListedDifference.Of).FirstOrDefault(differs => differs.Lifted is null) is { } stopping
            ? new Refusal(
                RefusalCode.Unreconciled,
                $"The contract and this server disagree about {stopping.Subject}: an operator looks into it. The contract itself stops nothing.")
            : null;
    }

    /// <summary>
    /// Makes what was found all that there is: new differences stop payments, the same as before stay lifted when they were,
    /// what is found no more is forgotten. Answers what became new and what went; null when another look was first.
    /// </summary>
    public async ValueTask<DifferenceChanges?> Keep(ulong chain, Reconciled found, DateTimeOffset now, CancellationToken ct)
    {
        var mark = await store.ReadMark(MarkName, chain, ct);
        var before = (await Read(chain, ct)).ToDictionary(differs => differs.Subject);
        var kept = found.Differences.Select(differs =>
            before.TryGetValue(differs.Subject, out var known) && known.What == differs.What
                ? known with { Block = found.Block }
                : new ListedDifference(chain, differs.Subject, differs.What, found.Block, now)).ToList();
        var gone = before.Values.Where(known => kept.All(differs => differs.Subject != known.Subject)).ToList();
        var advance = new ProjectionAdvance(
            MarkName, chain, mark, new(mark.Pos + 1, found.Block), [.. kept.Select(differs => differs.Row), .. gone.Select(differs => differs.Gone)]);
        if (!await store.Advance(advance, ct)) return null;
        return new DifferenceChanges(
            [.. kept], [.. kept.Where(differs => !before.TryGetValue(differs.Subject, out var known) || known.What != differs.What)], [.. gone]);
    }

    /// <summary>
    /// Lets payments about a subject go on although it differs, until it differs otherwise. Refused: NotFound, InvalidArgument,
    /// WrongState when a look was just being kept.
    /// </summary>
    public async ValueTask<Outcome<ListedDifference>> Lift(ulong chain, string subject, string who, string why, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(why) || why.Length > WhyCharsMax)
            return new Refusal(RefusalCode.InvalidArgument, $"The reason must have 1 to {WhyCharsMax} characters.", "why");
        var mark = await store.ReadMark(MarkName, chain, ct);
        if ((await Read(chain, ct)).FirstOrDefault(differs => differs.Subject.ToString() == subject) is not { } found)
            return new Refusal(RefusalCode.NotFound, $"Nothing is known to differ about '{subject}' on chain {chain}.");
        var lifted = found with { Lifted = (who, why) };
        return await store.Advance(new(MarkName, chain, mark, mark with { Pos = mark.Pos + 1 }, [lifted.Row]), ct)
            ? lifted
            : new Refusal(RefusalCode.WrongState, "A look was kept meanwhile. Nothing was changed: try again.");
    }
}

/// <param name="All">Everything that differs now.</param>
/// <param name="New">Of these, what did not, or differed otherwise.</param>
public sealed record DifferenceChanges(
    ImmutableArray<ListedDifference> All, ImmutableArray<ListedDifference> New, ImmutableArray<ListedDifference> Gone);
