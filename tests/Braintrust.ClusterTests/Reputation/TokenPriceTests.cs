using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Governance;

namespace Braintrust.Reputation;

public sealed class TokenPriceTests
{
    /// <summary>Believed and kept, "no such version" would leave final payments uncounted for ever.</summary>
    [Fact]
    public async Task A_node_that_lags_behind_the_policy_is_asked_again_until_it_knows_the_version()
    {
        var (node, lags) = (new ScriptedChain(), true);
        node.OnCall(TestChain.Escrow, (_, _) => WorkAgreementsContract.Policy.EncodeResult(ScriptedPolicy.Contract));
        node.OnCall(ScriptedPolicy.Contract, (_, _) => lags
            ? throw new EvmRevertException("execution reverted", new PolicyContract.VersionUnknownError(2).Encode())
            : PolicyContract.PaymentTokenOf.EncodeResult(new(TestChain.Token, 1, 1_000)));
        var prices = new PolicyTokenPrices(
            new FollowedChains([new FollowedChain(new ChainSettings { ChainId = node.ChainId }, node)]));

        await Assert.ThrowsAsync<ChainProtocolException>(async () => await Find());
        lags = false;
        Assert.Equal(new TokenPrice(TestChain.Token, 1_000), await Find());

        ValueTask<TokenPrice?> Find() => prices.Find(node.ChainId, TestChain.Escrow, 2, TestChain.Token, CancellationToken.None);
    }
}
