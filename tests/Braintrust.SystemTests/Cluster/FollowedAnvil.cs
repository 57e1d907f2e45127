using System.Globalization;
using Braintrust.Chain;

namespace Braintrust.Testing;

/// <summary>A node with the contracts on it, for servers to follow as any other chain.</summary>
public sealed class FollowedAnvil : IAsyncDisposable
{
    private readonly AnvilServer _anvil;
    private readonly IReadOnlyList<DeployedContract> _contracts;

    private FollowedAnvil(AnvilServer anvil, JsonRpcChain chain, IReadOnlyList<DeployedContract> contracts) =>
        (_anvil, Chain, _contracts) = (anvil, chain, contracts);

    public JsonRpcChain Chain { get; }

    public AnvilDevChain Dev => new(Chain);

    public Address Escrow => Contract(DevelopmentContracts.Escrow);

    public ulong FromBlock => _contracts.Min(contract => contract.FromBlock);

    public static async Task<FollowedAnvil> Start(params string[] options)
    {
        var anvil = await AnvilServer.Start(options);
        var chain = anvil.Connect();
        return new FollowedAnvil(anvil, chain, await DevelopmentContracts.Deploy(chain, 1_500, CancellationToken.None));
    }

    /// <summary>The settings of a server that follows this chain.</summary>
    public IEnumerable<(string, string)> Settings(int confirmations) =>
    [
        ("Chains:0:ChainId", DevelopmentKeys.ChainId.ToString(CultureInfo.InvariantCulture)),
        ("Chains:0:RpcUrl", _anvil.Url.ToString()), ("Chains:0:PublicRpcUrl", _anvil.Url.ToString()),
        ("Chains:0:ConfirmationsMin", confirmations.ToString(CultureInfo.InvariantCulture)), ("Chains:0:PollIntervalMs", "50"),
        ("Jobs:Reviewers:0", DevelopmentKeys.Address(0).ToString()),
        .. _contracts.SelectMany((contract, i) => new[]
        {
            ($"Chains:0:Contracts:{i}:Kind", contract.Kind), ($"Chains:0:Contracts:{i}:Address", contract.Address.ToString()),
            ($"Chains:0:Contracts:{i}:FromBlock", contract.FromBlock.ToString(CultureInfo.InvariantCulture)),
        }),
    ];

    /// <summary>Fixes what else would differ between two blocks with one parent and the same transactions.</summary>
    public async Task FixNextBlock(ulong time, ulong baseFee)
    {
        await _anvil.Ask("evm_setNextBlockTimestamp", time);
        await _anvil.Ask("anvil_setNextBlockBaseFeePerGas", $"0x{baseFee:x}");
    }

    /// <summary>Whether a transaction is mined as it comes, or waits for a block.</summary>
    public Task MineByItself(bool mine) => _anvil.Ask("evm_setAutomine", mine);

    /// <summary>The node forgets a transaction that waits.</summary>
    public Task Drop(Hash32 transaction) => _anvil.Ask("anvil_dropTransaction", transaction.ToString());

    /// <summary>Logs of the followed contracts that stand on the chain now.</summary>
    public async Task<long> Logs()
    {
        var head = await Chain.GetHeader(BlockId.Latest, CancellationToken.None);
        var followed = LogFilter.Range([Escrow, Contract(DevelopmentContracts.Policy)], FromBlock, head!.Number);
        return await Chain.ReadLogs(followed, new Ignored(), CancellationToken.None);
    }

    public Address Court => Contract(DevelopmentContracts.Court);

    public Address Token => Contract(DevelopmentContracts.Token);

    private Address Contract(string kind) => _contracts.Single(contract => contract.Kind == kind).Address;

    public async ValueTask DisposeAsync()
    {
        Chain.Dispose();
        await _anvil.DisposeAsync();
    }

    private sealed class Ignored : ILogSink
    {
        public void OnLog(in LogEntry log)
        {
        }
    }
}
