using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Testing;

namespace Braintrust.Chain;

/// <summary>A deployment on a real node: resumed wherever it died, handed over, and held to its file.</summary>
public sealed class DeploymentTests : IAsyncLifetime
{
    private static readonly DeploymentPatience Patience = new(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(5));

    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("braintrust-deployment-");
    private AnvilServer? _node;
    private JsonRpcChain? _chain;

    private JsonRpcChain Chain => _chain!;

    private static DeploymentPlan Plan => DeploymentPlan.Parse(File.ReadAllText(RepositoryRoot.File("contracts", "plan.example.json")));

    public async Task InitializeAsync()
    {
        _node = await AnvilServer.Start();
        _chain = _node.Connect();
    }

    public async Task DisposeAsync()
    {
        _chain?.Dispose();
        if (_node is not null) await _node.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_deployment_that_dies_at_any_step_goes_on_and_deploys_nothing_twice()
    {
        var steps = new DeploymentSteps(Plan, DevelopmentKeys.Address(1), 0).All.Length;
        foreach (var death in new[] { Death.BeforeSigning, Death.BeforeSending, Death.AfterSending })
            for (var number = 1; number <= steps; number++)
            {
                var signer = await Rich();
                var path = Path.Combine(_folder.FullName, $"{death}-{number}");
                var dying = new DyingChain(Chain, death, number);
                await Assert.ThrowsAsync<DeadException>(async () => await Run(dying, signer, Plan, await DeploymentJournal.Open(path, _ct)));
                var file = await Run(Chain, signer, Plan, await DeploymentJournal.Open(path, _ct));
                Assert.Equal((ulong)steps, await Chain.GetNonce(signer.Address, BlockId.Latest, _ct));
                Assert.Empty(await new DeploymentCheck(Chain, file).Run(history: true, _ct));
            }
    }

    [Fact]
    public async Task Fees_that_do_not_do_any_more_are_raised_for_the_same_nonce()
    {
        var signer = await Rich();
        var journal = DeploymentJournal.InMemory();
        var file = await Run(new DyingChain(Chain, Death.Refused, 3), signer, Plan, journal);
        Assert.Equal(file.Transactions.Length + 1, journal.Entries.Count);
        Assert.Equal((ulong)file.Transactions.Length, await Chain.GetNonce(signer.Address, BlockId.Latest, _ct));
    }

    [Fact]
    public async Task A_nonce_that_something_else_used_is_found()
    {
        var signer = await Rich();
        var path = Path.Combine(_folder.FullName, "journal");
        await Assert.ThrowsAsync<DeadException>(async () =>
            await Run(new DyingChain(Chain, Death.BeforeSigning, 2), signer, Plan, await DeploymentJournal.Open(path, _ct)));
        var fees = await Chain.GetFees(_ct);
        var other = new Eip1559Transaction(Chain.ChainId, 1, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, 21_000, signer.Address, 0, default);
        await Chain.SendRaw((await other.Sign(signer, _ct)).Raw, _ct);
        await Eventually.Holds(
            async () => await Chain.GetNonce(signer.Address, BlockId.Latest, _ct), nonce => nonce == 2, TimeSpan.FromSeconds(60), "the other transaction");
        var refused = await Assert.ThrowsAsync<DeploymentException>(async () =>
            await Run(Chain, signer, Plan, await DeploymentJournal.Open(path, _ct), Patience with { Max = TimeSpan.FromSeconds(1) }));
        Assert.Contains("for something else", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_of_another_plan_or_key_is_refused()
    {
        var (signer, journal) = (await Rich(), DeploymentJournal.InMemory());
        await Run(Chain, signer, Plan, journal);
        var other = Plan with { Confirmations = 2 };
        await Assert.ThrowsAsync<DeploymentException>(async () => await Run(Chain, signer, other, journal));
        await Assert.ThrowsAsync<DeploymentException>(async () => await Run(Chain, await Rich(), Plan, journal));
    }

    [Fact]
    public async Task A_token_that_stands_is_named_and_not_deployed()
    {
        var first = await Run(Chain, await Rich(), Plan, DeploymentJournal.InMemory());
        var token = first.Steps.Of(DeploymentKinds.Token);
        var second = await Run(Chain, await Rich(), Plan with { Token = new PlannedToken(Existing: token) }, DeploymentJournal.InMemory());
        Assert.Equal(token, second.Steps.Of(DeploymentKinds.Token));
        Assert.Equal(first.Transactions.Length - 1, second.Transactions.Length);
        Assert.Null(second.Contracts.Single(contract => contract.Kind == DeploymentKinds.Token).Transaction);
        var missing = Plan with { Token = new PlannedToken(Existing: DevelopmentKeys.Address(5)) };
        var refused = await Assert.ThrowsAsync<DeploymentException>(async () => await Run(Chain, await Rich(), missing, DeploymentJournal.InMemory()));
        Assert.Contains("There is no token", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployer_in_any_role_is_refused_before_anything_is_sent()
    {
        foreach (var (role, account) in Plan.Roles.Where(role => !role.Account.IsZero))
        {
            var index = Enumerable.Range(0, 10).Single(i => DevelopmentKeys.Address(i) == account);
            var refused = await Assert.ThrowsAsync<DeploymentException>(async () =>
                await Run(Chain, DevelopmentKeys.Signer(index), Plan, DeploymentJournal.InMemory()));
            Assert.Contains(role, refused.Message, StringComparison.Ordinal);
            Assert.Equal(0UL, await Chain.GetNonce(account, BlockId.Latest, _ct));
        }
    }

    [Fact]
    public async Task Another_chain_is_refused_before_anything_is_sent()
    {
        using var chain = new JsonRpcChain(new JsonRpcChainOptions { HttpUrl = _node!.Url, ChainId = 1 }, TimeProvider.System);
        var signer = await Rich();
        await Assert.ThrowsAsync<ChainProtocolException>(async () =>
            await Run(chain, signer, Plan with { ChainId = 1 }, DeploymentJournal.InMemory()));
        await Assert.ThrowsAsync<DeploymentException>(async () => await Run(chain, signer, Plan, DeploymentJournal.InMemory()));
        Assert.Equal(0UL, await Chain.GetNonce(signer.Address, BlockId.Latest, _ct));
    }

    [Fact]
    public async Task A_file_that_was_changed_anywhere_is_found()
    {
        var file = await Run(Chain, await Rich(), Plan, DeploymentJournal.InMemory());
        var text = JsonSerializer.Serialize(file, DeploymentJson.Options);
        var (hash, address) = (Hash32.Keccak([1]).ToString(), DevelopmentKeys.Address(3).ToString());
        (string At, JsonNode Value)[] changes =
        [
            .. Enumerable.Range(0, file.Contracts.Length).SelectMany(i => new (string, JsonNode)[]
            {
                ($"contracts.{i}.address", address), ($"contracts.{i}.block", 0), ($"contracts.{i}.blockHash", hash),
                ($"contracts.{i}.constructorArguments", "0x01"), ($"contracts.{i}.codeHash", hash), ($"contracts.{i}.templateHash", hash),
                ($"contracts.{i}.kind", "Strange"),
            }),
            ("deployer", address), ("policyVersion", 2), ("plan.policy.treasury", address), ("plan.policy.feeBps", 1),
            ("plan.policy.guardian", address), ("plan.reputation.anchor", address), ("plan.court.seat", "1"),
            ("plan.court.ruleSets.0.costBps", 1), ("plan.governance.proposers.0", address), ("plan.governance.delaySeconds", 1),
            ("transactions.0.nonce", 5),
            .. Enumerable.Range(0, file.Transactions.Length).SelectMany(i => new (string, JsonNode)[]
            {
                ($"transactions.{i}.block", 0), ($"transactions.{i}.blockHash", hash), ($"transactions.{i}.gasUsed", 1),
            }),
        ];
        foreach (var (at, value) in changes)
        {
            var changed = JsonNode.Parse(text)!;
            var names = at.Split('.');
            var parent = names[..^1].Aggregate(changed, (node, name) => int.TryParse(name, out var i) ? node[i]! : node[name]!);
            if (int.TryParse(names[^1], out var index)) parent[index] = value.DeepClone();
            else parent[names[^1]] = value.DeepClone();
            var differences = await new DeploymentCheck(Chain, DeploymentFile.Parse(changed.ToJsonString())).Run(history: true, _ct);
            Assert.True(differences.Length > 0, $"{at} was changed and nobody noticed.");
        }
    }

    [Fact]
    public async Task Code_that_was_changed_on_the_chain_is_found()
    {
        var file = await Run(Chain, await Rich(), Plan, DeploymentJournal.InMemory());
        foreach (var contract in file.Contracts)
        {
            var code = Hex.Of((await Chain.GetCode(contract.Address, BlockId.Latest, _ct)).Span);
            await _node!.Ask("anvil_setCode", contract.Address.ToString(), code + "00");
            var differs = Assert.Single(await new DeploymentCheck(Chain, file).Run(history: false, _ct), differs => differs.What == "code hash");
            Assert.Equal((contract.Kind, contract.Address, contract.CodeHash.ToString()), (differs.Contract, differs.Address, differs.Expected));
            await _node.Ask("anvil_setCode", contract.Address.ToString(), code);
        }

        Assert.Empty(await new DeploymentCheck(Chain, file).Run(history: true, _ct));
    }

    private Task<DeploymentFile> Run(
        IEvmChain chain, IEvmSigner signer, DeploymentPlan plan, DeploymentJournal journal, DeploymentPatience? patience = null) =>
        new Deployment(chain, signer, plan, journal, patience ?? Patience, TimeProvider.System, _ => { }).Run(_ct);

    /// <summary>A key that never sent anything, with coins for gas.</summary>
    private async Task<LocalSigner> Rich()
    {
        var signer = new LocalSigner(RandomNumberGenerator.GetBytes(32), DevelopmentKeys.ChainId);
        await _node!.Ask("anvil_setBalance", signer.Address.ToString(), "0x56bc75e2d63100000");
        return signer;
    }
}
