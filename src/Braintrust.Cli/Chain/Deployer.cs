using System.Text.Json;
using System.Text.Json.Nodes;

namespace Braintrust.Chain;

/// <param name="PublicRpc">The node as clients reach it; null when that is <paramref name="Rpc"/>.</param>
/// <param name="FeeBps">The employer's fee on top, basis points.</param>
/// <param name="SettingsPath">JSON file for servers to read; null writes none.</param>
/// <param name="Patience">How long to wait for the node.</param>
internal sealed record DeployOrder(Uri Rpc, Uri? PublicRpc, ushort FeeBps, string? SettingsPath, TimeSpan Patience);

/// <summary>
/// Puts the contracts on a development chain once, and tells servers where they are: as variables on the screen, and in a
/// file that they read at start. Run again, it leaves what stands alone.
/// </summary>
internal sealed class Deployer(Timeline timeline, DeployOrder order)
{
    private const string Section = "Chains";

    /// <summary>Nobody pays for gas here, and somebody is looking.</summary>
    private const int AnchorIntervalMs = 1_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <exception cref="ChainUnavailableException">The node stayed away longer than the patience.</exception>
    public async Task<int> Deploy(CancellationToken ct)
    {
        using var chain = new JsonRpcChain(
            new JsonRpcChainOptions { HttpUrl = order.Rpc, ChainId = DevelopmentKeys.ChainId }, TimeProvider.System);
        await UntilTheNodeAnswers(chain, ct);
        if (await Stands(chain, ct)) return 0;
        var contracts = await DevelopmentContracts.Deploy(chain, order.FeeBps, ct);
        foreach (var contract in contracts)
            timeline.Tell(Tale.Chain, "", $"deployed {contract.Kind} at {contract.Address} in block {contract.FromBlock}",
                ("contract", contract.Kind), ("address", contract.Address.ToString()), ("from_block", contract.FromBlock));
        var settings = Settings(contracts);
        foreach (var variable in Variables(settings, "BRAINTRUST"))
            timeline.Tell(Tale.Result, "", variable, ("setting", variable));
        if (order.SettingsPath is { } path) await Write(path, settings, ct);
        return 0;
    }

    private async Task UntilTheNodeAnswers(JsonRpcChain chain, CancellationToken ct)
    {
        var giveUp = DateTimeOffset.UtcNow + order.Patience;
        while (true)
        {
            try
            {
                await chain.GetHeader(BlockId.Latest, ct);
                return;
            }
            catch (ChainUnavailableException) when (DateTimeOffset.UtcNow < giveUp)
            {
                await Task.Delay(Pause, ct);
            }
        }
    }

    /// <summary>True when the file is there and every contract it names has code.</summary>
    private async Task<bool> Stands(JsonRpcChain chain, CancellationToken ct)
    {
        if (order.SettingsPath is not { } path || !File.Exists(path)) return false;
        var written = JsonNode.Parse(await File.ReadAllTextAsync(path, ct))?[Section]?[0]?["Contracts"]?.AsArray() ?? [];
        foreach (var contract in written)
        {
            var address = Address.Parse(contract!["Address"]!.GetValue<string>());
            if ((await chain.GetCode(address, BlockId.Latest, ct)).IsEmpty) return false;
            timeline.Tell(Tale.Chain, "", $"{contract["Kind"]} stands at {address}", ("address", address.ToString()));
        }

        return written.Count > 0;
    }

    private JsonObject Settings(IReadOnlyList<DeployedContract> contracts) => new()
    {
        [Section] = new JsonArray(new JsonObject
        {
            ["ChainId"] = DevelopmentKeys.ChainId,
            ["RpcUrl"] = order.Rpc.ToString(),
            ["PublicRpcUrl"] = (order.PublicRpc ?? order.Rpc).ToString(),
            ["AnchorPrivateKey"] = DevelopmentKeys.PrivateKeys[DevelopmentContracts.Anchor],
            ["AnchorIntervalMs"] = AnchorIntervalMs,
            ["Contracts"] = new JsonArray([.. contracts.Select(contract => new JsonObject
            {
                ["Kind"] = contract.Kind, ["Address"] = contract.Address.ToString(), ["FromBlock"] = contract.FromBlock,
            })]),
        }),
    };

    /// <summary>The same settings as environment variables.</summary>
    private static IEnumerable<string> Variables(JsonNode node, string path) => node switch
    {
        JsonObject members => members.SelectMany(member => Variables(member.Value!, $"{path}__{member.Key}")),
        JsonArray items => items.SelectMany((item, i) => Variables(item!, $"{path}__{i}")),
        _ => [$"{path}={node}"],
    };

    /// <summary>Whole or not at all: a server may be reading.</summary>
    private static async Task Write(string path, JsonObject settings, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        await File.WriteAllTextAsync(path + ".new", settings.ToJsonString(Indented), ct);
        File.Move(path + ".new", path, overwrite: true);
    }
}
