using System.Collections.Immutable;
using System.Text;
using Braintrust.Chain.Contracts;

namespace Braintrust.Chain;

/// <summary>The roles of OpenZeppelin's TimelockController, and who holds them by its logs.</summary>
internal static class TimelockRoles
{
    public static readonly Hash32 Proposer = Of("PROPOSER_ROLE");
    public static readonly Hash32 Canceller = Of("CANCELLER_ROLE");
    public static readonly Hash32 Executor = Of("EXECUTOR_ROLE");

    /// <summary>Grants and revokes all roles; the timelock itself alone holds it.</summary>
    public static readonly Hash32 Admin = default;

    /// <summary>What the constructor gives the deployer: who proposes may also call off.</summary>
    public static readonly ImmutableArray<Hash32> OfDeployer = [Proposer, Canceller, Executor];

    public static readonly ImmutableArray<Hash32> All = [Admin, .. OfDeployer];

    public static IEnumerable<(Hash32 Id, ImmutableArray<Address> Accounts)> Planned(DeploymentPlan plan) =>
    [
        (Proposer, plan.Governance.Proposers), (Canceller, plan.Governance.Cancellers), (Executor, plan.Governance.Executors),
    ];

    public static string Name(Hash32 role) =>
        role == Proposer ? "PROPOSER_ROLE" : role == Canceller ? "CANCELLER_ROLE" : role == Executor ? "EXECUTOR_ROLE" : "DEFAULT_ADMIN_ROLE";

    /// <summary>Replays the timelock's logs from its birth to the end of a block.</summary>
    public static async Task<TimelockHistory> Replay(IEvmChain chain, Address timelock, ulong from, ulong to, CancellationToken ct)
    {
        var history = new TimelockHistory();
        await chain.ReadLogs(LogFilter.Range([timelock], from, to), history, ct);
        return history;
    }

    private static Hash32 Of(string name) => Hash32.Keccak(Encoding.ASCII.GetBytes(name));
}

/// <summary>Who holds which role, and every operation that was ever proposed.</summary>
internal sealed class TimelockHistory : ILogSink
{
    private readonly HashSet<(Hash32 Role, Address Account)> _held = [];

    public HashSet<Hash32> Operations { get; } = [];

    public IEnumerable<Address> Holders(Hash32 role) => _held.Where(held => held.Role == role).Select(held => held.Account).Order();

    public void OnLog(in LogEntry log)
    {
        if (TimelockControllerContract.RoleGrantedEvent.TryDecode(log.Topics, log.Data, out var granted))
            _held.Add((granted.Role, granted.Account));
        else if (TimelockControllerContract.RoleRevokedEvent.TryDecode(log.Topics, log.Data, out var revoked))
            _held.Remove((revoked.Role, revoked.Account));
        else if (TimelockControllerContract.CallScheduledEvent.TryDecode(log.Topics, log.Data, out var scheduled))
            Operations.Add(scheduled.Id);
    }
}
