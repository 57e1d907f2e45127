using Braintrust.Accounts;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using V1 = Braintrust.Api.Accounts.V1;

namespace Braintrust;

public sealed class OrganisationTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private readonly ApiServer _server = fixture.Server;
    private Person _owner = null!;
    private Person _member = null!;
    private Person _stranger = null!;

    private V1.OrganisationsService.OrganisationsServiceClient Api => _server.Organisations;

    private static string NewRequest => Guid.NewGuid().ToString();

    public async Task InitializeAsync() => (_owner, _member, _stranger) = (
        await _server.SignIn(DevelopmentKeys.Signer(0)), await _server.SignIn(DevelopmentKeys.Signer(1)),
        await _server.SignIn(DevelopmentKeys.Signer(2)));

    public Task DisposeAsync()
    {
        _server.Log.AssertNone();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_creation_sent_again_names_the_same_organisation()
    {
        var request = new V1.CreateOrganisationRequest { RequestId = NewRequest, Organisation = new() { DisplayName = "Acme" } };
        var first = (await Api.CreateOrganisationAsync(request, _owner.Headers)).Organisation;
        Assert.Equal(first, (await Api.CreateOrganisationAsync(request, _owner.Headers)).Organisation);
        Assert.NotEqual(first.Name, (await Api.CreateOrganisationAsync(request, _stranger.Headers)).Organisation.Name);
        request.Organisation.DisplayName = "Other";
        await Rpc.Refused(
            Api.CreateOrganisationAsync(request, _owner.Headers), StatusCode.InvalidArgument, ErrorReason.RequestIdReused);
    }

    [Fact]
    public async Task An_invited_member_joins_and_both_find_it_in_their_list()
    {
        var org = await Create();
        await Invite(org, _member, V1.OrganisationRole.HiringManager);
        Assert.True((await Listed(_member, org))!.Invited);
        await Rpc.Refused(
            Api.AcceptInvitationAsync(new() { RequestId = NewRequest, Name = org }, _stranger.Headers),
            StatusCode.NotFound, ErrorReason.NotFound, "name");

        var joined = (await Api.AcceptInvitationAsync(new() { RequestId = NewRequest, Name = org }, _member.Headers)).Organisation;

        Assert.Equal([_owner.Account, _member.Account], joined.Members.Select(member => member.Account));
        Assert.Equal([V1.OrganisationRole.HiringManager], (await Listed(_member, org))!.Roles);
        Assert.Equal(3, (await Listed(_owner, org))!.Roles.Count);
        Assert.Null(await Listed(_stranger, org));
        var members = await Api.ListMembersAsync(new() { Parent = org }, _member.Headers);
        Assert.Equal(
            new[] { _owner.Account, _member.Account }.Order(StringComparer.Ordinal), members.Members.Select(one => one.Member.Account));
    }

    [Fact]
    public async Task Members_are_listed_page_by_page_and_tokens_are_one_persons()
    {
        var org = await Staffed();
        var first = await Api.ListMembersAsync(new() { Parent = org, PageSize = 1 }, _owner.Headers);
        var second = await Api.ListMembersAsync(
            new() { Parent = org, PageSize = 1, PageToken = first.NextPageToken }, _owner.Headers);
        Assert.Equal(
            new[] { _owner.Account, _member.Account }.Order(StringComparer.Ordinal),
            first.Members.Concat(second.Members).Select(one => one.Member.Account));
        Assert.Empty(second.NextPageToken);
        await Rpc.Refused(
            Api.ListMembersAsync(new() { Parent = org, PageSize = 1, PageToken = first.NextPageToken }, _member.Headers),
            StatusCode.InvalidArgument, ErrorReason.PageTokenInvalid);
    }

    [Fact]
    public async Task A_stranger_sees_what_is_public_and_nothing_else()
    {
        var org = await Staffed();
        var seen = (await Api.GetOrganisationAsync(new() { Name = org }, _stranger.Headers)).Organisation;
        Assert.Equal((org, "Acme", 0), (seen.Name, seen.DisplayName, seen.Members.Count));
        Func<Task>[] calls =
        [
            async () => await Api.ListMembersAsync(new() { Parent = org }, _stranger.Headers),
            async () => await Api.ListApprovalsAsync(new() { Parent = org }, _stranger.Headers),
            async () => await Api.RemoveMemberAsync(
                new() { RequestId = NewRequest, Name = org, Account = _member.Account }, _stranger.Headers),
            async () => await Api.UpdateOrganisationAsync(
                new() { RequestId = NewRequest, Organisation = new() { Name = org, DisplayName = "Mine" } }, _stranger.Headers),
            async () => await Watch(_stranger, org),
        ];
        foreach (var call in calls) await Rpc.Refused(call, StatusCode.PermissionDenied, ErrorReason.RoleRequired);
    }

    [Fact]
    public async Task A_removed_member_loses_the_agreements_and_the_watches_at_once()
    {
        var (org, agreement) = await Hired();
        Assert.Equal(org, (await _server.Escrow.GetAgreementAsync(new() { Name = agreement }, _member.Headers)).Agreement.Organisation);
        using var organisation = StreamReader.Open(_server, _member, [org]);
        using var both = StreamReader.Open(_server, _member, [agreement, org]);
        using var money = StreamReader.Open(_server, _member, [agreement]);
        using var talk = StreamReader.Open(_server, _member, ["threads/" + agreement]);
        StreamReader[] streams = [organisation, both, money, talk];
        foreach (var stream in streams) await stream.Snapshot();

        await Api.RemoveMemberAsync(new() { RequestId = NewRequest, Name = org, Account = _member.Account }, _owner.Headers);

        await Rpc.Refused(
            _server.Escrow.GetAgreementAsync(new() { Name = agreement }, _member.Headers),
            StatusCode.PermissionDenied, ErrorReason.NotAParty);
        foreach (var stream in streams)
            Assert.Equal(StatusCode.Unavailable, (await stream.End()).StatusCode);
        await Rpc.Refused(() => Watch(_member, agreement), StatusCode.PermissionDenied, ErrorReason.NotAParty);
        await Rpc.Refused(
            _server.Threads.GetThreadAsync(new() { Name = "threads/" + agreement }, _member.Headers),
            StatusCode.PermissionDenied, ErrorReason.NotAParty);
        await Rpc.Refused(() => Watch(_member, org), StatusCode.PermissionDenied, ErrorReason.RoleRequired);
        Assert.Null(await Listed(_member, org));
        Assert.Empty((await Api.GetOrganisationAsync(new() { Name = org }, _member.Headers)).Organisation.Members);
    }

    [Fact]
    public async Task An_answer_repeated_to_somebody_who_left_tells_what_strangers_see()
    {
        var org = await Create();
        await Invite(org, _member, V1.OrganisationRole.HiringManager);
        var accept = new V1.AcceptInvitationRequest { RequestId = NewRequest, Name = org };
        Assert.NotEmpty((await Api.AcceptInvitationAsync(accept, _member.Headers)).Organisation.Members);
        await Api.RemoveMemberAsync(new() { RequestId = NewRequest, Name = org, Account = _member.Account }, _member.Headers);
        Assert.Empty((await Api.AcceptInvitationAsync(accept, _member.Headers)).Organisation.Members);
        Assert.Null(await Listed(_member, org));
    }

    [Fact]
    public async Task A_watching_member_sees_a_request_for_approval_and_the_list_keeps_the_answer()
    {
        var (org, agreement) = await Hired();
        using var stream = StreamReader.Open(_server, _owner, [org]);
        await stream.Snapshot();
        var request = new V1.RequestApprovalRequest
        {
            RequestId = NewRequest, Parent = org, Agreement = agreement, Move = EscrowV1.Move.Fund, Sum = "1150000000000000000",
        };
        var asked = (await Api.RequestApprovalAsync(request, _member.Headers)).Approval;
        Assert.Equal(asked, (await Api.RequestApprovalAsync(request, _member.Headers)).Approval);
        await stream.UntilUpdate(update => update.Organisation.Approvals.Contains(asked));
        await Rpc.Refused(
            Api.ApprovePaymentAsync(new() { RequestId = NewRequest, Name = asked.Name }, _member.Headers),
            StatusCode.PermissionDenied, ErrorReason.RoleRequired);

        var answered = (await Api.ApprovePaymentAsync(new() { RequestId = NewRequest, Name = asked.Name }, _owner.Headers)).Approval;

        Assert.Equal((V1.ApprovalState.Approved, _owner.Account), (answered.State, answered.Approver));
        await stream.UntilUpdate(update => update.Organisation.Approvals.Contains(answered));
        var listed = await Api.ListApprovalsAsync(new() { Parent = org, Filter = "state = APPROVED" }, _member.Headers);
        Assert.Equal((answered.Name, answered.Sum), (Assert.Single(listed.Approvals).Name, listed.Approvals[0].Sum));
        Assert.Empty((await Api.ListApprovalsAsync(new() { Parent = org, Filter = "state = PENDING" }, _member.Headers)).Approvals);
    }

    [Fact]
    public async Task An_approval_is_asked_only_for_the_organisations_own_agreements()
    {
        var org = await Staffed();
        var foreign = await Deals.Offer(_server, _owner, _stranger);
        await Rpc.Refused(
            Api.RequestApprovalAsync(
                new() { RequestId = NewRequest, Parent = org, Agreement = foreign.Name, Move = EscrowV1.Move.Fund, Sum = "1" }, _owner.Headers),
            StatusCode.NotFound, ErrorReason.NotFound, "agreement");
    }

    [Fact]
    public async Task Only_a_members_wallet_pays()
    {
        var org = await Staffed();
        var paying = (await Api.AddPayerWalletAsync(
            new() { RequestId = NewRequest, Name = org, Wallet = _member.Address.ToString() }, _owner.Headers)).Organisation;
        Assert.Equal((_member.Address.ToString(), _member.Account), (paying.PayerWallets[0].Wallet, paying.PayerWallets[0].Account));
        foreach (var wallet in new[] { _stranger.Address, DevelopmentKeys.Address(19) })
            await Rpc.Refused(
                Api.AddPayerWalletAsync(new() { RequestId = NewRequest, Name = org, Wallet = wallet.ToString() }, _owner.Headers),
                StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "wallet");
        await Rpc.Refused(
            Api.AddPayerWalletAsync(new() { RequestId = NewRequest, Name = org, Wallet = _member.Address.ToString() }, _member.Headers),
            StatusCode.PermissionDenied, ErrorReason.RoleRequired);
    }

    [Fact]
    public async Task An_update_rests_on_the_etag_and_writes_the_masked_fields_alone()
    {
        var org = await Create();
        var read = (await Api.GetOrganisationAsync(new() { Name = org }, _owner.Headers)).Organisation;
        V1.UpdateOrganisationRequest Update(string name, string site, params string[] paths) => new()
        {
            RequestId = NewRequest, Organisation = new() { Name = org, DisplayName = name, Website = site, Etag = read.Etag },
            UpdateMask = new() { Paths = { paths } },
        };
        var changed = (await Api.UpdateOrganisationAsync(Update("Lost", "https://acme.example", "website"), _owner.Headers)).Organisation;
        Assert.Equal(("Acme", "https://acme.example"), (changed.DisplayName, changed.Website));
        await Rpc.Refused(
            Api.UpdateOrganisationAsync(Update("Lost", ""), _owner.Headers), StatusCode.Aborted, ErrorReason.EtagMismatch, "organisation.etag");
        await Rpc.Refused(
            Api.UpdateOrganisationAsync(Update("Lost", "", "members"), _owner.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "update_mask");
    }

    [Theory]
    [InlineData("", "name")]
    [InlineData("organisations/", "name")]
    [InlineData("organisations/01ARZ3NDEKTSV4RRFFQ69G5FA", "name")]
    [InlineData("organisations/01arz3ndektsv4rrffq69g5fav", "name")]
    [InlineData("organisations/81ARZ3NDEKTSV4RRFFQ69G5FAV", "name")]
    [InlineData("accounts/01ARZ3NDEKTSV4RRFFQ69G5FAV", "name")]
    public async Task A_malformed_name_is_refused_by_its_field(string name, string field) => await Rpc.Refused(
        Api.GetOrganisationAsync(new() { Name = name }, _owner.Headers),
        StatusCode.InvalidArgument, ErrorReason.InvalidArgument, field);

    [Fact]
    public async Task What_does_not_exist_is_not_found()
    {
        var nothing = "organisations/" + Ulids.Of("nobody", Guid.NewGuid(), "organisation");
        await Rpc.Refused(Api.GetOrganisationAsync(new() { Name = nothing }, _owner.Headers), StatusCode.NotFound, ErrorReason.NotFound);
        await Rpc.Refused(() => Watch(_owner, nothing), StatusCode.NotFound, ErrorReason.NotFound);
        var org = await Create();
        await Rpc.Refused(
            Api.InviteMemberAsync(
                new() { RequestId = NewRequest, Name = org, Account = "accounts/01ARZ3NDEKTSV4RRFFQ69G5FAV", Roles = { V1.OrganisationRole.Owner } },
                _owner.Headers),
            StatusCode.NotFound, ErrorReason.NotFound, "account");
        await Rpc.Refused(
            Api.InviteMemberAsync(new() { RequestId = NewRequest, Name = org, Account = _member.Account }, _owner.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "roles");
        await Rpc.Refused(
            Api.ApprovePaymentAsync(new() { RequestId = NewRequest, Name = org + "/approvals/01ARZ3NDEKTSV4RRFFQ69G5FAV" }, _owner.Headers),
            StatusCode.NotFound, ErrorReason.NotFound, "name");
    }

    private async Task<string> Create() => (await Api.CreateOrganisationAsync(
        new() { RequestId = NewRequest, Organisation = new() { DisplayName = "Acme" } }, _owner.Headers)).Organisation.Name;

    private async Task<string> Staffed()
    {
        var org = await Create();
        await Invite(org, _member, V1.OrganisationRole.HiringManager);
        await Api.AcceptInvitationAsync(new() { RequestId = NewRequest, Name = org }, _member.Headers);
        return org;
    }

    /// <summary>An agreement between the owner's wallet and the stranger, hired by the organisation.</summary>
    private async Task<(string Organisation, string Agreement)> Hired()
    {
        var org = await Staffed();
        var request = await Deals.Sign(_stranger, await Deals.Prepare(_server, _stranger, Deals.Terms(_server, _owner, _stranger)));
        var terms = Deals.Read(request.Terms);
        var key = Wire.Key(ScriptedSource.ChainId, TermsHash.Negotiation(terms.Talent, terms.Nonce));
        var talent = new Caller(_stranger.Account["accounts/".Length..], new HashSet<Address> { _stranger.Address });
        var offered = await _server.Services.GetRequiredService<IGrainFactory>().GetGrain<IEscrowGrain>(key).Offer(
            talent, new RequestKey(Guid.NewGuid(), default), terms, request.TalentSignature.ToByteArray(),
            new AgreementContext(Organisation: org["organisations/".Length..]));
        Assert.True(offered.Accepted(out _, out _));
        return (org, "agreements/" + key);
    }

    private Task Invite(string org, Person person, V1.OrganisationRole role) => Api.InviteMemberAsync(
        new() { RequestId = NewRequest, Name = org, Account = person.Account, Roles = { role } }, _owner.Headers).ResponseAsync;

    private async Task<V1.Membership?> Listed(Person person, string org) =>
        (await Api.ListOrganisationsAsync(new() { PageSize = 200 }, person.Headers)).Memberships
            .SingleOrDefault(membership => membership.Organisation == org);

    private async Task Watch(Person person, string subject)
    {
        using var stream = StreamReader.Open(_server, person, [subject]);
        await stream.Next();
    }
}
