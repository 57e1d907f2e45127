using Braintrust.Api;
using Braintrust.Api.Escrow.V1;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Testing;
using Grpc.Core;

namespace Braintrust.Escrow;

/// <summary>The moves that no milestone decides on, and a wallet without a key, over gRPC against a real chain.</summary>
[Collection(ProcessCollection.Name)]
public sealed class TillTests : IAsyncLifetime
{
    private FollowedAnvil _anvil = null!;

    public async Task InitializeAsync() => _anvil = await FollowedAnvil.Start();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Credits_are_withdrawn_and_fees_swept_by_the_transactions_that_were_prepared()
    {
        await using var stage = await RelayStage.Open(_anvil, DevelopmentKeys.Signer(2));
        var (employer, talent) = (stage.Employer, stage.Talent);
        await stage.Fund(1);
        await Refused(ErrorReason.WrongState, () => stage.Prepare(talent, Withdraw()));
        await Refused(ErrorReason.WrongState, () => stage.Prepare(talent, stage.Move(talent, Move.SweepFees)));
        await stage.Sent(employer, stage.Move(employer, Move.Release));

        var before = await stage.Tokens(talent);
        Assert.Equal((RelayStage.Unit * 15 / 1_000).ToString(), Assert.Single(await stage.Credits(talent, 1)).Amount);
        await Refused(ErrorReason.InvalidArgument, () => stage.Prepare(
            talent, new(Withdraw()) { To = _anvil.Escrow.ToString() }));
        var prepared = await stage.Sent(talent, Withdraw());
        Assert.Equal($"Take your whole credit of 0.015 BTRST to {talent.Address}.", prepared.Summary);
        Assert.Equal(before + RelayStage.Unit * 15 / 1_000, await stage.Tokens(talent));
        await stage.Credits(talent, 0);
        await Refused(ErrorReason.WrongState, () => stage.Prepare(talent, Withdraw()));

        var policy = await WorkAgreementsContract.Policy.Call(_anvil.Chain, _anvil.Escrow, BlockId.Latest, default);
        var receiver = await PolicyContract.FeeReceiver.Call(_anvil.Chain, policy, BlockId.Latest, default);
        var had = await BraintrustTokenContract.BalanceOf.Call(_anvil.Chain, _anvil.Token, receiver, BlockId.Latest, default);
        // Anybody may: here the freelancer.
        var swept = await stage.Sent(talent, stage.Move(talent, Move.SweepFees));
        Assert.Equal($"Send the kept fees of 0.135 BTRST to their receiver {receiver}.", swept.Summary);
        Assert.Equal(
            had + RelayStage.Unit * 135 / 1_000,
            await BraintrustTokenContract.BalanceOf.Call(_anvil.Chain, _anvil.Token, receiver, BlockId.Latest, default));
        await Refused(ErrorReason.WrongState, () => stage.Prepare(talent, stage.Move(talent, Move.SweepFees)));

        PrepareMoveRequest Withdraw() => new(stage.Move(talent, Move.Withdraw)) { To = talent.Address.ToString() };
    }

    [Fact]
    public async Task A_burnt_nonce_ends_every_offer_of_its_negotiation()
    {
        await using var stage = await RelayStage.Open(_anvil, DevelopmentKeys.Signer(2));
        await stage.Draft();
        await Refused(ErrorReason.NotAParty, () => stage.Prepare(stage.Employer, stage.Move(stage.Employer, Move.BurnNonce)));
        await stage.Sent(stage.Talent, stage.Move(stage.Talent, Move.BurnNonce));
        await CannotBeFunded(stage);
    }

    [Fact]
    public async Task A_freelancer_without_coin_burns_a_nonce_by_a_word()
    {
        await using var stage = await RelayStage.Open(_anvil);
        await stage.Draft();
        var burnt = await stage.Relay(stage.Talent, await stage.Sign(stage.Talent, stage.Move(stage.Talent, Move.BurnNonce)));
        await stage.Done(stage.Talent, burnt);
        await CannotBeFunded(stage);
    }

    [Fact]
    public async Task A_wallet_that_is_a_contract_signs_in_delivers_agrees_and_withdraws_by_its_word()
    {
        await using var stage = await RelayStage.Open(_anvil, await ContractWallet.Deploy(_anvil.Chain));
        var (employer, talent) = (stage.Employer, stage.Talent);
        await stage.Fund(1);
        var signed = await stage.Sign(talent, stage.Move(talent, Move.Submit));
        var wrong = new RelayMoveRequest(signed)
        {
            RequestId = Guid.NewGuid().ToString(), Signature = Google.Protobuf.ByteString.CopyFrom(default(Hash32).ToBytes()),
        };
        await Refused(ErrorReason.SignatureInvalid, () => stage.Relay(talent, wrong));
        await stage.Confirmed(talent, await stage.Relay(talent, signed));

        var agree = stage.Move(talent, Move.Agree);
        agree.TalentBps = 4_000;
        await stage.Offer(talent, agree);
        await stage.Sent(employer, new(agree) { Wallet = employer.Address.ToString() });
        Assert.Equal(RelayStage.Unit * 4 / 10, await stage.Tokens(talent));

        // Four tenths of the fee of 0.15 were kept, of which a tenth is the origin's.
        Assert.Equal((RelayStage.Unit * 6 / 1_000).ToString(), Assert.Single(await stage.Credits(talent, 1)).Amount);
        await stage.Relayed(talent, new(stage.Move(talent, Move.Withdraw)) { To = talent.Address.ToString() });
        Assert.Equal(RelayStage.Unit * 406 / 1_000, await stage.Tokens(talent));
    }

    /// <summary>The server has seen it: the offer is nobody's to fund, or to burn, any more.</summary>
    private static async Task CannotBeFunded(RelayStage stage)
    {
        await Eventually.Holds(
            async () => await Reason(() => stage.Seen(stage.Talent)), reason => reason == ErrorReason.NotFound, TimeSpan.FromSeconds(60),
            "the burnt nonce");
        foreach (var (by, move) in new[] { (stage.Employer, Move.Fund), (stage.Talent, Move.BurnNonce) })
            await Refused(ErrorReason.NotFound, () => stage.Prepare(by, new(stage.Move(by, move)) { Count = 1 }));
        await Refused(ErrorReason.WrongState, stage.Offer);
    }

    private static async Task<ErrorReason?> Reason<T>(Func<Task<T>> attempt)
    {
        try
        {
            await attempt();
            return null;
        }
        catch (RpcException refused)
        {
            return refused.Reason();
        }
    }

    private static async Task Refused<T>(ErrorReason reason, Func<Task<T>> attempt) =>
        Assert.Equal(reason, (await Assert.ThrowsAsync<RpcException>(attempt)).Reason());
}
