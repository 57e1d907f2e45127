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
