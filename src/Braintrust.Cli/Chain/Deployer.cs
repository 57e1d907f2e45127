using System.Text.Json;
using System.Text.Json.Nodes;

namespace Braintrust.Chain;

/// <param name="PublicRpc">The node as clients reach it; null when that is <paramref name="Rpc"/>.</param>
/// <param name="PlanPath">The plan; null for the development plan, by the key that everybody knows.</param>
/// <param name="FeeBps">The employer's fee on top in the development plan, basis points.</param>
/// <param name="OutPath">The deployment file; the journal stands beside it.</param>
/// <param name="SettingsPath">JSON file for servers to read; null writes none.</param>
/// <param name="Patience">How long to wait for the node to answer.</param>
internal sealed record DeployOrder(
    Uri Rpc, Uri? PublicRpc, string? PlanPath, ushort FeeBps, string OutPath, string? SettingsPath, TimeSpan Patience)
{
    public string JournalPath => OutPath + ".journal";
}

/// <summary>
/// Deploys what a plan says, or goes on where an earlier run died; a finished deployment is verified and left alone. Tells
/// servers where it stands: as variables on the screen, and in a file that they read at start.
/// </summary>
internal sealed class Deployer(Timeline timeline, DeployOrder order)
{
    /// <summary>Holds the deployer's private key, 0x and 64 hexadecimal digits. An argument would show in process lists.</summary>
    public const string KeyVariable = "BRAINTRUST_DEPLOYER_KEY";

    private const string Section = "Chains";

    /// <summary>Nobody pays for gas here, and somebody is looking.</summary>
    private const int AnchorIntervalMs = 1_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private bool ForDevelopment => order.PlanPath is null;

    /// <exception cref="ChainUnavailableException">The node stayed away longer than the patience.</exception>
    /// <exception cref="DeploymentException">Refused, or not as planned.</exception>
    public async Task<int> Deploy(CancellationToken ct)
    {
        var plan = order.PlanPath is { } path ? await Plan(path, ct) : DevelopmentContracts.Plan(order.FeeBps);
        using var chain = Connect(order.Rpc, plan.ChainId);
        await UntilTheNodeAnswers(chain, ct);
        var file = await Standing(chain, plan, ct);
        if (file is null)
        {
            file = await Run(chain, plan, ct);
            await file.Write(order.OutPath, ct);
        }

        Tell(file);
        var settings = Settings(plan.ChainId);
        foreach (var variable in Variables(settings, "BRAINTRUST"))
            timeline.Tell(Tale.Result, "", variable, ("setting", variable));
        if (order.SettingsPath is { } settingsPath) await Write(settingsPath, settings, ct);
        return 0;
    }

    /// <summary>Compares a deployment file with a chain; 0 when all of it holds.</summary>
    /// <exception cref="DeploymentException">It is no deployment file.</exception>
    public static async Task<int> Verify(Timeline timeline, string path, Uri rpc, CancellationToken ct)
    {
        var file = await DeploymentFile.Read(path, ct);
        using var chain = Connect(rpc, file.ChainId);
        var differences = await new DeploymentCheck(chain, file).Run(history: true, ct);
        foreach (var differs in differences)
            timeline.Tell(Tale.Trouble, "", differs.ToString(), ("contract", differs.Contract), ("address", differs.Address.ToString()),
                ("what", differs.What), ("expected", differs.Expected), ("found", differs.Found));
        foreach (var contract in file.Contracts.Where(contract => IsOfAnotherBuild(contract)))
            timeline.Tell(Tale.Result, contract.Kind, "was made by creation code that this program does not know: only its hashes were compared");
        timeline.Close($"verification: {differences.Length} differences", new { verification = $"{differences.Length} differences" });
        return differences.IsEmpty ? 0 : 1;
    }

    private static bool IsOfAnotherBuild(DeployedCode contract) =>
        contract.CreationCodeHash is { } told && (!DeploymentKinds.Knows(contract.Kind) || Hash32.Keccak(DeploymentKinds.CreationCode(contract.Kind)) != told);

    private static JsonRpcChain Connect(Uri rpc, ulong chainId) =>
        new(new JsonRpcChainOptions { HttpUrl = rpc, ChainId = chainId }, TimeProvider.System);

