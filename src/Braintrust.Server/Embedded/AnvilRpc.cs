using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Chain;

namespace Braintrust.Embedded;

/// <summary>The few calls by which a node is recognised and kept that are not part of <see cref="IEvmChain"/>.</summary>
internal sealed class AnvilRpc(Uri url) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };

    public Uri Url => url;

    /// <summary>What tells this run of the node from every other.</summary>
    public async Task<(string InstanceId, ulong ChainId)> Identify(CancellationToken ct)
    {
        var metadata = await Ask("anvil_metadata", [], ct);
        return ((string)metadata!["instanceId"]!, (ulong)metadata["chainId"]!);
    }

    /// <summary>Without this the node's log grows by a line a call.</summary>
    public Task StopLogging(CancellationToken ct) => Ask("anvil_setLoggingEnabled", [false], ct);

    public Task IncreaseTime(ulong seconds, CancellationToken ct) => Ask("evm_increaseTime", [seconds], ct);

    public Task Mine(ulong blocks, CancellationToken ct) => Ask("anvil_mine", [Hexadecimal(blocks)], ct);

    /// <summary>Number, hash and time of the newest block.</summary>
    public async Task<(ulong Number, string Hash, ulong Time)> Head(CancellationToken ct)
    {
        var block = await Ask("eth_getBlockByNumber", ["latest", false], ct);
        return (Number(block!["number"]), (string)block["hash"]!, Number(block["timestamp"]));
    }

    public async Task<ulong> TransactionsIn(ulong block, CancellationToken ct) =>
        await Ask("eth_getBlockTransactionCountByNumber", [Hexadecimal(block)], ct) is { } count ? Number(count) : 0;

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode?> Ask(string method, JsonArray parameters, CancellationToken ct)
    {
        var question = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = method, ["params"] = parameters };
        try
        {
            using var response = await _http.PostAsJsonAsync("", question, ct);
            var answer = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>(ct);
            return answer!["error"] is { } error
                ? throw new ChainProtocolException($"The node refused {method}: {error["message"]}")
                : answer["result"];
        }
        catch (Exception away) when (away is HttpRequestException or JsonException
                                     || (away is TaskCanceledException && !ct.IsCancellationRequested))
        {
            throw new ChainUnavailableException($"No answer to {method} from {url}.", away);
        }
    }

    private static string Hexadecimal(ulong number) => $"0x{number:x}";

    private static ulong Number(JsonNode? text) => Convert.ToUInt64((string)text!, 16);
}
