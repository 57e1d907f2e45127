using System.Collections.Immutable;
using Braintrust.Storage;

namespace Braintrust.Reputation;

/// <summary>Where a seal stands.</summary>
/// <param name="Batch">The batch's number.</param>
/// <param name="Index">In the batch, from 0.</param>
/// <param name="Count">Seals in the batch.</param>
/// <param name="Proof">Hashes from the leaf's sibling upwards (RFC 9162).</param>
public sealed record ReviewPlace(
    Hash32 Seal, Address Contract, ulong Batch, int Index, int Count, Hash32 Root, ImmutableArray<Hash32> Proof);

/// <summary>The rows that are committed with reviews and with the batches of their seals.</summary>
public static class ReviewRows
{
    public const string Reviews = "review";
    public const string Pending = "review_pending";
    public const string Places = "review_place";

    public static ImmutableArray<Row> Of(string key, ReviewState before, ReviewState after)
    {
        var (chain, negotiation, milestone) = ReviewKey.Parse(key);
        return
        [
            .. after.Filed.Select(filed => new Row(
                Reviews, RowChange.Upsert, [(long)chain, negotiation.ToBytes(), (long)milestone, (long)filed.Side],
                [
                    filed.About.ToBytes(), filed.Seal.ToBytes(),
                    after.Filed.FirstOrDefault(other => other.Side != filed.Side)?.Seal.ToBytes(),
                    (long)ReviewRules.SealedUntil(after), filed.FiledAt.ToUnixTimeMilliseconds(), StateSerializer.Serialize(filed),
                ])),
            .. after.Filed.Except(before.Filed).Select(filed => new Row(
                Pending, RowChange.Upsert, [(long)chain, filed.Seal.ToBytes()],
                [filed.Contract.ToBytes(), filed.FiledAt.ToUnixTimeMilliseconds()])),
        ];
    }

    /// <summary>The places of a batch: written when it is made, and again when it was renumbered.</summary>
    public static ImmutableArray<Row> Of(string key, AnchorState before, AnchorState after)
    {
        if (after.InFlight is not { } batch) return [];
        var chain = long.Parse(key, System.Globalization.CultureInfo.InvariantCulture);
        var isNew = before.InFlight is null;
        var (root, seals) = (batch.Root.ToBytes(), batch.Seals);
        return
        [
            .. seals.Select((seal, index) => new Row(
                Places, RowChange.Upsert, [chain, seal.ToBytes()],
                [
                    batch.Contract.ToBytes(), (long)batch.Number, (long)index, (long)seals.Length, root,
                    MerkleLog.Proof(seals.AsSpan(), index).SelectMany(hash => hash.ToBytes()).ToArray(),
                ])),
            .. isNew ? seals.Select(seal => new Row(Pending, RowChange.Delete, [chain, seal.ToBytes()], [])) : [],
        ];
    }

    public static ReviewPlace Place(StoredRow row) => new(
        new Hash32((byte[])row.Key[1]), new Address((byte[])row.Values[0]!), (ulong)(long)row.Values[1]!,
        (int)(long)row.Values[2]!, (int)(long)row.Values[3]!, new Hash32((byte[])row.Values[4]!),
        [.. ((byte[])row.Values[5]!).Chunk(Hash32.Length).Select(hash => new Hash32(hash))]);
}

/// <summary>The key of one milestone's reviews: <c>{chain id}-{negotiation}-{milestone}</c>.</summary>
public static class ReviewKey
{
    public static string Of(ulong chain, Hash32 negotiation, int milestone) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{chain}-{negotiation}-{milestone}");

    /// <exception cref="FormatException">Not such a key.</exception>
    public static (ulong Chain, Hash32 Negotiation, int Milestone) Parse(string key)
    {
        var dash = key.LastIndexOf('-');
        var (chain, negotiation) = Chain.ChainKey.Parse(key[..Math.Max(dash, 0)]);
        return int.TryParse(
            key.AsSpan(dash + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture,
            out var milestone) && Of(chain, negotiation, milestone) == key
            ? (chain, negotiation, milestone)
            : throw new FormatException($"'{key}' is no key of a milestone's reviews.");
    }
}
