using System.Collections.Immutable;

namespace Braintrust.Reputation;

public sealed class MerkleLogTests
{
    [Fact]
    public void Every_entry_of_every_tree_is_proven_at_its_place_and_nowhere_else()
    {
        for (var count = 1; count <= 40; count++)
        {
            var entries = Entries(count);
            var root = MerkleLog.Root(entries.AsSpan());
            for (var index = 0; index < count; index++)
            {
                var proof = MerkleLog.Proof(entries.AsSpan(), index);
                for (var at = -1; at <= count; at++)
                    Assert.Equal(at == index, MerkleLog.Includes(root, count, at, entries[index], proof));
                Assert.False(MerkleLog.Includes(root, count, index, Hash32.Keccak([9]), proof));
                Assert.False(MerkleLog.Includes(root, count, index, entries[index], [.. proof, root]));
                Assert.False(MerkleLog.Includes(Hash32.Keccak([9]), count, index, entries[index], proof));
                if (proof.Length > 0) Assert.False(MerkleLog.Includes(root, count, index, entries[index], proof[..^1]));
            }
        }
    }

    [Fact]
    public void A_tree_is_built_as_RFC_9162_says()
    {
        var entries = Entries(3);
        var pair = Node(Leaf(entries[0]), Leaf(entries[1]));
        Assert.Equal(Leaf(entries[0]), MerkleLog.Root(entries.AsSpan()[..1]));
        Assert.Equal(Node(pair, Leaf(entries[2])), MerkleLog.Root(entries.AsSpan()));
        Assert.Equal(pair, Assert.Single(MerkleLog.Proof(entries.AsSpan(), 2)));
    }

    [Fact]
    public void Neither_a_node_nor_another_shape_passes_for_a_leaf()
    {
        var entries = Entries(4);
        var root = MerkleLog.Root(entries.AsSpan());
        var node = Node(Leaf(entries[0]), Leaf(entries[1]));
        Assert.False(MerkleLog.Includes(root, 2, 0, node, [Node(Leaf(entries[2]), Leaf(entries[3]))]));
        Assert.NotEqual(root, MerkleLog.Root([.. entries, entries[3]]));
    }

    private static ImmutableArray<Hash32> Entries(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Hash32.Keccak([(byte)i, (byte)count]))];

    private static Hash32 Leaf(Hash32 entry) => Hash32.Keccak([0, .. entry.ToBytes()]);

    private static Hash32 Node(Hash32 left, Hash32 right) => Hash32.Keccak([1, .. left.ToBytes(), .. right.ToBytes()]);
}
