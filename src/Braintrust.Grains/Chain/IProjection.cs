using System.Collections.Immutable;
using System.Globalization;

namespace Braintrust.Chain;

/// <summary>
/// Rows folded out of a chain's ledger for readers that ask for many things at once. What it answers depends on the
/// ledger and on its own rows alone, so that emptied tables fill with the same rows again.
/// </summary>
public interface IProjection
{
    /// <summary>Names its position and, with the chain, its runner. Never changed: a new name begins anew.</summary>
    string Name { get; }

    /// <summary>Every table it writes; it is the only one to.</summary>
    ImmutableArray<string> Tables { get; }

    /// <summary>What comes after a mark makes of the rows.</summary>
    ValueTask<ProjectionPart> Next(ulong chain, ProjectionMark after, CancellationToken ct);
}

/// <summary>What a projection has to do next.</summary>
public abstract record ProjectionPart
{
    /// <summary>Positions read at once, so that a long backlog is many small transactions.</summary>
    public const int PositionsMax = 2_000;

    private ProjectionPart() { }

    /// <summary>For rows that follow what is pending: what the next entries, and what they took back, make of them.</summary>
    public static async ValueTask<ProjectionPart> OfChanges(
        IChainLedger ledger, ulong chain, ProjectionMark after, int positionsMax,
        Func<LedgerPage, ValueTask<ImmutableArray<Row>>> rows, CancellationToken ct)
    {
        var page = await ledger.ReadChanges(chain, after.Pos, positionsMax, ct);
        if (page.Cursor.Pos < after.Pos) return Forgotten(page.Cursor, after);
        return page.ReachedPos == after.Pos
            ? new Idle(page.Cursor)
            : new Changes(new(page.ReachedPos), await rows(page), page.Cursor, page.ReachedPos < page.Cursor.Pos);
    }

    /// <summary>
    /// For rows that count what is final in the chain's order: nothing that they counted is taken back but by a rewind below
    /// the final block, and nothing comes before it but from a contract registered late. After either they begin again.
    /// </summary>
    /// <param name="factsMax">Facts taken at once, more only to end with a whole block.</param>
    public static async ValueTask<ProjectionPart> OfFinal(
        IChainLedger ledger, IContractRegistry registry, ulong chain, ImmutableArray<FactKind> kinds, ProjectionMark after,
        int factsMax, Func<FinalFacts, ValueTask<ImmutableArray<Row>>> rows, CancellationToken ct)
    {
        // What comes of older blocks would make it begin again at every step.
        if ((await Watched.Read(registry, chain, ct)).Behind.Count > 0)
            return new Waits("Older blocks of a contract registered late are being read.");
        var page = await ledger.ReadFinal(chain, kinds, after, factsMax, ct);
        var cursor = page.Cursor;
        if (cursor.Pos < after.Pos) return Forgotten(cursor, after);
        if (page.IsChanged) return new Outdated($"Blocks up to {after.BlockNo} are not what they were.");
        if (page.Facts.Count == 0 && cursor.Pos == after.Pos) return new Idle(cursor);
        return new Changes(
            new(cursor.Pos, page.ReachedBlock), page.Facts.Count == 0 ? [] : await rows(page), cursor,
            More: page.ReachedBlock < cursor.FinalNo);
    }

    private static Outdated Forgotten(ChainCursor cursor, ProjectionMark after) =>
        new($"The ledger ends at {cursor.Pos}, the rows at {after.Pos}.");

    /// <summary>Nothing has come that it follows.</summary>
    /// <param name="Cursor">What it has seen of the ledger.</param>
    public sealed record Idle(ChainCursor Cursor) : ProjectionPart;

    /// <summary>It cannot go on yet.</summary>
    public sealed record Waits(string Why) : ProjectionPart;

    /// <param name="To">What is in the rows once they are written.</param>
    /// <param name="Cursor">What it has seen of the ledger.</param>
    /// <param name="More">Whether more is known to follow.</param>
    public sealed record Changes(ProjectionMark To, ImmutableArray<Row> Rows, ChainCursor Cursor, bool More) : ProjectionPart;

    /// <summary>The rows tell of a ledger that is no more: empty them and begin again.</summary>
    public sealed record Outdated(string Why) : ProjectionPart;
}

/// <summary>The key of a projection's runner: <c>{projection}/{chain id}</c>.</summary>
public static class ProjectionKey
{
    public static string Of(string projection, ulong chain) =>
        string.Create(CultureInfo.InvariantCulture, $"{projection}/{chain}");

    /// <exception cref="FormatException">Not such a key.</exception>
    public static (string Projection, ulong Chain) Parse(string key) =>
        key.Split('/') is [var projection, var digits]
        && ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var chain)
            ? (projection, chain)
            : throw new FormatException($"'{key}' is no key of the form <projection>/<chain id>.");
}
