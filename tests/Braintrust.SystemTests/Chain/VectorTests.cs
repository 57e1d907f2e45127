using Xunit.Abstractions;

namespace Braintrust.Chain;

/// <summary>Our ABI, RLP, hashing, signing and transactions, byte for byte against code that is not ours.</summary>
public sealed class VectorTests(ITestOutputHelper output)
{
    /// <summary>BRAINTRUST_SEED tries other inputs.</summary>
    private static readonly string Seed = Environment.GetEnvironmentVariable("BRAINTRUST_SEED") ?? "1";

    [Fact]
    public async Task Everything_equals_what_viem_makes_of_seeded_inputs()
    {
        const int Count = 200;
        output.WriteLine($"BRAINTRUST_SEED={Seed}");
        var counts = await CheckAll(await NodeScripts.Run("viem.mjs", null, Seed, $"{Count}"));
        foreach (var kind in new[] { "abi", "selector", "typedData", "personal", "transaction", "create" })
            Assert.Equal(Count, counts[kind]);
    }

    [Fact]
    public async Task All_published_cases_pass()
    {
        var counts = await CheckAll(await NodeScripts.Run("published.mjs", null));
        Assert.Equal(
            [("abi", 3925), ("account", 1031), ("checksum", 1038), ("keccak", 516), ("rlp", 61), ("selector", 1880), ("transaction", 1024), ("typedData", 1025)],
            counts.OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => (kind.Key, kind.Value)));
    }

    [Fact]
    public async Task The_typed_data_we_give_to_wallets_means_to_viem_what_it_means_to_us()
    {
        output.WriteLine($"BRAINTRUST_SEED={Seed}");
        var made = (await NodeScripts.Run("viem.mjs", null, Seed, "100"))
            .Where(line => line.Contains("\"kind\":\"typedData\"", StringComparison.Ordinal))
            .Select(line => TypedData.Parse(System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("data").GetRawText())).ToArray();
        var digests = await NodeScripts.Run("digest.mjs", made.Select(data => data.ToJson()));
        Assert.Equal(made.Select(data => data.Digest.ToString()), digests);
    }

    private async Task<Dictionary<string, int>> CheckAll(string[] lines)
    {
        var counts = new Dictionary<string, int>();
        var failures = new List<string>();
        foreach (var vector in lines.Select(line => new Vector(line)))
        {
            counts[vector.Kind] = counts.GetValueOrDefault(vector.Kind) + 1;
            try
            {
                await vector.Check();
            }
            catch (Exception wrong)
            {
                failures.Add($"{wrong.GetType().Name}: {wrong.Message}\n{vector}");
            }
        }

        output.WriteLine(string.Join(", ", counts.Select(kind => $"{kind.Key} {kind.Value}")));
        Assert.True(failures.Count == 0, $"{failures.Count} of {lines.Length} differ:\n" + string.Join("\n\n", failures.Take(5)));
        return counts;
    }
}
