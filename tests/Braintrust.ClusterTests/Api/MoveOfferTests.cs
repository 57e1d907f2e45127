using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Google.Protobuf;
using Grpc.Core;
using EscrowV1 = Braintrust.Api.Escrow.V1;

namespace Braintrust;

/// <summary>Signed moves over real sockets: what is malformed is refused with its path, and nothing of it is stored.</summary>
public sealed class MoveOfferTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
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

    public static TheoryData<string, Action<EscrowV1.OfferMoveRequest>> Bad => new()
    {
        { "request_id", r => r.RequestId = "1" },
        { "move", r => r.Move = null },
        { "move.name", r => r.Move.Name = "agreements/1" },
        { "move.wallet", r => r.Move.Wallet = "me" },
        { "move.move", r => r.Move.Move = (EscrowV1.Move)99 },
        { "move.move", r => r.Move.Move = EscrowV1.Move.Unspecified },
        { "move.milestone_index", r => r.Move.MilestoneIndex = 32 },
        { "move.count", r => r.Move.Count = uint.MaxValue },
        { "move.sum", r => r.Move.Sum = "0" },
        { "move.sum", r => r.Move.Sum = "1e9" },
        { "move.evidence", r => r.Move.Evidence = "0x12" },
        { "move.to", r => r.Move.To = "0x0" },
        { "move.employer_bps", r => r.Move.EmployerBps = 10_001 },
        { "move.talent_bps", r => r.Move.TalentBps = 10_001 },
        { "move.next.employer", r => r.Move.Next = new EscrowV1.Terms { Nonce = "1", Sequence = "1" } },
        { "move.expiry_seconds", r => r.Move.ExpirySeconds = 0 },
        { "digest", r => r.Digest = "0x" },
        { "digest", r => r.Digest = new string('9', 5_000) },
        { "signature", r => r.Signature = ByteString.CopyFrom(new byte[1_025]) },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_malformed_field_is_refused_with_its_path_and_nothing_is_stored(
        string path, Action<EscrowV1.OfferMoveRequest> spoil)
    {
        var agreement = await Funded();
        var offer = Offer(agreement);
        spoil(offer);

        await Rpc.Refused(
            _server.Escrow.OfferMoveAsync(offer, _talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, path);
        var relay = new EscrowV1.RelayMoveRequest
        {
            RequestId = offer.RequestId, Move = offer.Move, Digest = offer.Digest, Signature = offer.Signature,
        };
        await Rpc.Refused(
            _server.Escrow.RelayMoveAsync(relay, _talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, path);
        Assert.Empty((await Read(agreement)).MoveOffers);
    }

    [Fact]
    public async Task Without_a_relayer_nothing_is_relayed_and_the_reason_says_so()
    {
        var offer = Offer(await Funded());
        var relay = new EscrowV1.RelayMoveRequest
        {
            RequestId = offer.RequestId, Move = offer.Move, Digest = offer.Digest, Signature = offer.Signature,
        };
        await Rpc.Refused(
            _server.Escrow.RelayMoveAsync(relay, _talent.Headers), StatusCode.FailedPrecondition, ErrorReason.RelayUnavailable);
    }

    [Fact]
    public async Task A_consent_is_kept_listed_and_withdrawn_and_sent_again_it_is_the_same()
    {
        var agreement = await Funded();
        var offer = await Sign(Offer(agreement), _talent);

        var kept = (await _server.Escrow.OfferMoveAsync(offer, _talent.Headers)).Agreement;
        Assert.Equal(kept.Etag, (await _server.Escrow.OfferMoveAsync(offer, _talent.Headers)).Agreement.Etag);
        var told = Assert.Single((await Read(agreement)).MoveOffers);
        Assert.Equal(
            (offer.Digest, EscrowV1.Move.Agree, 4_000u, EscrowV1.MoveOfferStatus.Standing, agreement.StateWord),
            (told.Digest, told.Move, told.TalentBps, told.Status, told.StateWord));

        var other = Offer(agreement);
        other.Move.TalentBps = 5_000;
        await _server.Escrow.OfferMoveAsync(await Sign(other, _talent), _talent.Headers);
        Assert.Equal(5_000u, Assert.Single((await Read(agreement)).MoveOffers).TalentBps);

        var withdraw = new EscrowV1.WithdrawMoveOfferRequest
        {
            RequestId = Guid.NewGuid().ToString(), Name = agreement.Name, Digest = other.Digest,
        };
        await Rpc.Refused(
            _server.Escrow.WithdrawMoveOfferAsync(withdraw, _employer.Headers), StatusCode.PermissionDenied, ErrorReason.NotAParty);
        await _server.Escrow.WithdrawMoveOfferAsync(withdraw, _talent.Headers);
        await _server.Escrow.WithdrawMoveOfferAsync(withdraw, _talent.Headers);
        Assert.Empty((await Read(agreement)).MoveOffers);
        await Rpc.Refused(
            _server.Escrow.WithdrawMoveOfferAsync(new(withdraw) { RequestId = Guid.NewGuid().ToString() }, _talent.Headers),
            StatusCode.NotFound, ErrorReason.NotFound, "digest");
    }

    [Fact]
    public async Task What_was_not_signed_or_is_no_consent_is_refused()
    {
        var agreement = await Funded();
        var offer = await Sign(Offer(agreement), _talent);

        await Refused(ErrorReason.StateMoved, StatusCode.Aborted, "digest", r => r.Move.TalentBps = 4_001);
        await Refused(ErrorReason.SignatureInvalid, StatusCode.InvalidArgument, "signature", r => r.Signature = ByteString.CopyFrom(new byte[65]));
        await Refused(ErrorReason.SignatureInvalid, StatusCode.InvalidArgument, "signature", r => r.Signature = ByteString.Empty);
        await Refused(ErrorReason.TooLate, StatusCode.FailedPrecondition, null, r => r.Move.ExpirySeconds = 1);
        await Refused(ErrorReason.InvalidArgument, StatusCode.InvalidArgument, "move.expiry_seconds", r => r.Move.ExpirySeconds = ulong.MaxValue);
        await Refused(ErrorReason.WrongState, StatusCode.FailedPrecondition, null, r => r.Move.MilestoneIndex = 1);
        await Refused(ErrorReason.NotAParty, StatusCode.PermissionDenied, null, r => r.Move.Wallet = _employer.Address.ToString());
        await Refused(ErrorReason.WrongState, StatusCode.FailedPrecondition, null, r => r.Move.Move = EscrowV1.Move.Settle);
        Assert.Empty((await Read(agreement)).MoveOffers);

        async Task Refused(
            ErrorReason reason, StatusCode status, string? field, Action<EscrowV1.OfferMoveRequest> alter)
        {
            var altered = new EscrowV1.OfferMoveRequest(offer) { RequestId = Guid.NewGuid().ToString() };
            alter(altered);
            await Rpc.Refused(_server.Escrow.OfferMoveAsync(altered, _talent.Headers), status, reason, field);
        }
    }

    /// <summary>An agreement of which one milestone is funded.</summary>
    private async Task<EscrowV1.Agreement> Funded()
    {
        var offered = await Deals.Offer(_server, _employer, _talent);
        _server.Source.Chain.Mine(ScriptedSource.Funded(Deals.Read(offered.Offer.Terms), 1));
        EscrowV1.Agreement? seen = null;
        await Eventually.Does(async () =>
        {
            seen = await Read(offered);
            Assert.Equal(EscrowV1.AgreementPhase.Funded, seen.Phase);
        });
        return seen!;
    }

    private async Task<EscrowV1.Agreement> Read(EscrowV1.Agreement agreement) =>
        (await _server.Escrow.GetAgreementAsync(new() { Name = agreement.Name }, _talent.Headers)).Agreement;

    private EscrowV1.OfferMoveRequest Offer(EscrowV1.Agreement agreement) => new()
    {
        RequestId = Guid.NewGuid().ToString(),
        Move = new EscrowV1.PrepareMoveRequest
        {
            Name = agreement.Name, Wallet = _talent.Address.ToString(), Move = EscrowV1.Move.Agree, TalentBps = 4_000,
            ExpirySeconds = _server.Source.Chain.Head.Time.Seconds + 86_400,
        },
        Digest = Hash32.Keccak("something"u8).ToString(),
        Signature = ByteString.CopyFrom(new byte[65]),
    };

    /// <summary>As a wallet that computes by itself what it signs.</summary>
    private async Task<EscrowV1.OfferMoveRequest> Sign(EscrowV1.OfferMoveRequest offer, Person by)
    {
        var agreement = await Read(new() { Name = offer.Move.Name });
        var form = new CallForm("Agree",
        [
            new("bytes32", "agreement", Hash32.Parse(agreement.Agreement_)), new("bytes32", "state", Hash32.Parse(agreement.StateWord)),
            new("uint256", "milestone", System.Numerics.BigInteger.Zero),
            new("uint256", "talentBps", (System.Numerics.BigInteger)offer.Move.TalentBps),
            new("uint256", "expiry", (System.Numerics.BigInteger)offer.Move.ExpirySeconds),
        ]);
        var digest = CallTypedData.Of(form, ScriptedSource.ChainId, ScriptedSource.Contract).Digest;
        offer.Digest = digest.ToString();
        offer.Signature = ByteString.CopyFrom(await by.Signer.Sign(digest, CancellationToken.None));
        return offer;
    }
}
