using Braintrust.Chain;

namespace Braintrust.Storage;

/// <summary>Contracts that are registered when the chain was read on.</summary>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task A_contract_registered_when_the_chain_was_read_on_has_its_older_blocks_to_be_read()
    {
        await Storage.Contracts.Register(Contract(1, from: 3), Ct);
        Assert.Empty(await Storage.Contracts.ReadBackfills(Chain, Ct));
        var cursor = await Append(ChainCursor.Start, 5, 4, Fact(4, 0, 7));
        await Storage.Contracts.Register(Contract(2, from: 2), Ct);
        await Storage.Contracts.Register(Contract(2, from: 2), Ct);
        await Storage.Contracts.Register(Contract(3, from: 6), Ct);
        Assert.Equal([new Backfill(Contract(2, 2).Address, 2)], await Storage.Contracts.ReadBackfills(Chain, Ct));

        // The same step twice, as two followers would: one of them appends.
        var other = await OpenAgain();
        var step = Unmoved(cursor, Fact(3, 0, 8)) with { Contracts = 3, Backfilled = new(Contract(2, 2).Address, 2, 5) };
        var answers = await Task.WhenAll(
            Task.Run(async () => await Storage.Ledger.Append(step, Ct)), Task.Run(async () => await other.Ledger.Append(step, Ct)));
        cursor = Assert.Single(answers, answer => answer is not null)!;
        Assert.Equal((2, 5ul, Hash(5)), (cursor.Pos, cursor.HeadNo, cursor.HeadHash));
        Assert.Equal(5ul, (await Storage.Contracts.ReadBackfills(Chain, Ct)).Single().Next);
        Assert.Null(await Storage.Ledger.Append(
            Unmoved(cursor) with { Backfilled = new(Contract(2, 2).Address, 2, 5) }, Ct));

        cursor = (await Storage.Ledger.Rewind(new(Chain, cursor, Header(3), BelowFinal: true), Ct))!;
        Assert.Equal(4ul, (await Storage.Contracts.ReadBackfills(Chain, Ct)).Single().Next);
        Assert.NotNull(await Storage.Ledger.Append(
            Unmoved(cursor) with { Backfilled = new(Contract(2, 2).Address, 4, 4) }, Ct));
        Assert.Empty(await Storage.Contracts.ReadBackfills(Chain, Ct));

        await Storage.Contracts.Register(Contract(4, from: 1), Ct);
        await Storage.Contracts.Forget(Chain, Ct);
        Assert.Empty(await Storage.Contracts.ReadBackfills(Chain, Ct));
    }

    [Fact]
    public async Task What_was_read_without_a_contract_is_not_appended_beside_its_registration()
    {
        await Storage.Contracts.Register(Contract(1, from: 1), Ct);
        var first = Appending(ChainCursor.Start, 2, 0, Fact(1, 0, 7)) with { Contracts = 1 };
        await Storage.Contracts.Register(Contract(2, from: 1), Ct);
        Assert.Null(await Storage.Ledger.Append(first, Ct));
        Assert.Equal(ChainCursor.Start, await Storage.Ledger.ReadCursor(Chain, Ct));
        Assert.Empty((await Subject(7)).Facts);
        Assert.NotNull(await Storage.Ledger.Append(first with { Contracts = 2 }, Ct));
    }

    [Fact]
    public async Task Closings_are_read_in_the_order_of_blocks_whole_blocks_at_a_time()
    {
        var cursor = await Append(ChainCursor.Start, 9, 0, Fact(3, 0, 7), Fact(3, 1, 7), Fact(3, 4, 7), Fact(8, 0, 7));
        await Storage.Contracts.Register(Contract(1, from: 1), Ct);
        cursor = (await Storage.Ledger.Append(
            Unmoved(cursor, Fact(2, 5, 8), Fact(3, 2, 8), Fact(5, 0, 8)) with { Backfilled = new(Contract(1, 1).Address, 1, 6) }, Ct))!;
        cursor = await Append(cursor, 10, 7);

        Assert.Equal([(2, 5u), (3, 0u), (3, 1u), (3, 2u), (3, 4u)], await Read(new(0, 0), max: 2, reaches: 3));
        Assert.Equal([(5, 0u)], await Read(new(0, 3), max: 2, reaches: 7));
        Assert.Equal([(2, 5u)], await Read(new(0, 0), max: 1, reaches: 2));
        Assert.Empty(await Read(new(cursor.Pos, 7), max: 1, reaches: 7));

        // Whoever had counted block 3 before the late ones came must count again, who had counted block 1 need not.
        Assert.True((await Storage.Ledger.ReadFinal(Chain, [FactKind.MilestoneClosed], new(4, 3), 1, Ct)).IsChanged);
        Assert.False((await Storage.Ledger.ReadFinal(Chain, [FactKind.MilestoneClosed], new(4, 1), 1, Ct)).IsChanged);
        Assert.False((await Storage.Ledger.ReadFinal(Chain, [FactKind.MilestoneClosed], new(7, 3), 1, Ct)).IsChanged);
        cursor = (await Storage.Ledger.Rewind(new(Chain, cursor, Header(4), BelowFinal: true), Ct))!;
        Assert.True((await Storage.Ledger.ReadFinal(Chain, [FactKind.MilestoneClosed], new(7, 5), 1, Ct)).IsChanged);
        Assert.False((await Storage.Ledger.ReadFinal(Chain, [FactKind.MilestoneClosed], new(7, 4), 1, Ct)).IsChanged);
        Assert.False((await Storage.Ledger.ReadFinal(Chain, [FactKind.MilestoneClosed], new(6, 5), 1, Ct)).IsChanged);

        async Task<IEnumerable<(ulong, uint)>> Read(ProjectionMark after, int max, ulong reaches)
        {
            var page = await Storage.Ledger.ReadFinal(Chain, [FactKind.MilestoneClosed], after, max, Ct);
            Assert.Equal(reaches, page.ReachedBlock);
            return page.Facts.Select(f => (f.Fact.BlockNo, f.Fact.LogIndex));
        }
    }
}
