using System.Numerics;
using Braintrust.Api;
using Braintrust.Api.Chain.V1;
using Braintrust.Api.Escrow.V1;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Testing;
using Grpc.Core;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

[Collection(ProcessCollection.Name)]
public sealed class RelayTests : IAsyncLifetime
{
    private RelayStage _stage = null!;

    public async Task InitializeAsync() => _stage = await RelayStage.Open();

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task A_freelancer_who_never_had_coin_delivers_settles_agrees_and_withdraws()
    {
        var (employer, talent) = (_stage.Employer, _stage.Talent);
        await _stage.Fund(2);

        await _stage.Relayed(talent, _stage.Move(talent, Move.Submit));
        await _stage.Pass(TimeSpan.FromSeconds(WorkStory.ReviewWindow + 1));
        var settle = new RelayMoveRequest { RequestId = Guid.NewGuid().ToString(), Move = _stage.Move(talent, Move.Settle) };
        await _stage.Confirmed(talent, await _stage.Relay(talent, settle));
        Assert.Equal(RelayStage.Unit, await _stage.Tokens(talent));

        await _stage.Relayed(talent, _stage.Move(talent, Move.Submit, 1));
        var agree = _stage.Move(employer, Move.Agree, 1);
        agree.TalentBps = 6_000;
        await _stage.Offer(employer, agree);
        var offer = Assert.Single((await _stage.Seen(talent)).MoveOffers);
        Assert.Equal((MoveOfferStatus.Standing, 6_000u, employer.Address.ToString()), (offer.Status, offer.TalentBps, offer.Wallet));
        agree.Wallet = talent.Address.ToString();
        await Refused(ErrorReason.WrongState, () => _stage.Prepare(talent, new(agree) { TalentBps = 6_001 }));
        await _stage.Relayed(talent, agree);
        Assert.Equal(RelayStage.Unit * 16 / 10, await _stage.Tokens(talent));
        Assert.Equal(MoveOfferStatus.Stale, Assert.Single((await _stage.Seen(talent)).MoveOffers).Status);

        // Found without knowing of the agreement, which the credit names.
        var credit = Assert.Single(await _stage.Credits(talent, 1));
        Assert.Equal(
            (Api.Escrow.V1.CreditHolder.Escrow, (RelayStage.Unit * 24 / 1_000).ToString(), _stage.Anvil.Token.ToString()),
            (credit.Holder, credit.Amount, credit.Token));
        await _stage.Relayed(talent, new PrepareMoveRequest
        {
            Name = credit.Agreement, Wallet = credit.Wallet, Move = Move.Withdraw, To = talent.Address.ToString(),
        });
        await _stage.Credits(talent, 0);
        // A tenth of the fees kept: 0.15 and six tenths of 0.15.
        Assert.Equal((RelayStage.Unit * 16 / 10) + (RelayStage.Unit * 24 / 1_000), await _stage.Tokens(talent));
        Assert.Equal(BigInteger.Zero, await _stage.Anvil.Chain.GetBalance(talent.Address, BlockId.Latest, default));
        Assert.Equal(0ul, await _stage.Anvil.Chain.GetNonce(talent.Address, BlockId.Latest, default));
    }

    [Fact]
    public async Task Other_terms_are_offered_by_one_side_and_taken_up_by_the_other()
    {
        var (employer, talent) = (_stage.Employer, _stage.Talent);
        await _stage.Fund(1);
        var seen = await _stage.Seen(employer);
        var next = new Api.Escrow.V1.Terms(seen.Terms) { Previous = seen.Agreement_, Sequence = "1", RevisionsMax = 5 };
        next.Milestones[2].Amount = "5";
        var amend = _stage.Move(talent, Move.Amend);
        amend.Next = next;

        var offered = Assert.Single((await _stage.Offer(talent, amend)).MoveOffers);
        Assert.Equal(
            ["sequence", "previous", "revisions_max", "milestones[2].amount"], offered.Changes.Select(change => change.Field));
        Assert.Equal(("2", "5"), (offered.Changes[2].Before, offered.Changes[2].After));

        amend.Wallet = employer.Address.ToString();
        var prepared = await _stage.Prepare(employer, amend);
        Assert.Equal(offered.Changes, prepared.Changes);
        var code = await _stage.Anvil.Chain.GetCode(_stage.Anvil.Escrow, BlockId.Latest, default);
        Assert.Equal(
            (_stage.Anvil.Escrow.ToString(), Hash32.Keccak(code.Span).ToString(), true),
            (prepared.Contract.Address, prepared.Contract.CodeHash, prepared.Contract.AsRegistered));
        Assert.NotEmpty(prepared.Contract.Records);
        await _stage.Send(Address.Parse(prepared.Transaction.To), prepared.Transaction.Data.ToByteArray());
        var amended = await Eventually.Holds(
            () => _stage.Seen(talent), agreement => agreement.Amendments == 1, TimeSpan.FromSeconds(60), "the amendment");
        Assert.Equal(next, amended.Terms);
        Assert.Equal(MoveOfferStatus.Stale, Assert.Single(amended.MoveOffers).Status);

        var withdrawn = new WithdrawMoveOfferRequest { RequestId = Guid.NewGuid().ToString(), Name = _stage.Name, Digest = offered.Digest };
        await Refused(ErrorReason.NotAParty, () => employer.Call(options => _stage.Link.Escrow.WithdrawMoveOfferAsync(withdrawn, options), default));
        var left = await talent.Call(options => _stage.Link.Escrow.WithdrawMoveOfferAsync(withdrawn, options), default);
        Assert.Empty(left.Agreement.MoveOffers);
    }

