using System.Globalization;
using Braintrust.Chain;

namespace Braintrust.Testing;

/// <summary>A node with the contracts on it, for servers to follow as any other chain.</summary>
public sealed class FollowedAnvil : IAsyncDisposable
{
    private readonly AnvilServer _anvil;
    private readonly DeploymentFile _deployment;
    private readonly string _file;

    private FollowedAnvil(AnvilServer anvil, JsonRpcChain chain, DeploymentFile deployment, string file) =>
        (_anvil, Chain, _deployment, _file) = (anvil, chain, deployment, file);

    public JsonRpcChain Chain { get; }

    public AnvilDevChain Dev => new(Chain);

    public Address Escrow => Contract(DeploymentKinds.Escrow);

    public Address Reputation => Contract(DeploymentKinds.Reputation);

    public Uri Url => _anvil.Url;

    public ulong FromBlock => _deployment.FirstBlock;

    public static async Task<FollowedAnvil> Start(params string[] options)
    {
        var anvil = await AnvilServer.Start(options);
        var chain = anvil.Connect();
        var deployment = await DevelopmentContracts.Deploy(chain, 1_500, CancellationToken.None);
        var file = Path.GetTempFileName();
        await deployment.Write(file, CancellationToken.None);
        return new FollowedAnvil(anvil, chain, deployment, file);
    }

    /// <summary>The settings of a server that follows this chain.</summary>
    public IEnumerable<(string, string)> Settings(int confirmations) =>
    [
        ("Chains:0:ChainId", DevelopmentKeys.ChainId.ToString(CultureInfo.InvariantCulture)),
        ("Chains:0:RpcUrl", _anvil.Url.ToString()), ("Chains:0:PublicRpcUrl", _anvil.Url.ToString()),
        ("Chains:0:ConfirmationsMin", confirmations.ToString(CultureInfo.InvariantCulture)), ("Chains:0:PollIntervalMs", "50"),
        ("Chains:0:AnchorPrivateKey", DevelopmentKeys.PrivateKeys[DevelopmentContracts.Anchor]), ("Chains:0:AnchorIntervalMs", "0"),
        ("Jobs:Reviewers:0", DevelopmentKeys.Address(0).ToString()),
        ("Chains:0:DeploymentFile", _file),
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

    /// <summary>From now on blocks come when they are asked for, and take what waits.</summary>
    public async Task MineWhenAsked()
    {
        await _anvil.Ask("evm_setIntervalMining", 0);
        await MineByItself(false);
    }

    /// <summary>Loses every transaction that waits for a block.</summary>
    public Task LosePool() => _anvil.Ask("anvil_dropAllTransactions");

    /// <summary>Logs of the followed contracts that stand on the chain now.</summary>
    public async Task<long> Logs()
    {
        var head = await Chain.GetHeader(BlockId.Latest, CancellationToken.None);
        var followed = LogFilter.Range(
            [Escrow, Contract(DeploymentKinds.Policy), Contract(DeploymentKinds.Court)], FromBlock, head!.Number);
        return await Chain.ReadLogs(followed, new Ignored(), CancellationToken.None);
    }

    public Address Court => Contract(DeploymentKinds.Court);

    public Address Token => Contract(DeploymentKinds.Token);

    private Address Contract(string kind) => _deployment.Contracts.Single(contract => contract.Kind == kind).Address;

    public async ValueTask DisposeAsync()
    {
        Chain.Dispose();
        await _anvil.DisposeAsync();
        File.Delete(_file);
    }

    private sealed class Ignored : ILogSink
    {
        public void OnLog(in LogEntry log)
        {
        }
    }
}
