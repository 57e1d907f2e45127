using System.Collections.Immutable;
using System.Text;
using Braintrust.Chain.Contracts;

namespace Braintrust.Chain;

/// <summary>Something that is not as the deployment file says.</summary>
/// <param name="Contract">The contract's kind.</param>
/// <param name="What">What differs: its code, a reference, a role.</param>
public sealed record DeploymentDifference(string Contract, Address Address, string What, string Expected, string Found)
{
    public override string ToString() => $"{Contract} at {Address}: {What} should be {Expected}, is {Found}.";
}

/// <summary>
/// Holds a deployment file against the chain. Compared is what can never change, and that the deployer has no power now;
/// what governance may change (later versions, roles, delay) is not.
/// </summary>
public sealed class DeploymentCheck(IEvmChain chain, DeploymentFile file)
{
    private readonly List<DeploymentDifference> _found = [];
    private readonly DeploymentSteps _steps = file.Steps;

    /// <param name="history">Replay the timelock's logs of the deployment too: asks the node for old logs, which few prune.</param>
    /// <returns>Empty when all of it holds.</returns>
    /// <exception cref="ChainUnavailableException">The node is away.</exception>
    public async Task<ImmutableArray<DeploymentDifference>> Run(bool history, CancellationToken ct)
    {
        _found.Clear();
        if (file.ChainId != chain.ChainId || file.Plan.ChainId != chain.ChainId)
            Differ(DeploymentKinds.Policy, "chain id", $"{chain.ChainId}", $"{file.ChainId} (plan {file.Plan.ChainId})");
        foreach (var (kind, address) in _steps.Addresses) await Contract(kind, address, ct);
        // Reading a contract that is not there would be trouble of another kind.
        if (_found.Count > 0) return [.. _found];
        foreach (var (kind, getter, answer) in _steps.References()) await Reference(kind, getter, answer, ct);
        await Policy(ct);
        await Deployer(ct);
        if (!history) return [.. _found];
        await Transactions(ct);
        await History(ct);
        return [.. _found];
    }

    private async Task Contract(string kind, Address address, CancellationToken ct)
    {
        if (file.Contracts.SingleOrDefault(contract => contract.Kind == kind) is not { } told)
        {
            Differ(kind, "entry of the file", $"{address}", "missing");
            return;
        }

        Same(kind, "address by plan, deployer and nonce", address, told.Address);
        if (_steps.All.FirstOrDefault(step => step.Kind == kind) is { } step)
            Same(kind, "constructor arguments by the plan", Hex.Of(step.Arguments), told.ConstructorArguments);
        var code = await chain.GetCode(told.Address, BlockId.Latest, ct);
        Same(kind, "code hash", told.CodeHash, Hash32.Keccak(code.Span));
        Same(kind, $"block {told.Block}", told.BlockHash, (await chain.GetHeader(BlockId.At(told.Block), ct))?.Hash);
        // A node may have forgotten the transaction; the block's hash still tells the chain and the height.
        if (told.Transaction is { } deployed && await chain.GetReceipt(deployed, ct) is { } receipt)
        {
            Same(kind, $"contract created by {deployed}", told.Address, receipt.Created);
            Same(kind, $"block of {deployed}", told.Block, receipt.BlockNo);
        }

        if (told.Transaction is not null) Template(told, code.Span);
    }

    /// <summary>Only where this build made the code: a file outlives the build that deployed it.</summary>
    private void Template(DeployedCode told, ReadOnlySpan<byte> code)
    {
        var creation = DeploymentKinds.CreationCode(told.Kind);
        if (Hash32.Keccak(creation) != told.CreationCodeHash) return;
        var match = CodeTemplate.Match(creation, code);
        Same(told.Kind, "code template", told.TemplateHash, match?.TemplateHash);
    }

    private async Task Reference(string kind, string getter, Hash32 expected, CancellationToken ct)
    {
        var answer = await chain.Call(
            new CallRequest(null, _steps.Of(kind), Hash32.Keccak(Encoding.ASCII.GetBytes(getter)).ToBytes()[..4]), BlockId.Latest, ct);
        Same(kind, getter, expected.ToString(), answer.Length == Hash32.Length ? Hex.Of(answer.Span) : $"{answer.Length} bytes");
    }

