using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Braintrust.Testing;

namespace Braintrust.Chain;

/// <summary>What wallets show (ERC-7730) is about what the contracts do, by another reading than the generator's.</summary>
public sealed partial class ClearSigningTests
{
    public static TheoryData<string> Contracts => [DeploymentKinds.Token, DeploymentKinds.Court, DeploymentKinds.Escrow, DeploymentKinds.Reputation];

    public static TheoryData<string> Signing => [DeploymentKinds.Token, DeploymentKinds.Escrow, DeploymentKinds.Reputation];

    [Theory, MemberData(nameof(Contracts))]
    public void Every_function_that_changes_something_is_explained(string contract)
    {
        using var artifact = JsonDocument.Parse(File.ReadAllText(RepositoryRoot.File("contracts", "artifacts", contract + ".json")));
        var called = artifact.RootElement.GetProperty("abi").EnumerateArray()
            .Where(entry => entry.GetProperty("type").GetString() == "function"
                && entry.GetProperty("stateMutability").GetString() is not ("view" or "pure"))
            .Select(entry => entry.GetProperty("name").GetString() + Tuple(entry.GetProperty("inputs")));
        Assert.Equal(called.Order(StringComparer.Ordinal), Keys("calldata", contract).Select(Signature).Order(StringComparer.Ordinal));
    }

    /// <summary>The hash of each message's type stands in the contract's code, so the words are about what the contract checks.</summary>
    [Theory, MemberData(nameof(Signing))]
    public void Every_message_that_is_explained_is_one_that_the_contract_hashes(string contract)
    {
        var code = Convert.ToHexStringLower(DeploymentKinds.CreationCode(contract));
        Assert.All(Keys("eip712", contract), key =>
            Assert.Contains(Hash32.Keccak(Encoding.ASCII.GetBytes(key)).ToString()[2..], code, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_call_that_can_be_signed_for_is_explained_as_a_message_too()
    {
        string[] own = ["Fund", "FundMore", "Tip", "WithPermit", "Settle", "Resolve", "SweepFees", "CallBySignature"];
        var called = Keys("calldata", DeploymentKinds.Escrow).Select(key => char.ToUpperInvariant(key[0]) + key[1..key.IndexOf('(', StringComparison.Ordinal)]);
        var signed = Keys("eip712", DeploymentKinds.Escrow).Select(key => key[..key.IndexOf('(', StringComparison.Ordinal)]);
        Assert.Equal(called.Except(own).Append("Terms").Order(StringComparer.Ordinal), signed.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Contracts))]
    public void A_sum_is_shown_in_its_token_or_said_to_be_in_base_units(string contract)
    {
        using var descriptor = Read("calldata", contract);
        var fields = descriptor.RootElement.GetProperty("display").GetProperty("formats").EnumerateObject()
            .SelectMany(format => format.Value.GetProperty("fields").EnumerateArray()).ToList();
        Assert.NotEmpty(fields);
        Assert.All(fields.Where(field => field.GetProperty("format").GetString() == "tokenAmount"),
            field => Assert.True(field.GetProperty("params").TryGetProperty("tokenPath", out _)));
    }

    private static List<string> Keys(string kind, string contract)
    {
        using var descriptor = Read(kind, contract);
        return [.. descriptor.RootElement.GetProperty("display").GetProperty("formats").EnumerateObject().Select(format => format.Name)];
    }

    private static JsonDocument Read(string kind, string contract) =>
        JsonDocument.Parse(File.ReadAllText(RepositoryRoot.File("contracts", "clear-signing", $"{kind}-{contract}.json")));

    /// <summary>The key without its parameters' names, as selectors are made of it.</summary>
    private static string Signature(string key) => ParameterName().Replace(key, "");

    private static string Tuple(JsonElement inputs) => "(" + string.Join(',', inputs.EnumerateArray().Select(Type)) + ")";

    private static string Type(JsonElement input)
    {
        var type = input.GetProperty("type").GetString()!;
        return input.TryGetProperty("components", out var components) ? Tuple(components) + type["tuple".Length..] : type;
    }

    [GeneratedRegex(@" \w+")]
    private static partial Regex ParameterName();
}
