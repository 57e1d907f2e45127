using System.Text.Json;
using Braintrust.Chain.Contracts;
using Braintrust.Testing;

namespace Braintrust.Chain;

/// <summary>After a deployment its key is any other key: every privileged function refuses it, and obeys who should be obeyed.</summary>
public sealed class DeployerPowersTests : IAsyncLifetime
{
    /// <summary>Functions of the governing contracts that anybody may call.</summary>
    private static readonly string[] Open =
        ["onERC721Received", "onERC1155Received", "onERC1155BatchReceived", "claim", "claimFor", "renounce", "renounceFor", "approve", "setApprovalForAll",
         "transferFrom", "safeTransferFrom"];

    private static readonly Hash32 Salt = Hash32.Keccak([7]);
    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private AnvilServer? _node;
    private JsonRpcChain? _chain;
    private DeploymentFile? _file;

    private DeploymentPlan Plan => _file!.Plan;

    public async Task InitializeAsync()
    {
        _node = await AnvilServer.Start();
        _chain = _node.Connect();
        var plan = DeploymentPlan.Parse(await File.ReadAllTextAsync(RepositoryRoot.File("contracts", "plan.example.json"), _ct));
        _file = await new Deployment(
            _chain, DevelopmentKeys.Signer(1), plan, DeploymentJournal.InMemory(), DeploymentPatience.Development, TimeProvider.System, _ => { }).Run(_ct);
    }

    public async Task DisposeAsync()
    {
        _chain?.Dispose();
        if (_node is not null) await _node.DisposeAsync();
    }

    [Fact]
    public async Task The_deployer_is_refused_by_every_privileged_function()
    {
        foreach (var (name, kind, call, error) in Privileged())
            Assert.Equal(error, await Refusal(_file!.Deployer, kind, call) ?? $"{name} was accepted");
        // Everything that can be called without being a view is in the table or open to anybody.
        var table = Privileged().Select(entry => entry.Name).ToHashSet();
        foreach (var kind in new[] { DeploymentKinds.Timelock, DeploymentKinds.Policy, DeploymentKinds.Reputation })
            Assert.All(Writes(kind), name => Assert.True(table.Contains(name) || Open.Contains(name), $"{kind}.{name} was not tried."));
    }

    [Fact]
    public async Task Who_was_named_in_the_plan_is_obeyed()
    {
        Assert.Null(await Refusal(Plan.Policy.Guardian, DeploymentKinds.Policy, PolicyContract.StopEntry.Encode(1, 1)));
        Assert.Null(await Refusal(Plan.Reputation.Anchor, DeploymentKinds.Reputation, Anchor()));
        Assert.Null(await Refusal(Plan.Governance.Proposers[0], DeploymentKinds.Timelock, Schedule(Plan.Governance.DelaySeconds)));
        Assert.Equal("TimelockInsufficientDelay", await Refusal(
            Plan.Governance.Proposers[0], DeploymentKinds.Timelock, Schedule(Plan.Governance.DelaySeconds - 1)));
        Assert.Null(await Refusal(_file!.Steps.Of(DeploymentKinds.Timelock), DeploymentKinds.Policy, Publish()));
        Assert.Null(await Refusal(_file.Steps.Of(DeploymentKinds.Timelock), DeploymentKinds.Timelock, TimelockControllerContract.UpdateDelay.Encode(0)));
    }

    [Fact]
    public async Task Every_privileged_transaction_of_the_deployer_fails_on_the_chain()
    {
        foreach (var (name, kind, call, _) in Privileged())
        {
            var signer = DevelopmentKeys.Signer(1);
            var nonce = await _chain!.GetNonce(signer.Address, BlockId.Latest, _ct);
            var fees = await _chain.GetFees(_ct);
            var transaction = new Eip1559Transaction(
                _chain.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, 1_000_000, _file!.Steps.Of(kind), 0, call);
            var hash = await _chain.SendRaw((await transaction.Sign(signer, _ct)).Raw, _ct);
            var receipt = await Eventually.Holds(
                async () => await _chain.GetReceipt(hash, _ct), receipt => receipt is not null, TimeSpan.FromSeconds(60), name);
            Assert.False(receipt!.Succeeded, name);
        }

        Assert.Empty(await new DeploymentCheck(_chain!, _file!).Run(history: true, _ct));
    }