    [Fact]
    public async Task An_employer_signs_a_permit_instead_of_sending_an_approval()
    {
        var employer = _stage.Employer;
        await _stage.Draft();
        var fund = _stage.Move(employer, Move.Fund);
        fund.Count = 2;
        var first = await _stage.Prepare(employer, fund);
        Assert.Null(first.Transaction);
        Assert.NotNull(first.Approval);
        Assert.Equal((RelayStage.Unit * 23 / 10).ToString(), first.Permit.Value);
        var digest = TypedData.Parse(first.Permit.TypedDataJson).Digest;
        fund.Permit = new Permit
        {
            Value = first.Permit.Value, DeadlineSeconds = first.Permit.DeadlineSeconds,
            Signature = Google.Protobuf.ByteString.CopyFrom(await employer.Signer.Sign(digest, default)),
        };

        await Refused(ErrorReason.InvalidArgument, () => _stage.Prepare(employer, new(fund) { Permit = new(fund.Permit) { Value = "1" } }));
        await Refused(ErrorReason.TooLate, () => _stage.Prepare(employer, new(fund) { Permit = new(fund.Permit) { DeadlineSeconds = 1 } }));
        await Refused(ErrorReason.SignatureInvalid, () => _stage.Prepare(
            employer, new(fund) { Permit = new(fund.Permit) { DeadlineSeconds = fund.Permit.DeadlineSeconds + 1 } }));

        var prepared = await _stage.Prepare(employer, fund);
        await _stage.Send(_stage.Anvil.Escrow, prepared.Transaction.Data.ToByteArray());
        Assert.Equal((Api.Escrow.V1.AgreementPhase.Funded, 2u), await Funded());

        async Task<(Api.Escrow.V1.AgreementPhase, uint)> Funded()
        {
            var seen = await _stage.Settled();
            return (seen.Phase, seen.MilestonesFunded);
        }
    }

    [Fact]
    public async Task Terms_that_name_a_court_get_the_longest_time_of_its_cases()
    {
        await _stage.Draft();
        var terms = TermsDesk.ToWire(EscrowCalls.Of(_stage.Terms));
        (terms.Court, terms.CourtRules) = (_stage.Anvil.Court.ToString(), "1");
        var request = new PrepareTermsRequest { ChainId = DevelopmentKeys.ChainId, Terms = terms };
        var prepared = await _stage.Talent.Call(options => _stage.Link.Escrow.PrepareTermsAsync(request, options), default);
        var longest = await Chain.Contracts.PanelCourtContract.Longest.Call(
            _stage.Anvil.Chain, _stage.Anvil.Court, 1, BlockId.Latest, default);
        Assert.Equal(longest, prepared.Terms.CaseTimeSeconds);
        request.Terms.CaseTimeSeconds = 7;
        var told = await _stage.Talent.Call(options => _stage.Link.Escrow.PrepareTermsAsync(request, options), default);
        Assert.Equal(7u, told.Terms.CaseTimeSeconds);
    }

