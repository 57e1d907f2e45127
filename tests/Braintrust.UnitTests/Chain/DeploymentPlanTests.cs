using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Testing;

namespace Braintrust.Chain;

/// <summary>What an operator writes is refused before it costs anything, with the name of what is wrong.</summary>
public sealed class DeploymentPlanTests
{
    private static string Example => File.ReadAllText(RepositoryRoot.File("contracts", "plan.example.json"));

    /// <summary>Where in the example, what stands there instead, and what is told.</summary>
    public static TheoryData<string, string?, string> Wrong => new()
    {
        { "chainId", "0", "chainId is 0" },
        { "chainId", "\"31337\"", "cannot be read" },
        { "chainId", null, "cannot be read" },
        { "chainid", "1", "cannot be read" },
        { "confirmations", "0", "confirmations is 0" },
        { "confirmations", "10001", "confirmations is 10001" },
        { "token", "{}", "either existing or holder" },
        { "token.existing", "\"0x5FbDB2315678afecb367f032d93F642f64180aa3\"", "either existing or holder" },
        { "token.holder", "\"0x0000000000000000000000000000000000000000\"", "token is the zero address" },
        { "token.holder", "\"0x14DC79964da2C08b23698B3D3cc7Ca32193d9955\"", "EIP-55" },
        { "policy", "null", "cannot be read" },
        { "policy.treasury", "\"0x0000000000000000000000000000000000000000\"", "policy.treasury is the zero address" },
        { "policy.feeBps", "2001", "policy.feeBps is 2001" },
        { "policy.feeBps", "-1", "cannot be read" },
        { "policy.reviewWindowMin", "259199", "policy.reviewWindowMin is 259199" },
        { "policy.reviewWindowMax", "259199", "policy.reviewWindowMax is 259199" },
        { "policy.reworkTimeMin", "7776001", "policy.reworkTimeMin is 7776001" },
        { "policy.validityMax", "86399", "policy.validityMax is 86399" },
        { "policy.originBpsMax", "5001", "policy.originBpsMax is 5001" },
        { "policy.tokens", "[]", "policy.tokens must name" },
        { "policy.tokens", "null", "cannot be read" },
        { "policy.tokens.0.token", "\"USDC\"", "neither BTRST nor an address" },
        { "policy.tokens.0.token", "\"DevelopmentDollar\"", "which policy.tokens do not list" },
        { "policy.tokens.0.amountMin", "\"0\"", "amountMin is 0" },
        { "policy.tokens.0.amountMin", "1000", "cannot be read" },
        { "policy.tokens.0.amountMin", "\"1e18\"", "cannot be read" },
        { "policy.tokens.0.amountMin", "\"340282366920938463463374607431768211456\"", "cannot be read" },
        { "policy.tokens.0.referencePrice", "\"309485009821345068724781056\"", "referencePrice is" },
        { "court.seat", "\"0\"", "court.seat is 0" },
        { "court.ruleSets", "[]", "court.ruleSets is empty" },
        { "court.ruleSets.0.costBps", "0", "costBps is 0" },
        { "court.ruleSets.0.bandBps", "2001", "bandBps is 2001" },
        { "court.ruleSets.0.responseWindow", "431999", "responseWindow is 431999" },
        { "court.ruleSets.0.drawWindow", "259201", "drawWindow is 259201" },
        { "court.ruleSets.0.commitWindow", "172799", "commitWindow is 172799" },
        { "court.ruleSets.0.revealWindow", "432001", "revealWindow is 432001" },
        { "court.ruleSets.0.appealWindow", "172799", "appealWindow is 172799" },
        { "court.ruleSets.0.tokens", "[]", "court.ruleSets[0].tokens must name" },
        { "court.ruleSets.0.tokens.0.costMin", "\"79228162514264337593543950336\"", "costMin is" },
        { "court.ruleSets.0.tokens.0.token", "\"0x5FbDB2315678afecb367f032d93F642f64180aa3\"", "which policy.tokens do not list" },
        { "reputation.anchor", "\"0x0000000000000000000000000000000000000000\"", "reputation.anchor is the zero address" },
        { "governance.delaySeconds", "2592001", "governance.delaySeconds is 2592001" },
        { "governance.proposers", "[]", "governance.proposers is empty" },
        { "governance.proposers.0", "\"0x0000000000000000000000000000000000000000\"", "governance.proposers names the zero address" },
        { "governance.executors", "[]", "governance.executors is empty" },
        {
            "governance.cancellers", "[\"0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc\",\"0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc\"]",
            "names an account twice"
        },
    };

    [Fact]
    public void The_example_is_a_plan_and_says_the_same_when_it_is_written_again()
    {
        var plan = DeploymentPlan.Parse(Example);
        var again = DeploymentPlan.Parse(JsonSerializer.Serialize(plan, DeploymentJson.Options));
        Assert.Equal(plan.Hash, again.Hash);
        Assert.Equal(["policy.guardian", "reputation.anchor", "governance.proposers", "governance.cancellers", "governance.executors"],
            plan.Roles.Select(role => role.Role));
    }

