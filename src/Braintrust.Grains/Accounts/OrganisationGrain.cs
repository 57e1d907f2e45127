using System.Runtime.CompilerServices;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Accounts;

[GrainType("organisation"), Reentrant]
public sealed class OrganisationGrain : Grain, IOrganisationGrain
{
    public const string StateName = "organisation/state";

    private static readonly StateKind<OrganisationState> Kind =
        new(StateName, OrganisationState.Empty, OrganisationRules.Rows);

    private readonly TimeProvider _clock;
    private readonly Watchers<OrganisationState> _watchers;
    private readonly Committed<OrganisationState> _state;

    public OrganisationGrain(ICommitStore store, SiloWatchers silo, TimeProvider clock, ILogger<OrganisationGrain> logger)
    {
        _clock = clock;
        _watchers = silo.Of<OrganisationState>(GrainContext);
        _state = new Committed<OrganisationState>(
            Kind, this.GetPrimaryKeyString(), store, clock, logger, _watchers.Publish, Fail);
    }

    private DateTimeOffset Now => _clock.GetUtcNow().Stored();

    public override Task OnActivateAsync(CancellationToken ct) => _state.Load(ct);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        _watchers.End();
        return Task.CompletedTask;
    }

    public Task<Outcome<OrganisationState>> Open(string caller, RequestKey request, string name, string website) =>
        Change(caller, request, org => OrganisationRules.Open(org, caller, name, website, Now));

    public Task<Outcome<OrganisationState>> Update(
        string caller, RequestKey request, string? name, string? website, long? expected) =>
        Change(caller, request, org => OrganisationRules.Update(org, caller, name, website, expected));

    public Task<Outcome<OrganisationState>> Invite(string caller, RequestKey request, string account, OrganisationRoles roles) =>
        Change(caller, request, org => OrganisationRules.Invite(org, caller, account, roles, Now));

    public Task<Outcome<OrganisationState>> AcceptInvitation(string caller, RequestKey request) =>
        Change(caller, request, org => OrganisationRules.AcceptInvitation(org, caller, Now));

    public Task<Outcome<OrganisationState>> DeclineInvitation(string caller, RequestKey request) =>
        Change(caller, request, org => OrganisationRules.DeclineInvitation(org, caller));

    public Task<Outcome<OrganisationState>> ChangeRoles(
        string caller, RequestKey request, string account, OrganisationRoles roles) =>
        Change(caller, request, org => OrganisationRules.ChangeRoles(org, caller, account, roles));

    public Task<Outcome<OrganisationState>> Remove(string caller, RequestKey request, string account) =>
        Change(caller, request, org => OrganisationRules.Remove(org, caller, account));

    public Task<Outcome<OrganisationState>> AddPayer(string caller, RequestKey request, Address wallet, string? holder) =>
        Change(caller, request, org => OrganisationRules.AddPayer(org, caller, wallet, holder));

    public Task<Outcome<OrganisationState>> RemovePayer(string caller, RequestKey request, Address wallet) =>
        Change(caller, request, org => OrganisationRules.RemovePayer(org, caller, wallet));

    public Task<Outcome<OrganisationState>> SetLimit(
        string caller, RequestKey request, ulong chainId, Address token, Amount? sum) =>
        Change(caller, request, org => OrganisationRules.SetLimit(org, caller, chainId, token, sum));

    public Task<Outcome<OrganisationState>> RequestApproval(
        string caller, RequestKey request, string id, ApprovedPayment payment) =>
        Change(caller, request, org => ApprovalRules.Request(org, caller, id, payment, Now));

    public Task<Outcome<OrganisationState>> DecideApproval(string caller, RequestKey request, string id, bool approve) =>
        Change(caller, request, org => ApprovalRules.Decide(org, caller, id, approve, Now));

    public async Task<Refusal?> UseApproval(ulong chainId, Address token, ApprovedPayment payment, Address wallet)
    {
        var outcome = await _state.Run(org => ApprovalRules.Use(org, chainId, token, payment, wallet, Now));
        return outcome.Accepted(out _, out var refusal) ? null : refusal;
    }

    public Task<OrganisationRoles> RoleOf(string account) => Task.FromResult(_state.State.RolesOf(account));

    public Task<Outcome<OrganisationState>> Read() => Task.FromResult(Present());

    public async IAsyncEnumerable<OrganisationState> Watch([EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var org in _watchers.Watch(() => _state.State, ct)) yield return org;
    }

    /// <summary>The saved answer is a version, since a whole organisation can be too large for one; told is the present.</summary>
    private async Task<Outcome<OrganisationState>> Change(
        string caller, RequestKey request, Func<OrganisationState, Outcome<OrganisationState>> rule)
    {
        var outcome = await _state.Run(caller, request, rule, org => new Receipt(org.Version));
        return outcome.Accepted(out _, out var refusal) ? Present() : refusal;
    }

    private Outcome<OrganisationState> Present() =>
        _state.State.Version == 0 ? OrganisationRules.NotFound : _state.State;

    private void Fail()
    {
        _watchers.End();
        DeactivateOnIdle();
    }
}
