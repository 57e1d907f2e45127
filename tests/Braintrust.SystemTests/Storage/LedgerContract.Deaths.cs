using System.Collections;
using Braintrust.Chain;

namespace Braintrust.Storage;

public abstract partial class LedgerContract
{
    /// <summary>The headers are written last: whoever dies at them has moved the cursor and written the facts.</summary>
    [Fact]
    public async Task A_death_between_cursor_and_effect_or_between_effect_and_commit_leaves_neither()
    {
        var cursor = await Append(ChainCursor.Start, 1, 0, Fact(1, 0, 7));
        var append = Appending(cursor, 2, 0, Fact(2, 0, 7), Fact(2, 1, 7));
        await Assert.ThrowsAsync<DeathException>(async () => await Storage.Ledger.Append(append with { Headers = new Deadly() }, Ct));
        Assert.Equal(cursor, await Storage.Ledger.ReadCursor(Chain, Ct));
        Assert.Single((await Subject(7)).Facts);

        Assert.NotNull(await Storage.Ledger.Append(append, Ct));
        Assert.Equal([1L, 2L, 3L], (await Subject(7)).Facts.Select(fact => fact.Pos));
    }

    private sealed class DeathException() : Exception("The process died here.");

    private sealed class Deadly : IReadOnlyList<BlockHeader>
    {
        public int Count => 1;

        public BlockHeader this[int index] => throw new DeathException();

        public IEnumerator<BlockHeader> GetEnumerator() => throw new DeathException();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
