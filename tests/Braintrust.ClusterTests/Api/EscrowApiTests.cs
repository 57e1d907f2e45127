using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Google.Protobuf;
using Grpc.Core;
using EscrowV1 = Braintrust.Api.Escrow.V1;

namespace Braintrust;

public sealed class EscrowApiTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private readonly ApiServer _server = fixture.Server;
    private Person _employer = null!;
    private Person _talent = null!;

    public async Task InitializeAsync() =>
        (_employer, _talent) = (await _server.SignIn(DevelopmentKeys.Signer(0)), await _server.SignIn(DevelopmentKeys.Signer(1)));

    public Task DisposeAsync()
    {
        _server.Log.AssertNone();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Preparing_fills_in_manager_payout_and_fee_and_answers_what_the_contract_hashes()
    {
        var prepared = await Deals.Prepare(_server, _talent, Deals.Terms(_server, _employer, _talent));

        Assert.Equal(_employer.Address.ToString(), prepared.Terms.Manager);
        Assert.Equal(_talent.Address.ToString(), prepared.Terms.Payout);
        Assert.Equal((WorkStory.PolicyVersion, ScriptedSource.FeeBps), (prepared.Terms.PolicyVersion, prepared.Terms.FeeBps));
        var terms = Deals.Read(prepared.Terms);
        Assert.Equal(TermsHash.Of(terms, ScriptedSource.ChainId, ScriptedSource.Contract).ToString(), prepared.Agreement);
        Assert.Equal(prepared.Agreement, TypedData.Parse(prepared.TypedDataJson).Digest.ToString());
        Assert.Equal($"agreements/31337-{TermsHash.Negotiation(terms.Talent, terms.Nonce)}", prepared.Name);
    }

    [Fact]
    public async Task Signed_terms_are_offered_and_both_parties_see_them()
    {
        var prepared = await Deals.Prepare(_server, _talent, Deals.Terms(_server, _employer, _talent));
        var request = await Deals.Sign(_talent, prepared);

        var offered = (await _server.Escrow.OfferTermsAsync(request, _talent.Headers)).Agreement;

        Assert.Equal(prepared.Name, offered.Name);
        Assert.Equal(prepared.Agreement, offered.Offer.Agreement);
        Assert.Equal(prepared.Terms, offered.Offer.Terms);
        Assert.Equal(request.TalentSignature, offered.Offer.TalentSignature);
        Assert.Equal(EscrowV1.AgreementPhase.Unspecified, offered.Phase);
        foreach (var party in new[] { _employer, _talent })
            Assert.Equal(offered.Offer, (await _server.Escrow.GetAgreementAsync(new() { Name = offered.Name }, party.Headers)).Agreement.Offer);
    }

    [Fact]
    public async Task An_offer_sent_again_answers_again_and_with_another_body_is_refused()
    {
        var request = await Deals.Sign(_talent, await Deals.Prepare(_server, _talent, Deals.Terms(_server, _employer, _talent)));
        var first = (await _server.Escrow.OfferTermsAsync(request, _talent.Headers)).Agreement;

        Assert.Equal(first.Etag, (await _server.Escrow.OfferTermsAsync(request, _talent.Headers)).Agreement.Etag);

        var other = await Deals.Sign(_talent, await Deals.Prepare(
            _server, _talent, new(request.Terms) { Sequence = "1", Documents = Hash32.Keccak("another text"u8).ToString() }));
        other.RequestId = request.RequestId;
        await Rpc.Refused(
            _server.Escrow.OfferTermsAsync(other, _talent.Headers), StatusCode.InvalidArgument, ErrorReason.RequestIdReused);
        Assert.Equal(first.Offer, (await _server.Escrow.GetAgreementAsync(new() { Name = first.Name }, _talent.Headers)).Agreement.Offer);
    }

    [Fact]
    public async Task Strangers_see_nothing_and_offer_nothing()
    {
        var stranger = await _server.SignIn(DevelopmentKeys.Signer(9));
        var agreement = await Deals.Offer(_server, _employer, _talent);
        var request = await Deals.Sign(_talent, await Deals.Prepare(_server, _talent, Deals.Terms(_server, _employer, _talent)));

        await Rpc.Refused(
            _server.Escrow.GetAgreementAsync(new() { Name = agreement.Name }, stranger.Headers),
            StatusCode.PermissionDenied, ErrorReason.NotAParty);
        await Rpc.Refused(
            _server.Escrow.OfferTermsAsync(request, stranger.Headers), StatusCode.PermissionDenied, ErrorReason.NotAParty);
        await Rpc.Refused(
            _server.Escrow.PrepareMoveAsync(
                new() { Name = agreement.Name, Wallet = stranger.Address.ToString(), Move = EscrowV1.Move.Fund, Count = 1 }, stranger.Headers),
            StatusCode.PermissionDenied, ErrorReason.NotAParty);
    }

    [Fact]
    public async Task Terms_signed_by_somebody_else_are_not_stored()
    {
        var prepared = await Deals.Prepare(_server, _talent, Deals.Terms(_server, _employer, _talent));
        var forged = await Deals.Sign(_employer, prepared);

        await Rpc.Refused(
            _server.Escrow.OfferTermsAsync(forged, _talent.Headers),
            StatusCode.InvalidArgument, ErrorReason.SignatureInvalid, "talent_signature");
        await Rpc.Refused(
            _server.Escrow.GetAgreementAsync(new() { Name = prepared.Name }, _talent.Headers), StatusCode.NotFound, ErrorReason.NotFound);
    }

    public static TheoryData<string, string, string> BadTerms => new()
    {
        { "nonce", "", "terms.nonce" },
        { "nonce", "-1", "terms.nonce" },
        { "nonce", "01", "terms.nonce" },
        { "nonce", "115792089237316195423570985008687907853269984665640564039457584007913129639936", "terms.nonce" },
        { "nonce", new string('9', 5_000), "terms.nonce" },
        { "sequence", "1.0", "terms.sequence" },
        { "previous", "0x00", "terms.previous" },
        { "employer", "", "terms.employer" },
        { "employer", "0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "terms.employer" },
        { "employer", "0x0000000000000000000000000000000000000000", "terms.employer" },
        { "talent", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "terms.talent" },
        { "manager", "nobody", "terms.manager" },
        { "payout", "0x5FbDB2315678afecb367f032d93F642f64180aa3", "terms.payout" },
        { "token", "0x", "terms.token" },
        { "fee_bps", "1499", "terms.fee_bps" },
        { "fee_bps", "70000", "terms.fee_bps" },
        { "policy_version", "99", "terms.policy_version" },
        { "review_window_seconds", "0", "terms.review_window_seconds" },
        { "review_window_seconds", "4294967295", "terms.review_window_seconds" },
        { "valid_until_seconds", "0", "terms.valid_until_seconds" },
        { "valid_until_seconds", "18446744073709551615", "terms.valid_until_seconds" },
        { "documents", "", "terms.documents" },
        { "amount", "", "terms.milestones[1].amount" },
        { "amount", "-1", "terms.milestones[1].amount" },
        { "amount", "+1", "terms.milestones[1].amount" },
        { "amount", "1e18", "terms.milestones[1].amount" },
        { "amount", "1.5", "terms.milestones[1].amount" },
        { "amount", "1,000", "terms.milestones[1].amount" },
        { "amount", "\u0661", "terms.milestones[1].amount" },
        { "amount", "0", "terms.milestones[1].amount" },
        { "amount", "340282366920938463463374607431768211456", "terms.milestones[1].amount" },
        { "amount", "340282366920938463463374607431768211455", "terms.milestones" },
        { "work_time_seconds", "1", "terms.milestones[1].work_time_seconds" },
    };

    [Theory]
    [MemberData(nameof(BadTerms))]
    public async Task Terms_with_one_bad_field_are_refused_with_its_path(string field, string value, string path)
    {
        var terms = Deals.Terms(_server, _employer, _talent);
        IMessage holder = EscrowV1.MilestoneTerms.Descriptor.FindFieldByName(field) is null ? terms : terms.Milestones[1];
        var accessor = holder.Descriptor.FindFieldByName(field).Accessor;
        accessor.SetValue(holder, accessor.GetValue(holder) switch
        {
            uint => uint.Parse(value, System.Globalization.CultureInfo.InvariantCulture),
            ulong => ulong.Parse(value, System.Globalization.CultureInfo.InvariantCulture),
            _ => value,
        });

        await Rpc.Refused(
            () => Deals.Prepare(_server, _talent, terms), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, path);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(33)]
    public async Task Terms_have_1_to_32_milestones(int count)
    {
        var terms = Deals.Terms(_server, _employer, _talent);
        var one = terms.Milestones[0];
        terms.Milestones.Clear();
        terms.Milestones.AddRange(Enumerable.Repeat(one, count));

        await Rpc.Refused(
            () => Deals.Prepare(_server, _talent, terms), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "terms.milestones");
    }

    [Fact]
    public Task Terms_on_another_chain_are_refused() => Rpc.Refused(
        _server.Escrow.PrepareTermsAsync(
            new() { ChainId = 1, Terms = Deals.Terms(_server, _employer, _talent) }, _talent.Headers),
        StatusCode.InvalidArgument, ErrorReason.ChainMismatch, "chain_id");

    [Fact]
    public Task Terms_are_required() => Rpc.Refused(
        _server.Escrow.PrepareTermsAsync(new() { ChainId = ScriptedSource.ChainId }, _talent.Headers),
        StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "terms");

    [Theory]
    [InlineData("")]
    [InlineData("agreements/")]
    [InlineData("agreements/31337")]
    [InlineData("agreements/031337-0x0000000000000000000000000000000000000000000000000000000000000001")]
    [InlineData("agreements/31337-0x000000000000000000000000000000000000000000000000000000000000000A")]
    [InlineData("agreements/31337-0X000000000000000000000000000000000000000000000000000000000000000a")]
    [InlineData("agreements/31337-0x1")]
    [InlineData("agreements/99999999999999999999999-0x000000000000000000000000000000000000000000000000000000000000000a")]
    [InlineData("operations/31337-0x000000000000000000000000000000000000000000000000000000000000000a")]
    public async Task A_name_has_one_spelling(string name)
    {
        await Rpc.Refused(
            _server.Escrow.GetAgreementAsync(new() { Name = name }, _talent.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "name");
        await Rpc.Refused(
            _server.Escrow.PrepareMoveAsync(new() { Name = name }, _talent.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "name");
    }

    [Theory]
    [InlineData("agreements/31337-0x000000000000000000000000000000000000000000000000000000000000000a")]
    [InlineData("agreements/1-0x000000000000000000000000000000000000000000000000000000000000000a")]
    public Task An_agreement_nobody_knows_is_not_found(string name) => Rpc.Refused(
        _server.Escrow.GetAgreementAsync(new() { Name = name }, _talent.Headers), StatusCode.NotFound, ErrorReason.NotFound);

    public static TheoryData<EscrowV1.PrepareMoveRequest, string> BadMoves => new()
    {
        { new() { Move = EscrowV1.Move.Unspecified }, "move" },
        { new() { Move = (EscrowV1.Move)99 }, "move" },
        { new() { Move = EscrowV1.Move.Release, MilestoneIndex = 32 }, "milestone_index" },
        { new() { Move = EscrowV1.Move.Release, MilestoneIndex = uint.MaxValue }, "milestone_index" },
        { new() { Move = EscrowV1.Move.Fund, Count = 33 }, "count" },
        { new() { Move = EscrowV1.Move.Release, Sum = "0" }, "sum" },
        { new() { Move = EscrowV1.Move.Release, Sum = "-1" }, "sum" },
        { new() { Move = EscrowV1.Move.Submit, Evidence = "0xzz" }, "evidence" },
        { new() { Move = EscrowV1.Move.Submit, Wallet = "me" }, "wallet" },
    };

    [Theory]
    [MemberData(nameof(BadMoves))]
    public async Task A_move_with_a_bad_field_is_refused_with_its_path(EscrowV1.PrepareMoveRequest move, string path)
    {
        var agreement = await Deals.Offer(_server, _employer, _talent);
        move.Name = agreement.Name;
        if (move.Wallet.Length == 0) move.Wallet = _talent.Address.ToString();

        await Rpc.Refused(
            _server.Escrow.PrepareMoveAsync(move, _talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, path);
    }

    [Fact]
    public async Task A_move_out_of_turn_is_refused_before_anybody_signs()
    {
        var agreement = await Deals.Offer(_server, _employer, _talent);

        await Rpc.Refused(
            _server.Escrow.PrepareMoveAsync(
                new() { Name = agreement.Name, Wallet = _employer.Address.ToString(), Move = EscrowV1.Move.Release }, _employer.Headers),
            StatusCode.FailedPrecondition, ErrorReason.WrongState);
    }
}
