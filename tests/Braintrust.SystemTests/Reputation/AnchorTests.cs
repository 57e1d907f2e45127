using Braintrust.Chain;
using Braintrust.Testing;
using Law = Braintrust.Chain.Contracts.ReputationContract;
using ReputationV1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

/// <summary>The anchor of a review through every accident on its way into a final block.</summary>
[Collection(ProcessCollection.Name)]
public sealed class AnchorTests
{
    private const int Confirmations = 3;

    private static readonly Address Anchor = DevelopmentKeys.Address(DevelopmentContracts.Anchor);

    [Fact]
    public async Task A_batch_is_anchored_once_though_it_is_lost_forgotten_and_taken_back()
    {
        await using var anvil = await FollowedAnvil.Start("--block-time", "1", "--mixed-mining");
        await using var server = await ServerProcess.Start(anvil.Settings(Confirmations));
        using var link = new ServerLink(server.Url, ReviewedWork.Patience);
        using var node = await NodeLink.Open(link, CancellationToken.None);
        var work = await ReviewedWork.Do(link, node);
        await anvil.MineWhenAsked();
        var name = await work.Review(work.Talent, 4, "Paid at once.");
        await Waits(anvil);

        // Stored, not sent: the server dies, and with it what it had sent.
        await server.Kill();
        await anvil.LosePool();
        Assert.False(await IsSent(anvil));
        await server.Start();
        await Waits(anvil);

        // Sent, not recorded: it is included while no server looks.
        await server.Kill();
        await anvil.Dev.Mine(1, CancellationToken.None);
        Assert.Equal(1, await Batches(anvil));
        var first = await Root(anvil);
        await server.Start();
        await Eventually.Holds(
            () => work.Node.Seen(CancellationToken.None), chain => chain.HeadNumber == chain.NodeHeadNumber, ReviewedWork.Patience,
            "the head");

        // Reorganised: the block that held it is gone, and nobody else sends it again.
        await anvil.Dev.Reorg(1, CancellationToken.None);
        Assert.Equal(0, await Batches(anvil));
        await Waits(anvil);
        Assert.Equal(ReputationV1.ReviewState.Sealed, (await work.Read(work.Talent, name)).State);
        await anvil.Dev.Mine(Confirmations + 1, CancellationToken.None);

        var opening = (await work.Until(work.Talent, name, ReputationV1.ReviewState.Anchored)).Opening;
        Assert.Equal((1, first), (await Batches(anvil), await Root(anvil)));
        Assert.Equal((1ul, 1u, first.ToString()), (opening.Batch, opening.Count, opening.Root));
        var stands = await Law.VerifyReview.Call(
            anvil.Chain, anvil.Reputation, opening.Batch, opening.Index, Hash32.Parse(opening.Seal),
            [.. opening.Proof.Select(hash => Hash32.Parse(hash))], BlockId.Latest, CancellationToken.None);
        Assert.True(stands);
    }

    [Fact]
    public async Task A_head_that_others_moved_gives_the_batch_another_place()
    {
        await using var anvil = await FollowedAnvil.Start("--block-time", "1", "--mixed-mining");
        await using var server = await ServerProcess.Start(anvil.Settings(Confirmations));
        using var link = new ServerLink(server.Url, ReviewedWork.Patience);
        using var node = await NodeLink.Open(link, CancellationToken.None);
        var work = await ReviewedWork.Do(link, node);
        await anvil.MineWhenAsked();
        var name = await work.Review(work.Talent, 4, "");
        await Waits(anvil);

        // Another holder of the key is faster: same nonce, another batch.
        await server.Kill();
        await anvil.LosePool();
        var other = Law.Anchor.Encode(default, Hash32.Keccak("another's"u8), 1);
        var fees = await anvil.Chain.GetFees(CancellationToken.None);
        var nonce = await anvil.Chain.GetNonce(Anchor, BlockId.Latest, CancellationToken.None);
        var signed = await new Eip1559Transaction(
                DevelopmentKeys.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, 250_000, anvil.Reputation, 0, other)
            .Sign(DevelopmentKeys.Signer(DevelopmentContracts.Anchor), CancellationToken.None);
        await anvil.Chain.SendRaw(signed.Raw, CancellationToken.None);
        await anvil.Dev.Mine(1, CancellationToken.None);
        await server.Start();
        await Waits(anvil);
        await anvil.Dev.Mine(Confirmations + 1, CancellationToken.None);

        var opening = (await work.Until(work.Talent, name, ReputationV1.ReviewState.Anchored)).Opening;
        Assert.Equal((2ul, 2), (opening.Batch, await Batches(anvil)));
        Assert.Equal(opening.Root, (await Root(anvil, 2)).ToString());
    }

    private static async Task<bool> IsSent(FollowedAnvil anvil) =>
        await anvil.Chain.GetNonce(Anchor, BlockId.Pending, CancellationToken.None)
        > await anvil.Chain.GetNonce(Anchor, BlockId.Latest, CancellationToken.None);

    private static Task Waits(FollowedAnvil anvil) =>
        Eventually.Holds(() => IsSent(anvil), sent => sent, ReviewedWork.Patience, "the anchor in the node's pool");

    private static async Task<int> Batches(FollowedAnvil anvil) =>
        (int)await Law.LastBatch.Call(anvil.Chain, anvil.Reputation, BlockId.Latest, CancellationToken.None);

    private static async Task<Hash32> Root(FollowedAnvil anvil, int batch = 1) =>
        (await Law.BatchOf.Call(anvil.Chain, anvil.Reputation, batch, BlockId.Latest, CancellationToken.None)).Root;
}
