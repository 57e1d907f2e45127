using System.Collections.Immutable;
using System.Text.Json;

namespace Braintrust.Chain;

/// <summary>A contract as it was deployed.</summary>
/// <param name="Block">The block it was deployed in; of a token that stood before, the deployment's first block.</param>
/// <param name="Transaction">What deployed it; null for a token that stood before, whose code is not ours to know.</param>
/// <param name="ConstructorArguments">ABI-encoded, hexadecimal.</param>
/// <param name="CreationCodeHash">keccak of the creation code without arguments: what the audit register names.</param>
/// <param name="TemplateHash">keccak of the runtime code with its immutables as zeros: the same in every deployment.</param>
/// <param name="Immutables">The words that its constructor wrote into the code; with the template they are the code.</param>
/// <param name="CodeHash">keccak of the runtime code as it stands, immutables included.</param>
public sealed record DeployedCode(
    string Kind, Address Address, ulong Block, Hash32 BlockHash, Hash32? Transaction, string ConstructorArguments,
    Hash32? CreationCodeHash, Hash32? TemplateHash, ImmutableArray<CodeImmutable> Immutables, Hash32 CodeHash);

/// <summary>A transaction of the deployment.</summary>
public sealed record DeployedStep(string Name, ulong Nonce, Hash32 Transaction, ulong Block, Hash32 BlockHash, ulong GasUsed);

/// <summary>
/// A deployment, for operators to keep and for servers and anybody to verify. It holds nothing secret, and nothing in it
/// must be believed: <see cref="DeploymentCheck"/> compares all of it with the chain.
/// </summary>
/// <param name="Format">Of this file: 1.</param>
/// <param name="Tool">The program that deployed, with its version.</param>
/// <param name="PolicyVersion">The version of the policy that was published with it.</param>
public sealed record DeploymentFile(
    int Format, string Tool, ulong ChainId, Address Deployer, uint PolicyVersion, ImmutableArray<DeployedCode> Contracts,
    ImmutableArray<DeployedStep> Transactions, DeploymentPlan Plan)
{
    private const int FormatKnown = 1;
    private const int FileBytesMax = 4 * 1024 * 1024;

    public ulong FirstBlock => Transactions.Min(step => step.Block);

    public ulong LastBlock => Transactions.Max(step => step.Block);

    internal DeploymentSteps Steps => new(Plan, Deployer, Transactions[0].Nonce);

    /// <exception cref="DeploymentException">It is no deployment file that this program understands.</exception>
    public static DeploymentFile Parse(string json)
    {
        if (json.Length > FileBytesMax) throw new DeploymentException($"The deployment file is longer than {FileBytesMax} characters.");
        try
        {
            var file = JsonSerializer.Deserialize<DeploymentFile>(json, DeploymentJson.Options) ?? throw new JsonException("It is null.");
            if (file.Format != FormatKnown) throw new JsonException($"Its format is {file.Format}, not {FormatKnown}.");
            if (file.Transactions.IsDefaultOrEmpty) throw new JsonException("It names no transaction.");
            if (PlanRules.Problems(file.Plan).FirstOrDefault() is { } problem) throw new JsonException($"Its plan: {problem}");
            return file;
        }
        catch (JsonException malformed)
        {
            throw new DeploymentException($"The deployment file cannot be read: {malformed.Message}");
        }
    }

    /// <exception cref="DeploymentException">As <see cref="Parse"/>, or there is no such file.</exception>
    public static async Task<DeploymentFile> Read(string path, CancellationToken ct) => File.Exists(path)
        ? Parse(await File.ReadAllTextAsync(path, ct))
        : throw new DeploymentException($"There is no deployment file at {path}.");

    /// <summary>Whole or not at all: a server may be reading.</summary>
    public async Task Write(string path, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        await File.WriteAllTextAsync(path + ".new", JsonSerializer.Serialize(this, DeploymentJson.Indented) + "\n", ct);
        File.Move(path + ".new", path, overwrite: true);
    }
}