    private IEnumerable<(string Name, string Kind, byte[] Call, string Error)> Privileged()
    {
        var (policy, self) = (_file!.Steps.Of(DeploymentKinds.Policy), _file.Deployer);
        const string role = "AccessControlUnauthorizedAccount";
        return
        [
            ("publish", DeploymentKinds.Policy, Publish(), "Unauthorized"),
            ("addCourtRules", DeploymentKinds.Policy, DevelopmentContracts.CourtRulesData(new PolicyContract.Tokens(_file.Steps.Of(DeploymentKinds.Token), 1)), "Unauthorized"),
            ("stopEntry", DeploymentKinds.Policy, PolicyContract.StopEntry.Encode(1, 1), "Unauthorized"),
            ("anchor", DeploymentKinds.Reputation, Anchor(), "Unauthorized"),
            ("schedule", DeploymentKinds.Timelock, Schedule(Plan.Governance.DelaySeconds), role),
            ("scheduleBatch", DeploymentKinds.Timelock, TimelockControllerContract.ScheduleBatch.Encode([policy], [0], [[]], default, Salt, 999_999), role),
            ("cancel", DeploymentKinds.Timelock, TimelockControllerContract.Cancel.Encode(Salt), role),
            ("grantRole", DeploymentKinds.Timelock, TimelockControllerContract.GrantRole.Encode(TimelockRoles.Proposer, self), role),
            ("revokeRole", DeploymentKinds.Timelock, TimelockControllerContract.RevokeRole.Encode(TimelockRoles.Proposer, Plan.Governance.Proposers[0]), role),
            ("renounceRole", DeploymentKinds.Timelock, TimelockControllerContract.RenounceRole.Encode(TimelockRoles.Proposer, Plan.Governance.Proposers[0]), "AccessControlBadConfirmation"),
            ("updateDelay", DeploymentKinds.Timelock, TimelockControllerContract.UpdateDelay.Encode(0), "TimelockUnauthorizedCaller"),
            // Anybody carries out what waited long enough in this plan; nothing of the deployer's waits.
            ("execute", DeploymentKinds.Timelock, TimelockControllerContract.Execute.Encode(policy, 0, Publish(), default, Salt), "TimelockUnexpectedOperationState"),
            ("executeBatch", DeploymentKinds.Timelock, TimelockControllerContract.ExecuteBatch.Encode([policy], [0], [Publish()], default, Salt), "TimelockUnexpectedOperationState"),
        ];
    }

    private byte[] Publish() => PolicyContract.Publish.Encode(
        1, new PolicyContract.Parameters(_file!.Deployer, 2_000, 259_200, 259_200, 259_200, 86_400, 0, _file.Deployer), [], [], []);

    private byte[] Schedule(uint delay) => TimelockControllerContract.Schedule.Encode(
        _file!.Steps.Of(DeploymentKinds.Policy), 0, Publish(), default, Salt, delay);

    /// <summary>By its signature: the bindings' name depends on the constant beside it.</summary>
    private static byte[] Anchor() =>
        [.. Hash32.Keccak("anchor(bytes32,bytes32,uint32)"u8).ToBytes()[..4], .. new byte[32], .. Salt.ToBytes(), .. DeploymentSteps.Word(1).ToBytes()];

    /// <summary>Name of the error with which the contract refuses; null when it accepts.</summary>
    private async Task<string?> Refusal(Address from, string kind, byte[] call)
    {
        try
        {
            await _chain!.Call(new CallRequest(from, _file!.Steps.Of(kind), call), BlockId.Latest, _ct);
            return null;
        }
        catch (EvmRevertException refused)
        {
            var data = refused.RevertData.Span;
            return (kind switch
            {
                DeploymentKinds.Policy => PolicyContract.ErrorName(data),
                DeploymentKinds.Reputation => ReputationContract.ErrorName(data),
                _ => TimelockControllerContract.ErrorName(data),
            }) ?? Hex.Of(data);
        }
    }

    private static IEnumerable<string> Writes(string kind)
    {
        using var artifact = JsonDocument.Parse(File.ReadAllText(RepositoryRoot.File("contracts", "artifacts", kind + ".json")));
        return [.. artifact.RootElement.GetProperty("abi").EnumerateArray()
            .Where(entry => entry.GetProperty("type").GetString() == "function"
                && entry.GetProperty("stateMutability").GetString() is not ("view" or "pure"))
            .Select(entry => entry.GetProperty("name").GetString()!).Distinct()];
    }
}
