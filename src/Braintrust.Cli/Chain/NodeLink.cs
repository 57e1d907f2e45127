using Braintrust.Api.Chain.V1;

namespace Braintrust.Chain;

/// <summary>
/// The way to the node itself, past the server: what reconciliation compares with, and the levers of a development
/// chain. The address is the one the server offers, asked for again when the node is away.
/// </summary>
public sealed class NodeLink : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly ServerLink _server;
    private JsonRpcChain _chain;

    private NodeLink(ServerLink server, Api.Chain.V1.Chain told)
    {
        (_server, Told, _chain) = (server, told, Open(told));
        Token = Contract("BraintrustToken");
        Escrow = Contract("WorkAgreements");
        FromBlock = told.Contracts.Min(contract => contract.FromBlock);
    }

    /// <summary>The chain as the server described it when this link was made.</summary>
    public Api.Chain.V1.Chain Told { get; }

    public ulong ChainId => Told.ChainId;
    public Address Token { get; }
    public Address Escrow { get; }
    public ulong FromBlock { get; }

    /// <exception cref="VerbFailedException">The server follows no chain, or offers no node.</exception>
    public static async Task<NodeLink> Open(ServerLink server, CancellationToken ct)
    {
        var chains = await server.Call(options => server.Chains.ListChainsAsync(new ListChainsRequest(), options), null, ct);
        return chains.Chains.FirstOrDefault() is { } told
            ? new NodeLink(server, told)
            : throw new VerbFailedException("The server follows no chain.");
    }

    /// <summary>The chain as the server sees it now.</summary>
    public async Task<Api.Chain.V1.Chain> Seen(CancellationToken ct)
    {
        var request = new GetChainRequest { Name = Told.Name };
        return (await _server.Call(options => _server.Chains.GetChainAsync(request, options), null, ct)).Chain;
    }

    /// <summary>Asks the node; repeats while it is away, as long as the server link's patience.</summary>
    public async Task<T> Ask<T>(Func<JsonRpcChain, ValueTask<T>> question, CancellationToken ct)
    {
        var giveUp = DateTimeOffset.UtcNow + _server.Patience;
        while (true)
        {
            try
            {
                return await question(_chain);
            }
            catch (ChainUnavailableException) when (DateTimeOffset.UtcNow < giveUp)
            {
                await Task.Delay(Pause, ct);
                await Reopen(ct);
            }
        }
    }

    /// <summary>Pulls a lever that only a development chain has.</summary>
    /// <exception cref="VerbFailedException">This is no development chain.</exception>
    public Task Pull(Func<AnvilDevChain, ValueTask> lever, CancellationToken ct)
    {
        if (ChainId != DevelopmentKeys.ChainId)
            throw new VerbFailedException($"Chain {ChainId} is no development chain; its blocks and clock are not ours.");
        return Ask(async chain =>
        {
            await lever(new AnvilDevChain(chain));
            return true;
        }, ct);
    }

    public Task<BlockHeader> Head(CancellationToken ct) =>
        Ask(async chain => await chain.GetHeader(BlockId.Latest, ct)
                           ?? throw new ChainUnavailableException("The node has no newest block."), ct);

    public void Dispose() => _chain.Dispose();

    /// <summary>A node on a free port may come back on another.</summary>
    private async Task Reopen(CancellationToken ct)
    {
        var old = _chain;
        _chain = Open(await Seen(ct));
        old.Dispose();
    }

    /// <summary>Where the official contract of that kind is.</summary>
    /// <exception cref="VerbFailedException">The server registered none.</exception>
    public Address Contract(string kind) =>
        Told.Contracts.FirstOrDefault(contract => contract.Kind == kind) is { } found
            ? Address.Parse(found.Address)
            : throw new VerbFailedException($"The server registered no {kind} on chain {Told.ChainId}.");

    private static JsonRpcChain Open(Api.Chain.V1.Chain told) =>
        told.PublicRpcUrl.Length > 0
            ? new JsonRpcChain(
                new JsonRpcChainOptions { HttpUrl = new Uri(told.PublicRpcUrl), ChainId = told.ChainId }, TimeProvider.System)
            : throw new VerbFailedException($"The server offers no node of chain {told.ChainId} (public_rpc_url).");
}
