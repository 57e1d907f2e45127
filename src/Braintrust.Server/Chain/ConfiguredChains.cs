namespace Braintrust.Chain;

/// <summary>The nodes of section <c>Chains</c>, over JSON-RPC.</summary>
public sealed class ConfiguredChains(
    ServerOptions options, IContractRegistry registry, TimeProvider clock, ILogger<ConfiguredChains> log) : IChainSource
{
    private readonly List<IEvmChain> _nodes = [];

    public async Task<IReadOnlyList<FollowedChain>> Open(CancellationToken ct)
    {
        var chains = new List<FollowedChain>();
        foreach (var (chain, i) in options.Chains.Select((chain, i) => (chain, i)))
        {
            var node = Node(chain, clock, news => log.LogWarning("{News}", news));
            _nodes.Add(node);
            var deployment = await Deployment(chain, $"Chains:{i}", ct);
            if (deployment is null) await Register(chain, $"Chains:{i}", node, ct);
            else await Register(deployment, ct);
            chains.Add(new FollowedChain(chain.Settings, node, chain.Anchor) { Deployment = deployment, Relayer = chain.Relayer.Open(chain.ChainId) });
        }

        return chains;
    }

    public Task Close(CancellationToken ct)
    {
        foreach (var node in _nodes.OfType<IDisposable>()) node.Dispose();
        return Task.CompletedTask;
    }

    /// <param name="tell">Hears when another of several nodes takes over.</param>
    internal static IEvmChain Node(ChainOptions chain, TimeProvider clock, Action<string> tell)
    {
        var options = new JsonRpcChainOptions
        {
            HttpUrl = new Uri(chain.RpcUrl),
            WebSocketUrl = chain.WebSocketUrl is null ? null : new Uri(chain.WebSocketUrl),
            ChainId = chain.ChainId,
            PollIntervalMs = chain.PollIntervalMs,
        };
        if (chain.FallbackRpcUrls.Count == 0) return Node(options, clock);
        var further = chain.FallbackRpcUrls.Select(url => options with { HttpUrl = new Uri(url), WebSocketUrl = null });
        return new FailoverChain([.. further.Prepend(options).Select(one => (one.HttpUrl.Authority, Node(one, clock)))], clock, tell);
    }

    private static IEvmChain Node(JsonRpcChainOptions options, TimeProvider clock)
    {
#if USE_NETHEREUM
        return new NethereumChain(options, clock);
#else
        return new JsonRpcChain(options, clock);
#endif
    }

    private static async Task<DeploymentFile?> Deployment(ChainOptions chain, string section, CancellationToken ct)
    {
        if (chain.DeploymentFile is not { } path) return null;
        try
        {
            var file = await DeploymentFile.Read(path, ct);
            return file.ChainId == chain.ChainId
                ? file
                : throw new StartException($"{section}:DeploymentFile is of chain {file.ChainId}, not {chain.ChainId}.");
        }
        catch (DeploymentException unusable)
        {
            throw new StartException($"{section}:DeploymentFile: {unusable.Message}");
        }
    }

    /// <summary>Registers what the file names and is new. What was registered otherwise is refused when the code is checked.</summary>
    private async Task Register(DeploymentFile deployment, CancellationToken ct)
    {
        var known = (await registry.Read(deployment.ChainId, ct)).ToDictionary(contract => contract.Address);
        foreach (var contract in deployment.Contracts.Where(contract => !known.ContainsKey(contract.Address)))
            await registry.Register(Registered(deployment, contract), ct);
    }

    internal static RegisteredContract Registered(DeploymentFile deployment, DeployedCode contract) =>
        new(deployment.ChainId, contract.Address, contract.Kind, contract.Block, contract.CodeHash);

    /// <summary>Registers what is new. A node that is away stops nobody whose contracts are known already.</summary>
    private async Task Register(ChainOptions chain, string section, IEvmChain node, CancellationToken ct)
    {
        var known = (await registry.Read(chain.ChainId, ct)).ToDictionary(contract => contract.Address);
        foreach (var (contract, i) in chain.Contracts.Select((contract, i) => (contract, i)))
        {
            var address = Address.Parse(contract.Address);
            if (known.ContainsKey(address)) continue;
            var code = await node.GetCode(address, BlockId.Latest, ct);
            if (code.IsEmpty)
                throw new StartException($"{section}:Contracts:{i}: there is no code at {address} on chain {chain.ChainId}.");
            await registry.Register(
                new RegisteredContract(chain.ChainId, address, contract.Kind, contract.FromBlock, Hash32.Keccak(code.Span)), ct);
        }
    }
}
