using System.Numerics;
using Braintrust.Accounts;
using Braintrust.Api.Chain.V1;
using Braintrust.Api.Escrow.V1;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Testing;
using Google.Protobuf;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>A server that relays, an employer with coin, and a freelancer who has never had any unless a test says so.</summary>
public sealed class RelayStage : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly ServerLink _link;

    private RelayStage(FollowedAnvil anvil, ServerProcess server, IEvmSigner talent)
    {
        (Anvil, Server, _link) = (anvil, server, new ServerLink(server.Url, Soon));
        Employer = new Person("employer", DevelopmentKeys.Signer(1), _link);
        Talent = new Person("freelancer", talent, _link);
    }

    public FollowedAnvil Anvil { get; }
    public ServerProcess Server { get; }
    public Person Employer { get; }
    public Person Talent { get; }
    public ServerLink Link => _link;
    public Terms Terms { get; private set; } = null!;
    public string Name => $"agreements/{DevelopmentKeys.ChainId}-{TermsHash.Negotiation(Terms.Talent, Terms.Nonce)}";
    public static BigInteger Unit { get; } = BigInteger.Pow(10, 18);
    public static Address Relayer => DevelopmentKeys.Address(DevelopmentContracts.Relayer);

    public static async Task<RelayStage> Open() => await Open(await FollowedAnvil.Start());

    /// <param name="anvil">Is the stage's from now on.</param>
    public static async Task<RelayStage> Open(FollowedAnvil anvil, IEvmSigner? talent = null)
    {
        var server = await ServerProcess.Start(
        [
            .. anvil.Settings(1), ("Chains:0:Relayer:PrivateKey", DevelopmentKeys.PrivateKeys[DevelopmentContracts.Relayer]),
        ]);
        var stage = new RelayStage(
            anvil, server, talent ?? LocalSigner.FromHex("0x" + new string('7', 64), DevelopmentKeys.ChainId));
        foreach (var person in new[] { stage.Employer, stage.Talent }) await person.SignIn(DevelopmentKeys.ChainId, default);
        return stage;
    }

    /// <summary>Three milestones of one unit each, funded by the employer; the freelancer brought the deal too.</summary>
    public async Task Fund(int count)
    {
        var signature = await Draft();
        await Send(Anvil.Token, BraintrustTokenContract.Approve.Encode(Anvil.Escrow, 100 * Unit));
        await Send(Anvil.Escrow, Law.Fund.Encode(EscrowCalls.Of(Terms), signature, count));
        await Settled();
    }

    /// <summary>The same, signed and offered.</summary>
    public async Task<byte[]> Draft()
    {
        var head = await Anvil.Chain.GetHeader(BlockId.Latest, default);
        var nonce = new BigInteger(Guid.NewGuid().ToByteArray(), isUnsigned: true);
        var story = new WorkStory(DevelopmentKeys.ChainId, Anvil.Escrow, Anvil.Token, nonce, head!.Time.Seconds + 86_400);
        var one = new Amount((UInt128)Unit);
        Terms = story.Terms with
        {
            Talent = Talent.Address, Payout = Talent.Address, Origin = Talent.Address, OriginBps = 1_000, Amounts = [one, one, one],
        };
        return await Offer();
    }

    /// <summary>Offers the drafted terms; answers the freelancer's signature.</summary>
    public async Task<byte[]> Offer()
    {
        var signature = await Talent.Signer.Sign(TermsHash.Of(Terms, DevelopmentKeys.ChainId, Anvil.Escrow), default);
        var request = new OfferTermsRequest
        {
            RequestId = Guid.NewGuid().ToString(), ChainId = DevelopmentKeys.ChainId,
            Terms = TermsDesk.ToWire(EscrowCalls.Of(Terms)), TalentSignature = ByteString.CopyFrom(signature),
        };
        await Talent.Call(options => _link.Escrow.OfferTermsAsync(request, options), default);
        return signature;
    }

    /// <summary>The agreement as the server shows it once it shows what the contract holds.</summary>
    public async Task<Agreement> Settled() => (await Eventually.Holds(
        async () => (Agreement: await Seen(Talent), Word: await Word()), seen => seen.Agreement.StateWord == seen.Word, Soon,
        "the contract's state")).Agreement;

    public async Task<Agreement> Seen(Person by)
    {
        var request = new GetAgreementRequest { Name = Name };
        return (await by.Call(options => _link.Escrow.GetAgreementAsync(request, options), default)).Agreement;
    }

    /// <summary>The credits of a person, once there are so many.</summary>
    public Task<Google.Protobuf.Collections.RepeatedField<Credit>> Credits(Person of, int count) => Eventually.Holds(
        async () => (await of.Call(options => _link.Escrow.ListCreditsAsync(new ListCreditsRequest(), options), default)).Credits,
        credits => credits.Count == count, Soon, $"{count} credits");

    public PrepareMoveRequest Move(Person by, Move move, uint milestone = 0) => new()
    {
        Name = Name, Wallet = by.Address.ToString(), Move = move, MilestoneIndex = milestone,
    };

    public async Task<PrepareMoveResponse> Prepare(Person by, PrepareMoveRequest move) =>
        await by.Call(options => _link.Escrow.PrepareMoveAsync(move, options), default);

    /// <summary>The move as its party signed it.</summary>
    public async Task<RelayMoveRequest> Sign(Person by, PrepareMoveRequest move)
    {
        var asked = new PrepareMoveRequest(move) { BySignature = true };
        var call = (await Prepare(by, asked)).Call;
        var digest = TypedData.Parse(call.TypedDataJson).Digest;
        Assert.Equal((call.Digest, by.Address.ToString()), (digest.ToString(), call.Signer));
        asked.ExpirySeconds = call.ExpirySeconds;
        return new RelayMoveRequest
        {
            RequestId = Guid.NewGuid().ToString(), Move = asked, Digest = call.Digest,
            Signature = ByteString.CopyFrom(await by.Signer.Sign(digest, default)),
        };
    }

    public async Task<Operation> Relay(Person by, RelayMoveRequest request) =>
        (await by.Call(options => _link.Escrow.RelayMoveAsync(request, options), default)).Operation;

    /// <summary>Has it signed, relayed and confirmed.</summary>
    public async Task Relayed(Person by, PrepareMoveRequest move) => await Confirmed(by, await Relay(by, await Sign(by, move)));

    public async Task<Agreement> Offer(Person by, PrepareMoveRequest move)
    {
        var signed = await Sign(by, move);
        var request = new OfferMoveRequest
        {
            RequestId = signed.RequestId, Move = signed.Move, Digest = signed.Digest, Signature = signed.Signature,
        };
        return (await by.Call(options => _link.Escrow.OfferMoveAsync(request, options), default)).Agreement;
    }

    /// <summary>Prepares a move, signs exactly what was prepared, has the server send it, and waits for its confirmation.</summary>
    public async Task<PrepareMoveResponse> Sent(Person by, PrepareMoveRequest move)
    {
        var prepared = await Prepare(by, move);
        var told = prepared.Transaction;
        var signed = await new Eip1559Transaction(
            told.ChainId, told.Nonce, BigInteger.Parse(told.MaxPriorityFeePerGas), BigInteger.Parse(told.MaxFeePerGas), told.GasLimit,
            Address.Parse(told.To), BigInteger.Parse(told.Value), told.Data.ToByteArray()).Sign(by.Signer, default);
        var request = new SubmitTransactionRequest
        {
            RequestId = Guid.NewGuid().ToString(), ChainId = told.ChainId, RawTransaction = ByteString.CopyFrom(signed.Raw.Span),
        };
        var sent = await by.Call(options => _link.Chains.SubmitTransactionAsync(request, options), default);
        await Done(by, sent.Operation);
        if (move.Move != Api.Escrow.V1.Move.BurnNonce) await Settled();
        return prepared;
    }

    public async Task<Operation> Confirmed(Person by, Operation operation)
    {
        var done = await Done(by, operation);
        await Settled();
        return done;
    }

    public async Task<Operation> Done(Person by, Operation operation)
    {
        var request = new GetOperationRequest { Name = operation.Name };
        var done = await Eventually.Holds(
            async () => (await by.Call(options => _link.Chains.GetOperationAsync(request, options), default)).Operation,
            seen => seen.Done, Soon, operation.Name);
        Assert.Equal(Api.Chain.V1.OperationStatus.Confirmed, done.Status);
        return done;
    }

    public async Task<BigInteger> Tokens(Person of) =>
        await BraintrustTokenContract.BalanceOf.Call(Anvil.Chain, Anvil.Token, of.Address, BlockId.Latest, default);

    /// <summary>A transaction of the employer, mined.</summary>
    public async Task Send(Address to, byte[] data)
    {
        var chain = Anvil.Chain;
        var (nonce, fees) = (await chain.GetNonce(Employer.Address, BlockId.Pending, default), await chain.GetFees(default));
        var signed = await new Eip1559Transaction(
            chain.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, 1_500_000, to, 0, data).Sign(Employer.Signer, default);
        await chain.SendRaw(signed.Raw, default);
        var receipt = await Eventually.Holds(
            async () => await chain.GetReceipt(signed.Hash, default), told => told is not null, Soon, "the transaction's block");
        Assert.True(receipt!.Succeeded);
    }

    /// <summary>Lets time pass; the server has seen it.</summary>
    public async Task Pass(TimeSpan time)
    {
        await Anvil.Dev.AdvanceTime(time, default);
        await Anvil.Dev.Mine(1, default);
    }

    public async ValueTask DisposeAsync()
    {
        _link.Dispose();
        await Server.DisposeAsync();
        await Anvil.DisposeAsync();
    }

    private async Task<string> Word()
    {
        var name = TermsHash.Of(Terms, DevelopmentKeys.ChainId, Anvil.Escrow);
        return (await Law.StateWord.Call(Anvil.Chain, Anvil.Escrow, name, BlockId.Latest, default)).ToString();
    }
}