    [Fact]
    public async Task A_signed_word_cannot_be_altered_by_anybody_and_works_once()
    {
        var talent = _stage.Talent;
        await _stage.Fund(1);
        var submit = _stage.Move(talent, Move.Submit);
        submit.Sum = "1000";
        var signed = await _stage.Sign(talent, submit);
        var terms = EscrowCalls.Of(_stage.Terms);
        var call = Law.Submit.Encode(terms, 0, 1_000, default);

        await Refused(ErrorReason.StateMoved, () => _stage.Relay(talent, Altered(signed, request => request.Move.Sum = "1001")));
        await Refused(ErrorReason.StateMoved, () => _stage.Relay(talent, Altered(signed, request => request.Move.ExpirySeconds++)));
        await Refused(ErrorReason.SignatureInvalid, () => _stage.Relay(talent, Altered(signed, request => request.Signature = Flipped(request.Signature))));
        await Refused(ErrorReason.NotAParty, () => _stage.Relay(_stage.Employer, signed));
        await Refused(ErrorReason.TooLate, () => _stage.Relay(talent, Altered(signed, request => request.Move.ExpirySeconds = 1)));
        // What a dishonest relayer could send instead.
        await Reverts("NotSigned", talent.Address, signed.Move.ExpirySeconds, Law.Submit.Encode(terms, 0, 1_001, default), signed);
        await Reverts("NotSigned", talent.Address, signed.Move.ExpirySeconds + 1, call, signed);
        await Reverts("NotSigned", _stage.Employer.Address, signed.Move.ExpirySeconds, call, signed);
        await Reverts("NotSigned", talent.Address, signed.Move.ExpirySeconds, Law.Refund.Encode(terms, 0), signed);
        await Reverts("SignatureExpired", talent.Address, 1, call, signed);

        var first = await _stage.Confirmed(talent, await _stage.Relay(talent, signed));
        Assert.Equal(first.Name, (await _stage.Relay(talent, signed)).Name);
        Assert.Equal(first.Name, (await _stage.Relay(talent, Altered(signed, _ => { }))).Name);
        await Refused(ErrorReason.RequestIdReused, () => _stage.Relay(talent, new(signed) { Digest = default(Hash32).ToString() }));
        await Reverts("NotSigned", talent.Address, signed.Move.ExpirySeconds, call, signed);
        Assert.Equal(1ul, await _stage.Anvil.Chain.GetNonce(RelayStage.Relayer, BlockId.Latest, default));
    }

    [Fact]
    public async Task What_a_killed_server_had_taken_and_the_node_lost_is_sent_again_and_once()
    {
        var talent = _stage.Talent;
        await _stage.Fund(1);
        await _stage.Anvil.MineByItself(false);
        var signed = await _stage.Sign(talent, _stage.Move(talent, Move.Submit));
        var taken = await _stage.Relay(talent, signed);

        await _stage.Server.Kill();
        var hash = Hash32.Parse(taken.TransactionHash);
        await _stage.Anvil.Drop(hash);
        Assert.False(await _stage.Anvil.Chain.HasTransaction(hash, default));
        await _stage.Server.Start();

        Assert.Equal(taken.Name, (await _stage.Relay(talent, signed)).Name);
        await Eventually.Holds(
            async () => await _stage.Anvil.Chain.HasTransaction(hash, default), known => known, TimeSpan.FromSeconds(60), "the same bytes again");
        await _stage.Anvil.MineByItself(true);
        await _stage.Anvil.Dev.Mine(1, default);
        await _stage.Confirmed(talent, taken);
        Assert.Equal(1ul, await _stage.Anvil.Chain.GetNonce(RelayStage.Relayer, BlockId.Latest, default));
    }

    private static RelayMoveRequest Altered(RelayMoveRequest signed, Action<RelayMoveRequest> alter)
    {
        var altered = new RelayMoveRequest(signed) { RequestId = Guid.NewGuid().ToString() };
        alter(altered);
        return altered;
    }

    private static Google.Protobuf.ByteString Flipped(Google.Protobuf.ByteString signature)
    {
        var bytes = signature.ToByteArray();
        bytes[40] ^= 1;
        return Google.Protobuf.ByteString.CopyFrom(bytes);
    }

    private async Task Reverts(string error, Address signer, ulong expiry, byte[] call, RelayMoveRequest signed)
    {
        var data = Law.CallBySignature.Encode(signer, expiry, call, signed.Signature.ToByteArray());
        var revert = await Assert.ThrowsAsync<EvmRevertException>(async () => await _stage.Anvil.Chain.Call(
            new CallRequest(RelayStage.Relayer, _stage.Anvil.Escrow, data), BlockId.Latest, default));
        Assert.Equal(error, Law.ErrorName(revert.RevertData.Span));
    }

    private static async Task Refused<T>(ErrorReason reason, Func<Task<T>> attempt) =>
        Assert.Equal(reason, (await Assert.ThrowsAsync<RpcException>(attempt)).Reason());
}
