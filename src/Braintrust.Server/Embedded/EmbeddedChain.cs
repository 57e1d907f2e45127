using Braintrust.Chain;

namespace Braintrust.Embedded;

/// <summary>anvil, the contracts on it, and its keeper.</summary>
internal sealed class EmbeddedChain(
    EmbeddedChainSettings settings, IContractRegistry registry, IHostEnvironment host, TimeProvider clock,
    ILogger<EmbeddedChain> log) : IEmbeddedChain, IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private AnvilNode? _node;
    private Task _keeping = Task.CompletedTask;

    public async Task<EmbeddedChainEndpoint> Start(CancellationToken ct)
    {
        if (settings.Problems() is { Count: > 0 } problems)
            throw new EmbeddedChainException(string.Join(Environment.NewLine, problems));
        if (OperatingSystem.IsWindows())
            throw new EmbeddedChainException(
                "The embedded chain runs on Linux and macOS: start anvil yourself and name it in Chains:0:RpcUrl.");

        var program = await AnvilTool.Find(settings, host.ContentRootPath, log, ct);
        _node = await AnvilNode.Start(settings, program, log, ct);
        DeploymentFile deployment;
        try
        {
            deployment = await Deploy(_node, ct);
        }
        catch
        {
            await Stop(CancellationToken.None);
            throw;
        }

        _keeping = new DevChainKeeper(_node, settings, clock, log).Run(_stopping.Token);
        var url = _node.Rpc.Url;
        return new EmbeddedChainEndpoint(settings.Follow(url), url.ToString(), $"ws://{url.Authority}", deployment);
    }

    public async Task Stop(CancellationToken ct)
    {
        await _stopping.CancelAsync();
        await _keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Interlocked.Exchange(ref _node, null) is { } node) await node.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Stop(CancellationToken.None);
        _stopping.Dispose();
    }

    private async Task<DeploymentFile> Deploy(AnvilNode node, CancellationToken ct)
    {
        using var chain = new JsonRpcChain(
            new JsonRpcChainOptions { HttpUrl = node.Rpc.Url, ChainId = EmbeddedChainSettings.ChainId }, clock);
        var (file, isNew) = await new DevelopmentDeployment(chain, registry, settings, log).Ensure(ct);
        if (isNew) await Kept(node.State, file.LastBlock, ct);
        return file;
    }

    /// <summary>The node writes its state each second: without this one that dies before would forget the contracts.</summary>
    private async Task Kept(AnvilState state, ulong block, CancellationToken ct)
    {
        var within = TimeSpan.FromMilliseconds(settings.StopTimeoutMs);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(settings.KeeperIntervalMs), clock);
        for (var since = clock.GetTimestamp(); !(state.Keep() >= block); await timer.WaitForNextTickAsync(ct))
            if (clock.GetElapsedTime(since) > within)
                throw new EmbeddedChainException($"anvil did not write its state to {state.FilePath} within {within}.");
    }
}

public static class EmbeddedChainServices
{
    /// <summary>Registers <see cref="IEmbeddedChain"/>. The host starts it before the silo and stops it after.</summary>
    public static IServiceCollection AddEmbeddedChain(this IServiceCollection services, EmbeddedChainSettings settings) =>
        services.AddSingleton(settings).AddSingleton<IEmbeddedChain, EmbeddedChain>();
}
