using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Braintrust.Chain;
using Braintrust.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Braintrust.Benchmarks;

/// <summary>How many logs, and a digest of all of them in order.</summary>
internal sealed record Recount(long Count, string Digest)
{
    public static Recount Of(IEnumerable<string> logs)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var count = 0L;
        foreach (var log in logs)
        {
            digest.AppendData(Encoding.UTF8.GetBytes(log + "\n"));
            count++;
        }

        return new Recount(count, Convert.ToHexString(digest.GetHashAndReset()));
    }
}

/// <summary>The follower as a silo runs it, on an empty database.</summary>
internal sealed class OpenFollower : IAsyncDisposable
{
    private const int EntriesAtOnce = 5_000;

    private readonly ServiceProvider _services;
    private readonly JsonRpcChain _node;
    private readonly IChainLedger _ledger;
    private readonly ChainFollower _follower;

    private OpenFollower(StorageOptions options, Uri node, ChainSettings settings)
    {
        _services = new ServiceCollection().AddLogging().AddBraintrustStorage(options).BuildServiceProvider();
        _node = new JsonRpcChain(new JsonRpcChainOptions { HttpUrl = node, ChainId = settings.ChainId }, TimeProvider.System);
        _ledger = _services.GetRequiredService<IChainLedger>();
        _follower = new ChainFollower(
            new FollowedChain(settings, _node), _ledger, _services.GetRequiredService<IContractRegistry>(),
            TimeProvider.System, NullLogger.Instance);
    }

    public static async Task<OpenFollower> Open(
        StorageOptions options, Uri node, ChainSettings settings, Address contract, ulong fromBlock)
    {
        await StorageMigrations.Apply(options, default);
        var follower = new OpenFollower(options, node, settings);
        var code = Hash32.Keccak((await follower._node.GetCode(contract, BlockId.Latest, default)).Span);
        await follower._services.GetRequiredService<IContractRegistry>()
            .Register(new RegisteredContract(settings.ChainId, contract, "WorkAgreements", fromBlock, code), default);
        return follower;
    }

    /// <summary>Steps until the node's head is reached; answers how long each step took.</summary>
    public async Task<long[]> CatchUp()
    {
        var ticks = new List<long>();
        for (var again = true; again;)
        {
            var begun = Stopwatch.GetTimestamp();
            again = (await _follower.Step(default)).Again;
            ticks.Add(Stopwatch.GetTimestamp() - begun);
        }

        return [.. ticks];
    }

    /// <summary>What stands in the ledger, read back from the database.</summary>
    public async Task<Recount> ReadBack()
    {
        var standing = new List<Fact>();
        for (var (pos, last) = (0L, -1L); pos > last;)
        {
            var page = await _ledger.ReadEntries(_node.ChainId, pos, EntriesAtOnce, default);
            standing.AddRange(page.Facts.Where(entry => entry.OrphanedBy is null).Select(entry => entry.Fact));
            (last, pos) = (pos, page.ReachedPos);
        }

        return Recount.Of(standing.Select(fact =>
            $"{fact.BlockNo} {fact.BlockHash} {fact.TxHash} {Convert.ToHexStringLower(fact.Payload.AsSpan(1))}"));
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        await _services.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
    }
}