    private static async Task<DeploymentPlan> Plan(string path, CancellationToken ct) => File.Exists(path)
        ? DeploymentPlan.Parse(await File.ReadAllTextAsync(path, ct))
        : throw new DeploymentException($"There is no plan at {path}.");

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

    /// <summary>The finished deployment, verified; null when there is none. A development chain that was lost is begun anew.</summary>
    private async Task<DeploymentFile?> Standing(JsonRpcChain chain, DeploymentPlan plan, CancellationToken ct)
    {
        if (!File.Exists(order.OutPath)) return null;
        var file = await DeploymentFile.Read(order.OutPath, ct);
        if (file.Plan.Hash != plan.Hash)
            throw new DeploymentException($"{order.OutPath} is the deployment of another plan ({file.Plan.Hash}, not {plan.Hash}). Name another --out.");
        var differences = await new DeploymentCheck(chain, file).Run(history: true, ct);
        if (differences.IsEmpty) return file;
        var told = string.Join('\n', differences);
        if (!ForDevelopment) throw new DeploymentException($"{order.OutPath} is not what stands on the chain:\n{told}");
        timeline.Tell(Tale.Trouble, "", $"The development chain is not the one that was deployed on: {differences[0]}");
        File.Delete(order.OutPath);
        File.Delete(order.JournalPath);
        return null;
    }

    private async Task<DeploymentFile> Run(JsonRpcChain chain, DeploymentPlan plan, CancellationToken ct)
    {
        var journal = await DeploymentJournal.Open(order.JournalPath, ct);
        if (ForDevelopment) return await DevelopmentContracts.Deploy(chain, order.FeeBps, journal, Tell, ct);
        var deployer = Key(plan.ChainId);
        timeline.Tell(Tale.Chain, "", $"deploying plan {plan.Hash} on chain {plan.ChainId} by {deployer.Address}",
            ("plan", plan.Hash.ToString()), ("chain_id", plan.ChainId), ("deployer", deployer.Address.ToString()));
        return await new Deployment(chain, deployer, plan, journal, DeploymentPatience.Chain, TimeProvider.System, Tell).Run(ct);
    }

    private static LocalSigner Key(ulong chainId)
    {
        var key = Environment.GetEnvironmentVariable(KeyVariable);
        if (string.IsNullOrEmpty(key)) throw new DeploymentException($"Put the deployer's private key into the variable {KeyVariable}.");
        try
        {
            return LocalSigner.FromHex(key, chainId);
        }
        catch (ArgumentException unusable)
        {
            throw new DeploymentException($"{KeyVariable}: {unusable.Message}");
        }
    }

    private void Tell(DeploymentNews news) => timeline.Tell(Tale.Chain, "", news.Text,
        ("step", news.Step), ("transaction", news.Receipt?.TxHash.ToString()), ("block", news.Receipt?.BlockNo), ("gas", news.Receipt?.GasUsed));

    private void Tell(DeploymentFile file)
    {
        foreach (var contract in file.Contracts)
            timeline.Tell(Tale.Chain, "", $"{contract.Kind} stands at {contract.Address} since block {contract.Block}",
                ("contract", contract.Kind), ("address", contract.Address.ToString()), ("from_block", contract.Block),
                ("code_hash", contract.CodeHash.ToString()));
        var gas = file.Transactions.Aggregate(0UL, (sum, step) => sum + step.GasUsed);
        timeline.Tell(Tale.Result, "", $"{file.Transactions.Length} transactions, {gas} gas; {file.Deployer} holds no role",
            ("transactions", file.Transactions.Length), ("gas", gas), ("deployer", file.Deployer.ToString()));
    }

    private JsonObject Settings(ulong chainId)
    {
        var chain = new JsonObject
        {
            ["ChainId"] = chainId,
            ["RpcUrl"] = order.Rpc.ToString(),
            ["PublicRpcUrl"] = (order.PublicRpc ?? order.Rpc).ToString(),
            ["DeploymentFile"] = Path.GetFullPath(order.OutPath),
        };
        if (ForDevelopment)
        {
            chain["AnchorPrivateKey"] = DevelopmentKeys.PrivateKeys[DevelopmentContracts.Anchor];
            chain["AnchorIntervalMs"] = AnchorIntervalMs;
        }

        return new JsonObject { [Section] = new JsonArray(chain) };
    }

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
