using System.Collections.Concurrent;
using V1 = Braintrust.Api.Chain.V1;

namespace Braintrust.Chain;

/// <summary>
/// A chain as clients see it. What changes slowly (contracts, the watcher's word on its node) is read once a second at
/// most, whoever asks.
/// </summary>
public sealed class ChainViews(
    IChainProgress progress, IContractRegistry registry, ContractBook book, IGrainFactory grains, TimeProvider clock)
{
    public static readonly TimeSpan AsideMaxAge = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<ulong, Aside> _asides = new();

    private sealed record Aside(
        IReadOnlyList<RegisteredContract> Contracts, WatcherStatus Watcher, PolicyInForce? Policy, long ReadAt);

    public async ValueTask<V1.Chain> Read(FollowedChain chain, CancellationToken ct) =>
        progress.Latest(chain.Settings.ChainId) is { } cursor
            ? await Read(chain, cursor, ct)
            : throw Refusals.Unavailable("The chain's progress has not been read yet. Try again.");

    public async ValueTask<V1.Chain> Read(FollowedChain chain, ChainCursor cursor, CancellationToken ct)
    {
        var settings = chain.Settings;
        var aside = await ReadAside(settings.ChainId, ct);
        return new V1.Chain
        {
            Name = $"chains/{settings.ChainId}",
            ChainId = settings.ChainId,
            HeadNumber = cursor.HeadNo,
            HeadHash = cursor.HeadHash.ToString(),
            HeadTimeSeconds = cursor.HeadTime.Seconds,
            FinalNumber = cursor.FinalNo,
            LedgerPosition = (ulong)cursor.Pos,
            NodeHeadNumber = Math.Max(aside.Watcher.NodeHeadNo, cursor.HeadNo),
            ConfirmationsNeeded = settings.ConfirmationsNeeded,
            Halted = cursor.Halted ?? "",
            Trouble = aside.Watcher.Trouble ?? "",
            Contracts = { aside.Contracts.Select(ChainWire.Contract) },
            PublicRpcUrl = settings.PublicRpcUrl ?? "",
            ReadTime = Wire.Time(progress.ReadAt(settings.ChainId)),
            FeeBps = aside.Policy?.FeeBps ?? 0u,
            PolicyVersion = aside.Policy?.Version ?? 0u,
        };
    }

    private async ValueTask<Aside> ReadAside(ulong chainId, CancellationToken ct)
    {
        if (_asides.TryGetValue(chainId, out var known) && clock.GetElapsedTime(known.ReadAt) < AsideMaxAge) return known;
        var readAt = clock.GetTimestamp();
        var contracts = await registry.Read(chainId, ct);
        var watcher = await grains.GetGrain<IChainWatcherGrain>(unchecked((long)chainId)).Status();
        var policy = await book.Policy(chainId, ct);
        return _asides[chainId] = new Aside(contracts, watcher, policy, readAt);
    }
}