    private async Task Policy(CancellationToken ct)
    {
        var policy = _steps.Of(DeploymentKinds.Policy);
        var current = await PolicyContract.CurrentVersion.Call(chain, policy, BlockId.Latest, ct);
        if (current < file.PolicyVersion)
        {
            Differ(DeploymentKinds.Policy, "version", $"{file.PolicyVersion} or later", $"{current}");
            return;
        }

        foreach (var (kind, address) in _steps.Officials())
            Same(DeploymentKinds.Policy, $"official {kind}", address,
                await PolicyContract.OfficialAddressOf.Call(chain, policy, file.PolicyVersion, ShortText.Word(kind), BlockId.Latest, ct));
        var (first, _, _) = await PolicyContract.ParametersOf.Call(chain, policy, file.PolicyVersion, BlockId.Latest, ct);
        Same(DeploymentKinds.Policy, "guardian", file.Plan.Policy.Guardian, first.Guardian);
        Same(DeploymentKinds.Policy, "fee receiver", file.Plan.Policy.Treasury, first.FeeReceiver);
        Same(DeploymentKinds.Policy, "fee", file.Plan.Policy.FeeBps, first.FeeBps);
        foreach (var (planned, i) in file.Plan.Court.RuleSets.Select((rules, i) => (rules, i)))
        {
            var set = await PolicyContract.CourtRules.Call(chain, policy, i + 1, BlockId.Latest, ct);
            Same(DeploymentKinds.Policy, $"rule set {i + 1}",
                (planned.CostBps, planned.BandBps, planned.ResponseWindow, planned.DrawWindow, planned.CommitWindow, planned.RevealWindow, planned.AppealWindow),
                (set.CostBps, set.BandBps, set.ResponseWindow, set.DrawWindow, set.CommitWindow, set.RevealWindow, set.AppealWindow));
        }
    }

    private async Task Deployer(CancellationToken ct)
    {
        var timelock = _steps.Of(DeploymentKinds.Timelock);
        foreach (var role in TimelockRoles.All)
            if (await TimelockControllerContract.HasRole.Call(chain, timelock, role, file.Deployer, BlockId.Latest, ct))
                Differ(DeploymentKinds.Timelock, TimelockRoles.Name(role) + " of the deployer", "none", $"{file.Deployer} holds it");
        foreach (var (role, account) in file.Plan.Roles)
            if (account == file.Deployer) Differ(DeploymentKinds.Timelock, role, "another account than the deployer", $"{account}");
    }

    /// <summary>A node may have forgotten them; one that has not knows the block, the gas, and that they succeeded.</summary>
    private async Task Transactions(CancellationToken ct)
    {
        foreach (var step in file.Transactions)
            if (await chain.GetReceipt(step.Transaction, ct) is { } receipt)
                Same(step.Name, "transaction", (step.Block, step.BlockHash, step.GasUsed, true),
                    (receipt.BlockNo, receipt.BlockHash, receipt.GasUsed, receipt.Succeeded));
    }

    /// <summary>Until the deployer was out, nobody held another role than planned and nothing else was proposed.</summary>
    private async Task History(CancellationToken ct)
    {
        var timelock = _steps.Of(DeploymentKinds.Timelock);
        var until = file.Transactions.Single(step => step.Name == DeploymentSteps.HandOver).Block;
        var told = await TimelockRoles.Replay(chain, timelock, file.FirstBlock, until, ct);
        Same(DeploymentKinds.Timelock, "operations proposed by the deployer", $"{_steps.Operation}", string.Join(", ", told.Operations));
        Same(DeploymentKinds.Timelock, "DEFAULT_ADMIN_ROLE", $"{timelock}", string.Join(", ", told.Holders(TimelockRoles.Admin)));
        foreach (var (role, accounts) in TimelockRoles.Planned(file.Plan))
            Same(DeploymentKinds.Timelock, TimelockRoles.Name(role), string.Join(", ", accounts.Order()), string.Join(", ", told.Holders(role)));
    }

    private void Same<T>(string kind, string what, T expected, T? found)
    {
        if (!Equals(expected, found)) Differ(kind, what, $"{expected}", found is null ? "missing" : $"{found}");
    }

    private void Differ(string kind, string what, string expected, string found) =>
        _found.Add(new DeploymentDifference(kind, _steps.Addresses.GetValueOrDefault(kind), what, expected, found));
}
