using System.Collections.Immutable;
using System.Numerics;

namespace Braintrust.Reputation;

/// <summary>
/// Merkle trees whose shape follows from the number of their leaves, as the contract's MerkleLog checks them. Source:
/// RFC 9162, section 2.1, with keccak256: leaf = H(0x00, entry), node = H(0x01, left, right).
/// </summary>
public static class MerkleLog
{
    /// <summary>RFC 9162, 2.1.1.</summary>
    /// <param name="entries">At least one.</param>
    public static Hash32 Root(ReadOnlySpan<Hash32> entries)
    {
        if (entries.Length == 1) return Leaf(entries[0]);
        var left = Split(entries.Length);
        return Node(Root(entries[..left]), Root(entries[left..]));
    }

    /// <summary>RFC 9162, 2.1.3.1: hashes from the leaf's sibling upwards.</summary>
    public static ImmutableArray<Hash32> Proof(ReadOnlySpan<Hash32> entries, int index)
    {
        if (entries.Length == 1) return [];
        var left = Split(entries.Length);
        return index < left
            ? Proof(entries[..left], index).Add(Root(entries[left..]))
            : Proof(entries[left..], index - left).Add(Root(entries[..left]));
    }

    /// <summary>RFC 9162, 2.1.3.2: whether the entry stands at the index of the tree with that many leaves and this root.</summary>
    public static bool Includes(Hash32 root, int count, int index, Hash32 entry, IReadOnlyList<Hash32> proof)
    {
        if (index < 0 || index >= count) return false;
        var (at, last, hash) = (index, count - 1, Leaf(entry));
        foreach (var sibling in proof)
        {
            if (last == 0) return false;
            if ((at & 1) == 1 || at == last)
            {
                hash = Node(sibling, hash);
                // The last of a level without a sibling rises by itself.
                while ((at & 1) == 0 && at != 0) (at, last) = (at >> 1, last >> 1);
            }
            else
            {
                hash = Node(hash, sibling);
            }

            (at, last) = (at >> 1, last >> 1);
        }

        return last == 0 && hash == root;
    }

    /// <summary>The largest power of two below the count.</summary>
    private static int Split(int count) => 1 << BitOperations.Log2((uint)count - 1);

    private static Hash32 Leaf(Hash32 entry) => Hash32.Keccak([0, .. entry.ToBytes()]);

    private static Hash32 Node(Hash32 left, Hash32 right) => Hash32.Keccak([1, .. left.ToBytes(), .. right.ToBytes()]);
}
