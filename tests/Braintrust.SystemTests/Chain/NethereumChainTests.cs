namespace Braintrust.Chain;

/// <summary>The port over Nethereum keeps the same promises. Compiled with -p:UseNethereum=true only.</summary>
public sealed class NethereumChainTests : EvmChainContract, IAsyncLifetime
{
    private AnvilServer? _node;
    private JsonRpcChain? _dev;
    private NethereumChain? _chain;

    protected override IEvmChain Chain => _chain!;

    protected override IDevChain Dev => new AnvilDevChain(_dev!);

    public async Task InitializeAsync()
    {
        _node = await AnvilServer.Start("--no-mining", "--slots-in-an-epoch", "4");
        _dev = _node.Connect();
        var options = new JsonRpcChainOptions { HttpUrl = _node.Url, ChainId = DevelopmentKeys.ChainId, PollIntervalMs = 50 };
        _chain = new NethereumChain(options, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        _dev?.Dispose();
        if (_node is not null) await _node.DisposeAsync();
    }

    [Fact]
    public async Task Its_signatures_are_ours_bit_for_bit()
    {
        for (var i = 1; i <= 50; i++)
        {
            var (key, digest) = (Hash32.Keccak([(byte)i]).ToBytes(), Hash32.Keccak(BitConverter.GetBytes(i)));
            var (theirs, ours) = (new NethereumSigner(key, 1), new LocalSigner(key, 1));
            Assert.Equal(ours.Address, theirs.Address);
            Assert.Equal(await ours.Sign(digest, CancellationToken.None), await theirs.Sign(digest, CancellationToken.None));
        }
    }

    [Fact]
    public async Task A_node_of_another_chain_is_refused_before_the_first_answer()
    {
        var other = new NethereumChain(new JsonRpcChainOptions { HttpUrl = _node!.Url, ChainId = 1 }, TimeProvider.System);
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await other.GetHeader(BlockId.Latest, CancellationToken.None));
    }
}
