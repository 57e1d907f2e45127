using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Security;
using Grpc.Core;
using V1 = Braintrust.Api.Accounts.V1;

namespace Braintrust.Accounts;

public sealed class OrganisationsService(
    Callers callers, ISessionStore wallets, IFollowedChains chains, OrganisationListings listings, IGrainFactory grains,
    TimeProvider clock) : V1.OrganisationsService.OrganisationsServiceBase
{
    public override async Task<V1.CreateOrganisationResponse> CreateOrganisation(
        V1.CreateOrganisationRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var (caller, _) = await callers.Account(context);
        var organisation = request.Organisation ?? throw Wire.Bad("organisation", "An organisation is required.");
        var id = Ulids.Of(caller, key.Id, "organisation");
        var outcome = await Grain(id).Open(caller, key, organisation.DisplayName, organisation.Website);
        return new() { Organisation = Told(id, outcome, caller) };
    }

    public override async Task<V1.GetOrganisationResponse> GetOrganisation(
        V1.GetOrganisationRequest request, ServerCallContext context)
    {
        var id = OrganisationsWire.Id(request.Name, "name");
        var (caller, _) = await callers.Account(context);
        return new() { Organisation = Told(id, await Grain(id).Read(), caller) };
    }

    public override async Task<V1.UpdateOrganisationResponse> UpdateOrganisation(
        V1.UpdateOrganisationRequest request, ServerCallContext context)
    {
        var wanted = request.Organisation ?? throw Wire.Bad("organisation", "An organisation is required.");
        var id = OrganisationsWire.Id(wanted.Name, "organisation.name");
        var fields = Masks.Read(request.UpdateMask, wanted, "display_name", "website");
        var expected = Wire.ExpectedState(wanted.Etag, "organisation.etag");
        var answer = await Change(context, id, request, request.RequestId, (org, caller, key) => org.Update(
            caller, key, fields.Contains("display_name") ? wanted.DisplayName : null,
            fields.Contains("website") ? wanted.Website : null, expected));
        return new() { Organisation = answer };
    }

    public override async Task<V1.InviteMemberResponse> InviteMember(V1.InviteMemberRequest request, ServerCallContext context)
    {
        var id = OrganisationsWire.Id(request.Name, "name");
        var (account, roles) = (Wire.UlidName(request.Account, "accounts", "account"), OrganisationsWire.Roles(request.Roles));
        if ((await grains.GetGrain<IAccountGrain>(account).Read()).IsRefused)
            throw new Refusal(RefusalCode.NotFound, "There is no such account.", "account").ToRpc();
        return new()
        {
            Organisation = await Change(
                context, id, request, request.RequestId, (org, caller, key) => org.Invite(caller, key, account, roles)),
        };
    }

    public override async Task<V1.AcceptInvitationResponse> AcceptInvitation(
        V1.AcceptInvitationRequest request, ServerCallContext context) => new()
    {
        Organisation = await Change(
            context, OrganisationsWire.Id(request.Name, "name"), request, request.RequestId,
            (org, caller, key) => org.AcceptInvitation(caller, key)),
    };

    public override async Task<V1.DeclineInvitationResponse> DeclineInvitation(
        V1.DeclineInvitationRequest request, ServerCallContext context) => new()
    {
        Organisation = await Change(
            context, OrganisationsWire.Id(request.Name, "name"), request, request.RequestId,
            (org, caller, key) => org.DeclineInvitation(caller, key)),
    };

    public override async Task<V1.ChangeMemberRolesResponse> ChangeMemberRoles(
        V1.ChangeMemberRolesRequest request, ServerCallContext context)
    {
        var id = OrganisationsWire.Id(request.Name, "name");
        var (account, roles) = (Wire.UlidName(request.Account, "accounts", "account"), OrganisationsWire.Roles(request.Roles));
        return new()
        {
            Organisation = await Change(
                context, id, request, request.RequestId, (org, caller, key) => org.ChangeRoles(caller, key, account, roles)),
        };
    }

    public override async Task<V1.RemoveMemberResponse> RemoveMember(V1.RemoveMemberRequest request, ServerCallContext context)
    {
        var id = OrganisationsWire.Id(request.Name, "name");
        var account = Wire.UlidName(request.Account, "accounts", "account");
        return new()
        {
            Organisation = await Change(
                context, id, request, request.RequestId, (org, caller, key) => org.Remove(caller, key, account)),
        };
    }

    public override async Task<V1.AddPayerWalletResponse> AddPayerWallet(
        V1.AddPayerWalletRequest request, ServerCallContext context)
    {
        var id = OrganisationsWire.Id(request.Name, "name");
        var wallet = Wire.Address(request.Wallet, "wallet");
        var holder = await wallets.FindAccount(wallet, context.CancellationToken);
        return new()
        {
            Organisation = await Change(
                context, id, request, request.RequestId, (org, caller, key) => org.AddPayer(caller, key, wallet, holder)),
        };
    }

    public override async Task<V1.RemovePayerWalletResponse> RemovePayerWallet(
        V1.RemovePayerWalletRequest request, ServerCallContext context)
    {
        var id = OrganisationsWire.Id(request.Name, "name");
        var wallet = Wire.Address(request.Wallet, "wallet");
        return new()
        {
            Organisation = await Change(
                context, id, request, request.RequestId, (org, caller, key) => org.RemovePayer(caller, key, wallet)),
        };
    }

    public override async Task<V1.SetApprovalLimitResponse> SetApprovalLimit(
        V1.SetApprovalLimitRequest request, ServerCallContext context)
    {
        var id = OrganisationsWire.Id(request.Name, "name");
        var chainId = chains.OrThrow(request.ChainId, "chain_id").Settings.ChainId;
        var token = Wire.Address(request.Token, "token");
        Amount? sum = request.Sum.Length == 0 ? null : Wire.Amount(request.Sum, "sum");
        return new()
        {
            Organisation = await Change(
                context, id, request, request.RequestId, (org, caller, key) => org.SetLimit(caller, key, chainId, token, sum)),
        };
    }

    public override async Task<V1.RequestApprovalResponse> RequestApproval(
        V1.RequestApprovalRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var id = OrganisationsWire.Id(request.Parent, "parent");
        var payment = OrganisationsWire.Payment(request);
        var caller = await callers.Of(context);
        await CheckAgreement(payment, id, caller);
        var approval = Ulids.Of(caller.AccountId, key.Id, "approval");
        var outcome = await Grain(id).RequestApproval(caller.AccountId, key, approval, payment);
        return new() { Approval = Approval(id, approval, outcome) };
    }

    public override async Task<V1.ApprovePaymentResponse> ApprovePayment(
        V1.ApprovePaymentRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        return new() { Approval = await Decide(context, key, request.Name, approve: true) };
    }

    public override async Task<V1.DeclinePaymentResponse> DeclinePayment(
        V1.DeclinePaymentRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        return new() { Approval = await Decide(context, key, request.Name, approve: false) };
    }

    public override async Task<V1.ListOrganisationsResponse> ListOrganisations(
        V1.ListOrganisationsRequest request, ServerCallContext context)
    {
        var (caller, _) = await callers.Account(context);
        return await listings.Organisations(caller, request, context.CancellationToken);
    }

    public override async Task<V1.ListMembersResponse> ListMembers(V1.ListMembersRequest request, ServerCallContext context)
    {
        var id = OrganisationsWire.Id(request.Parent, "parent");
        return await listings.Members(await Member(context, id), id, request, context.CancellationToken);
    }

    public override async Task<V1.ListApprovalsResponse> ListApprovals(V1.ListApprovalsRequest request, ServerCallContext context)
    {
        var id = OrganisationsWire.Id(request.Parent, "parent");
        return await listings.Approvals(await Member(context, id), id, request, context.CancellationToken);
    }

    private async Task<V1.Approval> Decide(ServerCallContext context, RequestKey key, string name, bool approve)
    {
        var (id, approval) = OrganisationsWire.ApprovalId(name, "name");
        var (caller, _) = await callers.Account(context);
        return Approval(id, approval, await Grain(id).DecideApproval(caller, key, approval, approve));
    }

    /// <summary>The caller, who is a member.</summary>
    private async Task<string> Member(ServerCallContext context, string organisation)
    {
        var (caller, _) = await callers.Account(context);
        await CheckMember(organisation, caller);
        return caller;
    }

    private async Task CheckMember(string organisation, string account)
    {
        var org = (await Grain(organisation).Read()).OrThrow();
        if (org.Member(account) is null)
            throw new Refusal(RefusalCode.RoleRequired, "Only members of the organisation can do this.").ToRpc();
    }

    /// <summary>The agreement is the organisation's, and the caller may see it.</summary>
    private async Task CheckAgreement(ApprovedPayment payment, string organisation, Caller caller)
    {
        await CheckMember(organisation, caller.AccountId);
        var read = await grains.GetGrain<IEscrowGrain>(payment.Agreement).Read(caller);
        if (!read.Accepted(out var agreement, out _) || agreement.Context?.Organisation != organisation)
            throw new Refusal(RefusalCode.NotFound, "The organisation has no such agreement.", "agreement").ToRpc();
    }

    private async Task<V1.Organisation> Change<TRequest>(
        ServerCallContext context, string id, TRequest request, string requestId,
        Func<IOrganisationGrain, string, RequestKey, Task<Outcome<OrganisationState>>> change)
        where TRequest : Google.Protobuf.IMessage<TRequest>
    {
        var key = Wire.Request(request, requestId);
        var (caller, _) = await callers.Account(context);
        return Told(id, await change(Grain(id), caller, key), caller);
    }

    private V1.Organisation Told(string id, Outcome<OrganisationState> outcome, string caller)
    {
        var org = outcome.OrThrow();
        return org.Member(caller) is null
            ? OrganisationsWire.Public(id, org)
            : OrganisationsWire.Organisation(id, org, clock.GetUtcNow());
    }

    private V1.Approval Approval(string organisation, string id, Outcome<OrganisationState> outcome) =>
        outcome.OrThrow().Approvals.FirstOrDefault(approval => approval.Id == id) is { } approval
            ? OrganisationsWire.Approval(organisation, approval, clock.GetUtcNow())
            : throw new Refusal(RefusalCode.NotFound, "The approval ended long ago.", "name").ToRpc();

    private IOrganisationGrain Grain(string id) => grains.GetGrain<IOrganisationGrain>(id);
}
