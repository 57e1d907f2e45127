using System.Numerics;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Governance;
using Grpc.Core;
using AccountsV1 = Braintrust.Api.Accounts.V1;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust;

/// <summary>An organisation hires: a manager without money, a payer without jobs, and a second person above the limit.</summary>
public sealed class OrganisationEmployerTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    /// <summary>Of a payment: the first milestone with its fee is below it, both together are not.</summary>
    private const string Limit = "2500";

    private readonly ApiServer _server = fixture.Server;
    private Person _owner = null!;
    private Person _manager = null!;
    private Person _payer = null!;
    private Hiring _hiring = null!;
    private string _org = "";

    private AccountsV1.OrganisationsService.OrganisationsServiceClient Organisations => _server.Organisations;

    public async Task InitializeAsync()
    {
        (_owner, _manager, _payer) = (
            await _server.SignIn(DevelopmentKeys.Signer(0)), await _server.SignIn(DevelopmentKeys.Signer(1)),
            await _server.SignIn(DevelopmentKeys.Signer(2)));
        _hiring = new Hiring(
            _server, _manager, await _server.SignIn(DevelopmentKeys.Signer(3)), await _server.SignIn(ApiServer.Reviewer));
        var created = new AccountsV1.CreateOrganisationRequest { RequestId = Hiring.Id(), Organisation = new() { DisplayName = "Acme" } };
        _org = (await Organisations.CreateOrganisationAsync(created, _owner.Headers)).Organisation.Name;
        await Join(_manager, AccountsV1.OrganisationRole.HiringManager);
        await Join(_payer, AccountsV1.OrganisationRole.FinanceApprover);
        await Organisations.AddPayerWalletAsync(
            new() { RequestId = Hiring.Id(), Name = _org, Wallet = _payer.Address.ToString() }, _owner.Headers);
        await Organisations.SetApprovalLimitAsync(
            new() { RequestId = Hiring.Id(), Name = _org, ChainId = ScriptedSource.ChainId, Token = ScriptedSource.Token.ToString(), Sum = Limit },
            _owner.Headers);
        Rich(_server.Source.Chain);
    }

    public Task DisposeAsync()
    {
        _server.Log.AssertNone();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task It_hires_by_a_manager_and_pays_by_a_payer_above_the_limit_with_a_second_member()
    {
        var job = await Job();
        await Refused(() => Create(_payer), StatusCode.PermissionDenied, ErrorReason.RoleRequired);
        await Refused(() => Create(_hiring.Talent), StatusCode.PermissionDenied, ErrorReason.RoleRequired);
        var negotiation = await _hiring.Negotiate(job, await _hiring.Bid(job));
        Assert.Equal((_org, _org), (job.Employer, negotiation.Employer));
        await Rpc.Refused(
            _server.Negotiations.CounterOfferAsync(Proposed(negotiation, _manager), _manager.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "terms.employer");
        await Refused(
            async () => await _server.Negotiations.CounterOfferAsync(Proposed(negotiation, _payer), _payer.Headers),
            StatusCode.NotFound, ErrorReason.NotFound);
        var agreement = await Signed(negotiation);

        await Refused(() => Fund(agreement, _manager, _manager.Address, 1), StatusCode.PermissionDenied, ErrorReason.NotAParty);
        await Refused(() => Fund(agreement, _manager, _payer.Address, 1), StatusCode.PermissionDenied, ErrorReason.NotAParty);
        Assert.Equal(_payer.Address.ToString(), (await Fund(agreement, _payer, _payer.Address, 1)).Transaction.From);
        await Refused(() => Fund(agreement, _payer, _payer.Address, 2), StatusCode.FailedPrecondition, ErrorReason.ApprovalRequired);

        var asked = await Organisations.RequestApprovalAsync(
            new() { RequestId = Hiring.Id(), Parent = _org, Agreement = agreement, Move = EscrowV1.Move.Fund, Sum = "2875" }, _payer.Headers);
        foreach (var one in new[] { _payer, _manager })
            await Refused(() => Approve(asked.Approval.Name, one), StatusCode.PermissionDenied, ErrorReason.RoleRequired);
        await Refused(() => Fund(agreement, _payer, _payer.Address, 2), StatusCode.FailedPrecondition, ErrorReason.ApprovalRequired);
        await Approve(asked.Approval.Name, _owner);
        Assert.NotEmpty((await Fund(agreement, _payer, _payer.Address, 2)).Transaction.Data);

        var signed = await _hiring.Read(negotiation);
        _server.Source.Chain.Mine(ScriptedSource.Funded(Hiring.Read(signed.Offers[^1].Terms), 2));
        await Eventually.Does(async () => Assert.Equal(signed.Accepted, (await _hiring.Read(negotiation)).Funded));
    }

    [Fact]
    public async Task A_removed_member_loses_jobs_negotiations_and_their_watches_at_once()
    {
        var draft = (await Create(_manager)).Job;
        var job = await Job();
        var bid = await _hiring.Bid(job);
        var negotiation = await _hiring.Negotiate(job, bid);
        var agreement = await Signed(negotiation);
        string[] subjects = [draft.Name, job.Name, bid.Name, negotiation.Name, agreement];
        var streams = subjects.Select(subject => StreamReader.Open(_server, _manager, [subject])).ToArray();
        foreach (var stream in streams) await stream.Snapshot();

        await Organisations.RemoveMemberAsync(new() { RequestId = Hiring.Id(), Name = _org, Account = _manager.Account }, _owner.Headers);

        await RefusedNow(draft, job, bid, negotiation, agreement);
        foreach (var stream in streams)
        {
            Assert.Equal(StatusCode.Unavailable, (await stream.End()).StatusCode);
            stream.Dispose();
        }

        // What everybody sees is seen by the former member too.
        Assert.Equal(job.Name, (await _hiring.Read(job)).Name);
        Assert.Empty((await _server.Jobs.ListBidsAsync(new() { Parent = job.Name }, _manager.Headers)).Bids);
        foreach (var subject in subjects.Except([job.Name]))
            await Assert.ThrowsAsync<RpcException>(() => StreamReader.Open(_server, _manager, [subject]).Next());
    }

    [Fact]
    public async Task A_member_that_hires_no_more_keeps_the_agreements_and_loses_the_negotiations()
    {
        var negotiation = await Negotiation();
        var agreement = await Signed(negotiation);
        using var talk = StreamReader.Open(_server, _manager, [negotiation.Name]);
        using var money = StreamReader.Open(_server, _manager, [agreement]);
        await talk.Snapshot();
        await money.Snapshot();

        await Organisations.ChangeMemberRolesAsync(
            new() { RequestId = Hiring.Id(), Name = _org, Account = _manager.Account, Roles = { AccountsV1.OrganisationRole.FinanceApprover } },
            _owner.Headers);

        await Refused(() => _hiring.Read(negotiation), StatusCode.NotFound, ErrorReason.NotFound);
        Assert.Equal(StatusCode.Unavailable, (await talk.End()).StatusCode);
        Assert.Equal(_org, (await _server.Escrow.GetAgreementAsync(new() { Name = agreement }, _manager.Headers)).Agreement.Organisation);
        await money.Until(message => message.Heartbeat is not null);
    }

    [Fact]
    public async Task A_removed_payers_wallet_is_named_in_no_further_offer()
    {
        var negotiation = await Negotiation();
        await Organisations.RemoveMemberAsync(new() { RequestId = Hiring.Id(), Name = _org, Account = _payer.Account }, _owner.Headers);
        await Rpc.Refused(
            _server.Negotiations.CounterOfferAsync(Proposed(negotiation, _payer), _manager.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "terms.employer");
    }

    private async Task RefusedNow(V1.Job draft, V1.Job job, V1.Bid bid, V1.Negotiation negotiation, string agreement)
    {
        var headers = _manager.Headers;
        await Refused(() => _hiring.Read(draft), StatusCode.NotFound, ErrorReason.NotFound);
        await Refused(() => _hiring.Read(negotiation), StatusCode.NotFound, ErrorReason.NotFound);
        await Refused(() => Create(_manager), StatusCode.PermissionDenied, ErrorReason.RoleRequired);
        await Refused(
            async () => await _server.Jobs.PostJobAsync(new() { RequestId = Hiring.Id(), Name = draft.Name }, headers),
            StatusCode.NotFound, ErrorReason.NotFound);
        await Refused(
            async () => await _server.Jobs.CloseJobAsync(new() { RequestId = Hiring.Id(), Name = job.Name }, headers),
            StatusCode.PermissionDenied, ErrorReason.NotAParty);
        await Refused(
            async () => await _server.Jobs.GetBidAsync(new() { Name = bid.Name }, headers), StatusCode.NotFound, ErrorReason.NotFound);
        await Refused(
            async () => await _server.Negotiations.ListNegotiationsAsync(new() { Employer = _org }, headers),
            StatusCode.PermissionDenied, ErrorReason.RoleRequired);
        await Refused(
            async () => await _server.Escrow.GetAgreementAsync(new() { Name = agreement }, headers),
            StatusCode.PermissionDenied, ErrorReason.NotAParty);
    }

    private async Task<V1.Negotiation> Negotiation()
    {
        var job = await Job();
        return await _hiring.Negotiate(job, await _hiring.Bid(job));
    }

    private Task<V1.Job> Job() => _hiring.Open(new V1.Job(_hiring.Written()) { Employer = _org });

    private async Task<V1.CreateJobResponse> Create(Person by) => await _server.Jobs.CreateJobAsync(
        new() { RequestId = Hiring.Id(), Job = new V1.Job(_hiring.Written()) { Employer = _org } }, by.Headers);

    private V1.CounterOfferRequest Proposed(V1.Negotiation negotiation, Person payer)
    {
        var request = _hiring.Proposed(negotiation, "2000", "500");
        request.Terms.Employer = payer.Address.ToString();
        return request;
    }

    /// <summary>The agreement that the payer can fund: offered by the manager, accepted and signed by the talent.</summary>
    private async Task<string> Signed(V1.Negotiation negotiation)
    {
        var offered = (await _server.Negotiations.CounterOfferAsync(Proposed(negotiation, _payer), _manager.Headers)).Negotiation;
        return (await _hiring.Sign(await _hiring.Accept(_hiring.Talent, offered))).Agreement;
    }

    private async Task<EscrowV1.PrepareMoveResponse> Fund(string agreement, Person by, Address wallet, uint milestones) =>
        await _server.Escrow.PrepareMoveAsync(
            new() { Name = agreement, Wallet = wallet.ToString(), Move = EscrowV1.Move.Fund, Count = milestones }, by.Headers);

    private async Task Approve(string approval, Person by) =>
        await Organisations.ApprovePaymentAsync(new() { RequestId = Hiring.Id(), Name = approval }, by.Headers);

    private async Task Join(Person person, AccountsV1.OrganisationRole role)
    {
        await Organisations.InviteMemberAsync(
            new() { RequestId = Hiring.Id(), Name = _org, Account = person.Account, Roles = { role } }, _owner.Headers);
        await Organisations.AcceptInvitationAsync(new() { RequestId = Hiring.Id(), Name = _org }, person.Headers);
    }

    /// <summary>Everybody has tokens and gas, and the escrow may take them: what is refused is refused by us.</summary>
    private static void Rich(ScriptedChain chain)
    {
        foreach (var account in Enumerable.Range(0, 4)) chain.SetBalance(DevelopmentKeys.Address(account), BigInteger.Pow(10, 18));
        chain.OnCall(ScriptedSource.Token, (call, _) => call.Data.Span.StartsWith(BraintrustTokenContract.BalanceOf.SelectorBytes)
            ? BraintrustTokenContract.BalanceOf.EncodeResult(1_000_000)
            : BraintrustTokenContract.Allowance.EncodeResult(1_000_000));
        chain.OnCall(ScriptedSource.Contract, (call, _) => call.Data.Span.StartsWith(WorkAgreementsContract.Policy.SelectorBytes)
            ? WorkAgreementsContract.Policy.EncodeResult(ScriptedPolicy.Contract)
            : Array.Empty<byte>());
    }

    private static Task Refused(Func<Task> call, StatusCode status, ErrorReason reason) => Rpc.Refused(call, status, reason);
}
