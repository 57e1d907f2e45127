using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

public sealed class OfferTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private static readonly Caller Talent = new("talent", new HashSet<Address> { WorkStory.Talent });
    private static readonly Caller Employer = new("employer", new HashSet<Address> { WorkStory.Employer });
    private static readonly Caller Stranger = new("stranger", new HashSet<Address> { WorkStory.Stranger });

    [Fact]
    public async Task A_signed_offer_is_seen_by_its_parties_alone()
    {
        var (chain, story) = await Begin();
        var view = await Accept(chain.Grain(story).Offer(Talent, Request(), story.Terms, await story.Sign()));
        Assert.Equal((story.Agreement, null), (view.Offer!.Agreement, view.Chain));
        await Deactivation.Of(chain.Grain(story));
        var stored = (await Accept(chain.Grain(story).Read(Employer))).Offer!;
        Assert.Equal(story.Agreement, TermsHash.Of(stored.Terms, chain.Id, TestChain.Escrow));
        Assert.Equal(RefusalCode.NotAParty, Code(await chain.Grain(story).Read(Stranger)));
        Assert.Equal(RefusalCode.NotFound, Code(await chain.Grain(chain.Story()).Read(Stranger)));
    }

    [Fact]
    public async Task An_offer_that_is_not_right_is_refused_and_not_stored()
    {
        var (chain, story) = await Begin();
        var (grain, signature) = (chain.Grain(story), await story.Sign());
        Assert.Equal(RefusalCode.NotAParty, Code(await grain.Offer(Stranger, Request(), story.Terms, signature)));
        Assert.Equal(RefusalCode.SignatureInvalid, Code(await grain.Offer(Talent, Request(), story.Terms, new byte[65])));
        Assert.Equal(RefusalCode.SignatureInvalid, Code(await grain.Offer(Talent, Request(), story.Terms, new byte[1_025])));
        Assert.Equal(RefusalCode.SignatureInvalid, Code(await grain.Offer(
            Talent, Request(), story.Terms with { Documents = default }, signature)));
        var elsewhere = Refused(await chain.Grain(chain.Story()).Offer(Talent, Request(), story.Terms, signature));
        Assert.Equal((RefusalCode.InvalidArgument, "terms.nonce"), (elsewhere.Code, elsewhere.Field));
        var token = Refused(await grain.Offer(Talent, Request(), story.Terms with { Token = Stranger.Wallets.First() }, signature));
        Assert.Equal("terms.token", token.Field);
        var fee = Refused(await grain.Offer(Talent, Request(), story.Terms with { FeeBps = 1 }, signature));
        Assert.Equal("terms.fee_bps", fee.Field);
        Assert.Equal(RefusalCode.NotFound, Code(await grain.Read(Talent)));
    }

    [Fact]
    public async Task A_repeated_offer_answers_again_even_after_it_was_funded()
    {
        var (chain, story) = await Begin();
        var (grain, request, signature) = (chain.Grain(story), Request(), await story.Sign());
        await Accept(grain.Offer(Talent, request, story.Terms, signature));
        chain.Node.Mine(story.Funded(1));
        await chain.See(story, view => view is { Chain: not null, Offer: null });
        Assert.NotNull((await Accept(grain.Offer(Talent, request, story.Terms, signature))).Chain);
        Assert.Equal(RefusalCode.WrongState, Code(await grain.Offer(Talent, Request(), story.Terms, signature)));
        var reused = request with { BodyHash = Hash32.Keccak([2]) };
        Assert.Equal(RefusalCode.RequestIdReused, Code(await grain.Offer(Talent, reused, story.Terms, signature)));
    }

    [Fact]
    public async Task A_contract_wallet_signs_as_erc_1271_says()
    {
        var (chain, story) = await Begin();
        var wallet = Address.Parse("0x00000000000000000000000000000000000c0de1");
        chain.Node.OnCall(wallet, (call, _) => new byte[] { 0x16, 0x26, 0xBA, 0x7E }.Concat(new byte[28]).ToArray());
        var mine = new WorkStory(chain.Id, TestChain.Escrow, TestChain.Token, 77, story.Terms.ValidUntil)
        {
            Terms = story.Terms with { Talent = wallet, Payout = wallet },
        };
        var view = await Accept(chain.Grain(mine).Offer(
            new Caller("wallet", new HashSet<Address> { wallet }), Request(), mine.Terms, [1, 2, 3]));
        Assert.Equal(mine.Agreement, view.Offer!.Agreement);
    }

    [Fact]
    public async Task A_burned_nonce_takes_the_offer_down()
    {
        var (chain, story) = await Begin();
        await Accept(chain.Grain(story).Offer(Talent, Request(), story.Terms, await story.Sign()));
        chain.Node.Mine(story.NonceBurned());
        await chain.See(story, view => view.Offer is null);
    }

    [Fact]
    public async Task Funding_needs_an_approval_first_then_is_a_transaction_to_sign()
    {
        var (chain, story) = await Begin();
        var (grain, signature) = (chain.Grain(story), await story.Sign());
        await Accept(grain.Offer(Employer, Request(), story.Terms, signature));
        var move = new MoveRequest(EscrowMove.Fund, 0, Count: 2);
        chain.TokenAllowance = 1_531;
        var approval = Accept(await grain.Prepare(Employer, WorkStory.Employer, move));
        Assert.Equal(new PreparedApproval(TestChain.Token, TestChain.Escrow, new Amount(1_532)), approval.ApprovalNeeded);
        Assert.True(BraintrustTokenContract.Approve.TryDecodeInput(approval.Data, out var spender, out var sum));
        Assert.Equal((TestChain.Escrow, 1_532, TestChain.Token), (spender, sum, approval.To));

        chain.TokenAllowance = 1_532;
        var funding = Accept(await grain.Prepare(Employer, WorkStory.Employer, move));
        Assert.Null(funding.ApprovalNeeded);
        Assert.True(Law.Fund.TryDecodeInput(funding.Data, out var terms, out var signed, out var count));
        Assert.Equal((2, Hex.Of(signature)), (count, Hex.Of(signed)));
        Assert.Equal(Hex.Of(EscrowCalls.Of(story.Terms).Encode()), Hex.Of(terms.Encode()));
        Assert.Equal((TestChain.Escrow, WorkStory.Employer, chain.Id), (funding.To, funding.From, funding.ChainId));
        Assert.Equal(new Amount(1_532), funding.Effects.Single(effect => !effect.Incoming).Amount);

        chain.TokenBalance = 1_531;
        Assert.Equal(RefusalCode.InsufficientFunds, Refused(await grain.Prepare(Employer, WorkStory.Employer, move)).Code);
    }

    [Fact]
    public async Task A_move_that_the_contract_would_revert_says_why()
    {
        var (chain, story) = await Begin();
        chain.Node.Mine(story.Funded(1));
        await chain.See(story, view => view.Chain is not null);
        var release = new MoveRequest(EscrowMove.Release, 0);
        chain.EscrowReverts = new Law.TokenMisbehavedError(TestChain.Token, 2, 1).Encode();
        var reverted = Refused(await chain.Grain(story).Prepare(Employer, WorkStory.Employer, release));
        Assert.Equal((RefusalCode.SimulationReverted, "TokenMisbehaved"), (reverted.Code, reverted.Error));
        chain.EscrowReverts = new Law.WrongPhaseError(story.Agreement, 4).Encode();
        Assert.Equal(RefusalCode.WrongState, Refused(await chain.Grain(story).Prepare(Employer, WorkStory.Employer, release)).Code);
        chain.EscrowReverts = null;
        var prepared = Accept(await chain.Grain(story).Prepare(Employer, WorkStory.Employer, release));
        Assert.True(Law.Release.TryDecodeInput(prepared.Data, out _, out var milestone, out var pay));
        Assert.Equal((0, 1_000), (milestone, pay));
    }

    [Fact]
    public async Task A_token_that_reverts_with_nonsense_in_the_escrows_name_is_a_refusal_like_any_other()
    {
        var (chain, story) = await Begin();
        chain.Node.Mine(story.Funded(1));
        await chain.See(story, view => view.Chain is not null);
        var (release, huge) = (new MoveRequest(EscrowMove.Release, 0), BigInteger.Pow(2, 256) - 1);
        foreach (var (error, code) in ((byte[], RefusalCode)[])
            [
                (new Law.TooEarlyError(huge).Encode(), RefusalCode.SimulationReverted),
                (new Law.TooLateError(huge).Encode(), RefusalCode.TooLate),
                (new Law.TermsExpiredError(huge).Encode(), RefusalCode.TooLate),
                (new Law.TermsInvalidError(Hash32.Keccak([1])).Encode(), RefusalCode.SimulationReverted),
            ])
        {
            chain.EscrowReverts = error;
            var refused = Refused(await chain.Grain(story).Prepare(Employer, WorkStory.Employer, release));
            Assert.Contains(refused.Code, (RefusalCode[])[code, RefusalCode.TooEarly]);
            Assert.DoesNotContain(refused.Message, char.IsControl);
        }
    }

    [Fact]
    public async Task An_agreement_that_nobody_knows_stays_in_no_memory()
    {
        var chain = await Cluster.TakeChain();
        var unknown = Enumerable.Range(0, 50).Select(_ => chain.Grain(chain.Story())).ToArray();
        foreach (var grain in unknown) Assert.Equal(RefusalCode.NotFound, Code(await grain.Read(Stranger)));
        var management = Cluster.Grains.GetGrain<IManagementGrain>(0);
        await Watching.For(_ => Active(), left => left == 0);

        async IAsyncEnumerable<int> Active()
        {
            var active = await management.GetDetailedGrainStatistics();
            yield return active.Count(grain => unknown.Any(asked => asked.GetGrainId() == grain.GrainId));
        }
    }

    [Fact]
    public async Task A_stranger_may_settle_but_not_with_a_wallet_of_somebody_else()
    {
        var (chain, story) = await Begin();
        chain.Node.Mine(story.Funded(1));
        chain.Node.Mine(story.Submitted(0, 900));
        await chain.See(story, view => view.Chain?.Phase == AgreementPhase.Submitted);
        var settle = new MoveRequest(EscrowMove.Settle, 0);
        Assert.Equal(RefusalCode.TooEarly, Refused(await chain.Grain(story).Prepare(Stranger, WorkStory.Stranger, settle)).Code);
        await chain.Node.AdvanceTime(TimeSpan.FromDays(3), CancellationToken.None);
        chain.Node.Mine();
        Assert.NotEmpty(Accept(await chain.Grain(story).Prepare(Stranger, WorkStory.Stranger, settle)).Data);
        Assert.Equal(RefusalCode.NotAParty, Refused(await chain.Grain(story).Prepare(Stranger, WorkStory.Talent, settle)).Code);
    }

    [Fact]
    public async Task No_money_moves_while_the_chain_is_halted()
    {
        var (chain, story) = await Begin();
        chain.Node.Mine(story.Funded(1));
        await chain.See(story, view => view.Chain is not null);
        ChainCursor? halted;
        do halted = await chain.Ledger.Halt(chain.Id, await chain.Read(), "a person says so", CancellationToken.None);
        while (halted is null);
        await chain.Reach(cursor => cursor.Halted is not null);
        var release = new MoveRequest(EscrowMove.Release, 0);
        await Watching.For(_ => Refusals(), code => code == RefusalCode.ChainHalted);

        async IAsyncEnumerable<RefusalCode> Refusals()
        {
            yield return (await chain.Grain(story).Prepare(Employer, WorkStory.Employer, release)).Accepted(out _, out var refusal)
                ? RefusalCode.None
                : refusal.Code;
        }
    }

    private async Task<(TestChain Chain, WorkStory Story)> Begin()
    {
        var chain = await Cluster.TakeChain();
        return (chain, chain.Story());
    }

    private static RequestKey Request() => new(Guid.NewGuid(), Hash32.Keccak([1]));

    private static async Task<AgreementView> Accept(Task<Outcome<AgreementView>> asked) => Accept(await asked);

    private static T Accept<T>(Outcome<T> outcome) where T : notnull =>
        outcome.Accepted(out var value, out var refusal) ? value : throw new InvalidOperationException($"{refusal}");

    private static Refusal Refused<T>(Outcome<T> outcome) where T : notnull =>
        outcome.Accepted(out _, out var refusal) ? throw new InvalidOperationException("accepted") : refusal;

    private static RefusalCode Code(Outcome<AgreementView> outcome) => Refused(outcome).Code;
}
