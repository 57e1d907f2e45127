using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Braintrust.Chain;
using Braintrust.Storage;
using Braintrust.Testing;

namespace Braintrust.Benchmarks;

/// <summary>
/// Following a chain into an empty ledger, durably and ready for reorganisations, beside the ceiling: reading the bodies
/// of the same eth_getLogs questions and throwing them away. The node is filled before and runs all the time; its own
/// processor time is a column for both sides, for they share the computer with it.
/// </summary>
internal sealed class IngestBench(AgreementChain chain, PostgresServer postgres, DirectoryInfo folder) : IDisposable
{
    private const int RangeBlocks = 100;
    private const int ReorganisedBlocks = 5;

    private static readonly ChainSettings Settings =
        new() { ChainId = DevelopmentKeys.ChainId, ConfirmationsMin = 12, RangeBlocksMax = RangeBlocks };

    private readonly HttpClient _http = new();
    private readonly byte[] _buffer = new byte[256 * 1024];
    private long _rawBytes;
    private int _databases;

    private Worker[] Workers =>
        [Cpu.Self("reader"), Cpu.Of("node", chain.Node.ProcessId), Cpu.Tree("PostgreSQL", postgres.ProcessId)];

    public static async Task Run(Report report, BenchOptions options)
    {
        var filling = Stopwatch.StartNew();
        await using var chain = await AgreementChain.Start(options.Logs, options.Seed);
        await using var postgres = await PostgresServer.Create(syncs: true);
        var folder = Directory.CreateTempSubdirectory("braintrust-bench-");
        using var bench = new IngestBench(chain, postgres, folder);
        report.Settings(
            ("logs", chain.Logs), ("blocks", await chain.Head()), ("blocks in a range", RangeBlocks),
            ("confirmations", Settings.ConfirmationsMin), ("chain filled in, s", filling.Elapsed.TotalSeconds));
        await bench.Compare(report, options);
        await bench.Reorganise(report);
        folder.Delete(recursive: true);
        await BlockToSubscriber.Run(report, options);
    }

    public void Dispose() => _http.Dispose();

    private async Task Compare(Report report, BenchOptions options)
    {
        var expected = await AskAll();
        var wrong = 0;
        var results = await Rounds.Interleave(options.Rounds,
        [
            new("raw eth_getLogs bodies", () => Load.Measure(Workers, Raw)),
            new("ours, PostgreSQL", () => Ingest(Postgres(), found => wrong += found == expected ? 0 : 1)),
            new("ours, SQLite", () => Ingest(Sqlite(), found => wrong += found == expected ? 0 : 1)),
        ]);
        report.Results("Chain ingestion; latencies are of one question or one step", results, "log");
        report.Ratio("raw_fraction", results[1].Over(results[0], s => s.PerSecond), "ours on PostgreSQL over raw reading");
        report.Ratio("raw_fraction_sqlite", results[2].Over(results[0], s => s.PerSecond), "ours on SQLite over raw reading");
        report.Ratio("ponder_ratio", null, "Ponder is not part of this run");
        report.Check(
            "the ledger equals a recount of the logs, every round", wrong == 0,
            $"{expected.Count:N0} logs, {_rawBytes / expected.Count:N0} bytes each; {wrong} ledgers differ");
    }

    private async Task<(long[] Ticks, long Operations)> Raw()
    {
        var ticks = new List<long>();
        _rawBytes = 0;
        var head = await chain.Head();
        for (var from = chain.FirstBlock; from <= head; from += RangeBlocks)
        {
            var sent = Stopwatch.GetTimestamp();
            await using var body = await Ask(from, Math.Min(from + RangeBlocks - 1, head));
            for (int read; (read = await body.ReadAsync(_buffer)) > 0;) _rawBytes += read;
            ticks.Add(Stopwatch.GetTimestamp() - sent);
        }

        return ([.. ticks], chain.Logs);
    }

    private async Task<Stretch> Ingest(StorageOptions options, Action<Recount> check)
    {
        await using var follower = await Follow(options);
        var stretch = await Load.Measure(Workers, async () => (await follower.CatchUp(), chain.Logs));
        check(await follower.ReadBack());
        return stretch;
    }

    /// <summary>A real reorganisation at the end: what stands is again what the node says.</summary>
    private async Task Reorganise(Report report)
    {
        await using var follower = await Follow(Sqlite());
        await follower.CatchUp();
        var before = await follower.ReadBack();
        var levers = new AnvilDevChain(chain.Rpc);
        await levers.Reorg(ReorganisedBlocks, default);
        await levers.Mine(1, default);
        await follower.CatchUp();
        var (after, node) = (await follower.ReadBack(), await AskAll());
        report.Check(
            $"after a reorganisation of {ReorganisedBlocks} blocks the ledger equals a recount",
            after == node && after != before, $"{before.Count:N0} logs before, {after.Count:N0} after");
    }

    private Task<OpenFollower> Follow(StorageOptions options) =>
        OpenFollower.Open(options, chain.Node.Url, Settings, chain.Escrow, chain.FirstBlock);

    private StorageOptions Postgres() =>
        new() { Engine = StorageEngine.PostgreSql, ConnectionString = postgres.CreateDatabase() };

    private StorageOptions Sqlite() => new() { SqlitePath = Path.Combine(folder.FullName, $"{_databases++}.db") };

    /// <summary>The oracle: the whole chain asked at once and read with another parser.</summary>
    private async Task<Recount> AskAll()
    {
        await using var body = await Ask(chain.FirstBlock, await chain.Head());
        using var json = await JsonDocument.ParseAsync(body);
        return Recount.Of(json.RootElement.GetProperty("result").EnumerateArray().Select(Line));
    }

    private static string Line(JsonElement log)
    {
        var number = Convert.ToUInt64(log.GetProperty("blockNumber").GetString(), 16);
        var topics = string.Concat(log.GetProperty("topics").EnumerateArray().Select(topic => topic.GetString()![2..]));
        var data = log.GetProperty("data").GetString()![2..];
        return $"{number} {log.GetProperty("blockHash")} {log.GetProperty("transactionHash")} {topics}{data}";
    }

    private async Task<Stream> Ask(ulong from, ulong to)
    {
        var question = new StringContent(chain.Question(from, to), Encoding.UTF8, "application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, chain.Node.Url) { Content = question };
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync();
    }
}