    [Theory, MemberData(nameof(Wrong))]
    public void A_plan_that_cannot_be_carried_out_is_refused(string at, string? value, string told)
    {
        var refused = Assert.Throws<DeploymentException>(() => DeploymentPlan.Parse(Edited(at, value)));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(""), InlineData("null"), InlineData("[]"), InlineData("{"), InlineData("{\"chainId\":1,\"chainId\":1}")]
    public void What_is_no_plan_is_refused(string text) =>
        Assert.Contains("cannot be read", Assert.Throws<DeploymentException>(() => DeploymentPlan.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_word_of_a_plan_changes_its_hash()
    {
        var hashes = new[] { Example, Edited("policy.feeBps", "1499"), Edited("governance.delaySeconds", "1"), Edited("court.seat", "\"1\"") }
            .Select(text => DeploymentPlan.Parse(text).Hash);
        Assert.Distinct(hashes);
    }

    [Fact]
    public void The_worthless_dollar_is_for_development_chains()
    {
        var plan = DevelopmentContracts.Plan(1_500) with { ChainId = 1 };
        Assert.Contains(PlanRules.Problems(plan), problem => problem.StartsWith(DeploymentPlan.Dollar, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_journal_forgets_the_line_that_its_writer_did_not_finish()
    {
        var path = Path.GetTempFileName();
        File.Delete(path);
        try
        {
            var journal = await DeploymentJournal.Open(path, CancellationToken.None);
            await journal.Begin(new JournalHead(1, default, Hash32.Keccak([1]), 7), CancellationToken.None);
            await journal.Add(new JournalEntry("first", 7, Hash32.Keccak([2]), "0x01"), CancellationToken.None);
            await File.AppendAllTextAsync(path, "{\"step\":\"second\",\"nonce\":8,\"ha");
            var again = await DeploymentJournal.Open(path, CancellationToken.None);
            Assert.Equal(journal.Head, again.Head);
            Assert.Equal(journal.Entries, again.Entries);
            await again.Add(new JournalEntry("second", 8, Hash32.Keccak([3]), "0x02"), CancellationToken.None);
            Assert.Equal(2, (await DeploymentJournal.Open(path, CancellationToken.None)).Entries.Count);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void All_code_of_this_build_is_in_the_register_and_no_other()
    {
        string[] kinds = [.. DeploymentKinds.Official, DeploymentKinds.Policy, DeploymentKinds.Timelock, DeploymentKinds.Dollar];
        Assert.All(kinds, kind =>
        {
            var record = Assert.Single(AuditRegister.Of(Hash32.Keccak(DeploymentKinds.CreationCode(kind))));
            Assert.Equal((kind, "none", "self-reviewed"), (record.Contract, record.Auditor, record.Verdict));
        });
        Assert.Empty(AuditRegister.Of(Hash32.Keccak([1])));
        Assert.Null(AuditRegister.Identify(DeploymentKinds.Escrow, [0x60, 0x80]));
        Assert.Null(AuditRegister.Identify("Strange", DeploymentKinds.CreationCode(DeploymentKinds.Escrow)));
    }

    [Fact]
    public void Code_is_recognised_by_all_but_its_immutables()
    {
        var word = Enumerable.Range(1, 32).Select(i => (byte)i).ToArray();
        byte[] template = [0x60, 0x7f, 0x7f, .. new byte[32], 0x50, 0xfe, 0x00];
        byte[] creation = [0x5b, 0x60, (byte)template.Length, 0x90, 0x81, 0x60, 11, 0x82, 0x39, 0xf3, 0xfe, .. template];
        byte[] runtime = [0x60, 0x7f, 0x7f, .. word, 0x50, 0xfe, 0x00];
        var match = CodeTemplate.Match(creation, runtime);
        Assert.Equal(Hash32.Keccak(template), match!.TemplateHash);
        Assert.Equal(new CodeImmutable(3, new Hash32(word)), Assert.Single(match.Immutables));
        for (var at = 0; at < runtime.Length; at++)
        {
            if (at is >= 3 and < 35) continue;
            var other = runtime.ToArray();
            other[at] ^= 0x01;
            Assert.Null(CodeTemplate.Match(creation, other));
        }

        for (var from = 0; from < runtime.Length; from++)
            for (var to = from; to <= runtime.Length; to++)
                if (to - from < runtime.Length) Assert.Null(CodeTemplate.Match(creation, runtime.AsSpan(from..to)));
        Assert.Null(CodeTemplate.Match(creation, [.. runtime, 0]));
    }

    private static string Edited(string at, string? value)
    {
        var plan = JsonNode.Parse(Example)!;
        var names = at.Split('.');
        var parent = names[..^1].Aggregate(plan, (node, name) => int.TryParse(name, out var i) ? node[i]! : node[name]!);
        if (value is null) parent.AsObject().Remove(names[^1]);
        else if (int.TryParse(names[^1], out var index)) parent[index] = JsonNode.Parse(value);
        else parent[names[^1]] = JsonNode.Parse(value);
        return plan.ToJsonString();
    }
}
