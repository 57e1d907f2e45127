using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Xunit.Abstractions;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>
/// The rules say beforehand what the contract says: every move, by everybody, on agreements in every phase, at every edge
/// of every window, is allowed by both or refused by both for the same reason.
/// </summary>
public sealed class LawTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly LocalSigner Deployer = DevelopmentKeys.Signer(0);
    private static readonly Address[] Everybody = [WorkStory.Employer, WorkStory.Talent, WorkStory.Stranger];

    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private AnvilServer? _node;
    private JsonRpcChain? _chain;
    private Address _escrow;
    private Address _token;
    private Address _policy;

    private JsonRpcChain Chain => _chain!;

    private FollowedChain Followed => new(new ChainSettings { ChainId = Chain.ChainId }, Chain);

    public async Task InitializeAsync()
    {
        _node = await AnvilServer.Start("--no-mining");
        _chain = _node.Connect();
        _token = (await Send(0, null, BraintrustTokenContract.DeployData(WorkStory.Employer))).Created!.Value;
        var policy = DevelopmentContracts.PolicyData(
            Deployer.Address, Deployer.Address, WorkStory.FeeBps, [new(_token, 1, 1)], []);
        _policy = (await Send(0, null, policy)).Created!.Value;
        _escrow = (await Send(0, null, Law.DeployData(_policy))).Created!.Value;
        await Send(1, _token, BraintrustTokenContract.Approve.Encode(_escrow, BigInteger.Pow(10, 20)));
    }

    public async Task DisposeAsync()
    {
        _chain?.Dispose();
        if (_node is not null) await _node.DisposeAsync();
    }

    [Fact]
    public async Task The_rules_and_the_contract_agree_on_every_move()
    {
        var start = (await Head()).Time.Seconds;
        var cases = await Stories(start + 3_600);
        cases.AddRange(await Votes());
        foreach (var one in cases) await CompareState(one);
        var compared = 0;
        foreach (var second in await Edges(cases))
        {
            await _node!.Ask("evm_setNextBlockTimestamp", second);
            await new AnvilDevChain(Chain).Mine(1, _ct);
            var head = await Head();
            foreach (var one in cases)
            {
                var law = await Book.Law(Followed, one.Story.Terms.PolicyVersion, one.Story.Terms.Token, _ct);
                foreach (var request in Requests(one))
                    foreach (var wallet in Everybody)
                    {
                        await Compare(one, request, wallet, head, law!);
                        compared++;
                    }
            }
        }

        output.WriteLine($"{compared} moves compared");
        Assert.True(compared > 1_000, $"Only {compared} moves were compared.");
    }

    [Fact]
    public async Task Agreements_and_negotiations_have_the_names_that_the_contract_gives_them()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 50; i++)
        {
            var terms = Story(new BigInteger(RandomBytes(32), isUnsigned: true), (ulong)random.NextInt64()).Terms with
            {
                Sequence = new BigInteger(RandomBytes(32), isUnsigned: true),
                Previous = new Hash32(RandomBytes(32)),
                Employer = new Address(RandomBytes(20)),
                Manager = new Address(RandomBytes(20)),
                Talent = new Address(RandomBytes(20)),
                Payout = new Address(RandomBytes(20)),
                Token = new Address(RandomBytes(20)),
                PolicyVersion = (uint)random.NextInt64(1L << 32),
                FeeBps = (ushort)random.Next(1 << 16),
                Origin = new Address(RandomBytes(20)),
                OriginBps = (ushort)random.Next(1 << 16),
                ReviewWindow = (uint)random.NextInt64(1L << 32),
                ReworkTime = (uint)random.NextInt64(1L << 32),
                RevisionsMax = (byte)random.Next(256),
                Court = new Address(RandomBytes(20)),
                CourtRules = new BigInteger(RandomBytes(32), isUnsigned: true),
                CaseTime = (uint)random.NextInt64(1L << 32),
                FallbackTalentBps = (ushort)random.Next(1 << 16),
                Documents = new Hash32(RandomBytes(32)),
                Amounts = [.. Enumerable.Range(0, i % 33).Select(_ => new Amount((UInt128)new BigInteger(RandomBytes(16), isUnsigned: true)))],
                WorkTimes = [.. Enumerable.Range(0, i % 5).Select(_ => (uint)random.Next())],
            };
            Assert.Equal(
                await Law.HashTerms.Call(Chain, _escrow, EscrowCalls.Of(terms), BlockId.Latest, _ct),
                TermsHash.Of(terms, Chain.ChainId, _escrow));
            Assert.Equal(
                await Law.NegotiationOf.Call(Chain, _escrow, terms.Talent, terms.Nonce, BlockId.Latest, _ct),
                TermsHash.Negotiation(terms.Talent, terms.Nonce));
        }

        byte[] RandomBytes(int count)
        {
            var bytes = new byte[count];
            random.NextBytes(bytes);
            return bytes;
        }
    }

    /// <summary>One agreement, with its fold of the chain's own logs.</summary>
    private sealed record Case(string Name, WorkStory Story, SignedTerms Offer, NegotiationOnChain Fold);

    private async Task<List<Case>> Stories(ulong validUntil)
    {
        (string Name, Func<WorkStory, Task> Play)[] scripts =
        [
            ("only offered", _ => Task.CompletedTask),
            ("burned", story => Send(2, _escrow, Law.BurnNonce.Encode(story.Terms.Nonce))),
            ("working", story => Fund(story, 2)),
            ("delivered", async story =>
            {
                await Fund(story, 2);
                await Send(2, _escrow, Law.Submit.Encode(EscrowCalls.Of(story.Terms), 0, 900, default));
            }),
            ("asked to cancel", async story =>
            {
                await Fund(story, 2);
                await Send(1, _escrow, Law.AskToCancel.Encode(EscrowCalls.Of(story.Terms), 0));
            }),
            ("delivered again", async story =>
            {
                await Fund(story, 1);
                for (var i = 0; i < WorkStory.RevisionsMax; i++)
                {
                    await Send(2, _escrow, Law.Submit.Encode(EscrowCalls.Of(story.Terms), 0, 900, default));
                    await Send(1, _escrow, Law.RequestChanges.Encode(EscrowCalls.Of(story.Terms), 0, default));
                }

                await Send(2, _escrow, Law.Submit.Encode(EscrowCalls.Of(story.Terms), 0, 900, default));
            }),
            ("ending", async story =>
            {
                await Fund(story, 3);
                await Send(2, _escrow, Law.End.Encode(EscrowCalls.Of(story.Terms), 0));
                await Send(2, _escrow, Law.MovePayout.Encode(EscrowCalls.Of(story.Terms), WorkStory.Stranger));
            }),
            ("idle", async story =>
            {
                await Fund(story, 1);
                await Send(1, _escrow, Law.Release.Encode(EscrowCalls.Of(story.Terms), 0, 400));
            }),
            ("second milestone", async story =>
            {
                await Fund(story, 1);
                await Send(1, _escrow, Law.FundMore.Encode(EscrowCalls.Of(story.Terms), 1));
                await Send(2, _escrow, Law.Refund.Encode(EscrowCalls.Of(story.Terms), 0));
            }),
            ("ended", async story =>
            {
                await Fund(story, 3);
                for (var i = 0; i < 3; i++) await Send(2, _escrow, Law.Refund.Encode(EscrowCalls.Of(story.Terms), i));
            }),
        ];
        var cases = new List<Case>();
        for (var i = 0; i < scripts.Length; i++)
        {
            var story = Story(i + 1, validUntil);
            await scripts[i].Play(story);
            var offer = new SignedTerms(story.Terms, story.Agreement, await story.Sign());
            cases.Add(new Case(scripts[i].Name, story, offer, await Fold(story.Negotiation)));
        }

        return cases;
    }

    /// <summary>
    /// Offers under a version that is then superseded and loses its token, under the next one, and under none: what the
    /// policy says of them changes with time.
    /// </summary>
    private async Task<List<Case>> Votes()
    {
        var until = (await Head()).Time.Seconds + 20 * 86_400;
        var parameters = (await PolicyContract.ParametersOf.Call(Chain, _policy, 1, BlockId.Latest, _ct)).Parameters;
        var next = parameters with { FeeBps = 100, ReviewWindowMin = 4 * 86_400 };
        await Send(0, _policy, PolicyContract.Publish.Encode(1, next, [], [], []));
        await Send(0, _policy, PolicyContract.Publish.Encode(2, parameters, [], [_token], []));
        (string Name, uint Version, ushort Fee, uint Review, Address Token)[] offers =
        [
            ("superseded", 1, WorkStory.FeeBps, WorkStory.ReviewWindow, _token),
            ("superseded with another fee", 1, 100, WorkStory.ReviewWindow, _token),
            ("superseded by a delisting", 2, 100, 4 * 86_400, _token),
            ("too short a review", 2, 100, 4 * 86_400 - 1, _token),
            ("delisted", 3, WorkStory.FeeBps, WorkStory.ReviewWindow, _token),
            ("never listed", 1, WorkStory.FeeBps, WorkStory.ReviewWindow, _escrow),
            ("of no version", 9, WorkStory.FeeBps, WorkStory.ReviewWindow, _token),
        ];
        var cases = new List<Case>();
        foreach (var (i, offer) in offers.Index())
        {
            var plain = Story(100 + i, until);
            var story = new WorkStory(Chain.ChainId, _escrow, offer.Token, 100 + i, until)
            {
                Terms = plain.Terms with
                {
                    PolicyVersion = offer.Version, FeeBps = offer.Fee, ReviewWindow = offer.Review, Token = offer.Token,
                },
            };
            var signed = new SignedTerms(story.Terms, story.Agreement, await story.Sign());
            cases.Add(new Case(offer.Name, story, signed, NegotiationOnChain.Empty));
        }

        return cases;
    }

    private async Task<SortedSet<ulong>> Edges(IEnumerable<Case> cases)
    {
        var edges = new SortedSet<ulong>();
        foreach (var version in new uint[] { 1, 2 })
        {
            var told = await PolicyContract.ParametersOf.Call(Chain, _policy, version, BlockId.Latest, _ct);
            Around((ulong)told.SupersededAt + 14 * 86_400 - 1);
        }

        foreach (var one in cases)
        {
            Around(one.Story.Terms.ValidUntil);
            if (one.Fold.Agreement is not { Deadline: { } deadline }) continue;
            Around(deadline.At.Seconds);
            Around(deadline.At.Seconds + WorkStory.ReviewWindow);
            if (one.Fold.Agreement.PayoutMove is { } move) Around(move.WaitsUntil.Seconds);
        }

        return edges;

        void Around(ulong second)
        {
            edges.Add(second);
            edges.Add(second + 1);
        }
    }

    private static IEnumerable<MoveRequest> Requests(Case one)
    {
        var milestone = one.Fold.Agreement?.Milestone ?? 0;
        for (var count = 0; count <= 4; count++)
        {
            yield return new MoveRequest(EscrowMove.Fund, 0, count);
            yield return new MoveRequest(EscrowMove.FundMore, one.Fold.Agreement?.MilestonesFunded ?? 0, count);
            yield return new MoveRequest(EscrowMove.ReleaseMany, milestone, count);
        }

        yield return new MoveRequest(EscrowMove.Tip, 0, Sum: new Amount(7));
        yield return new MoveRequest(EscrowMove.MovePayout, 0, To: WorkStory.Stranger);
        yield return new MoveRequest(EscrowMove.MovePayout, 0, To: one.Story.Terms.Token);
        yield return new MoveRequest(EscrowMove.CancelPayoutMove, 0);

        foreach (var index in new[] { milestone, milestone + 1 })
        {
            foreach (var sum in new ulong[] { 1, 333, 334, 899, 900, 1_000, 1_001 })
            {
                yield return new MoveRequest(EscrowMove.Submit, index, Sum: new Amount(sum));
                yield return new MoveRequest(EscrowMove.Release, index, Sum: new Amount(sum));
            }

            yield return new MoveRequest(EscrowMove.Settle, index);
            yield return new MoveRequest(EscrowMove.Refund, index);
            yield return new MoveRequest(EscrowMove.Reclaim, index);
            yield return new MoveRequest(EscrowMove.Extend, index);
            yield return new MoveRequest(EscrowMove.AskToCancel, index);
            yield return new MoveRequest(EscrowMove.Keep, index);
            yield return new MoveRequest(EscrowMove.RequestChanges, index);
            yield return new MoveRequest(EscrowMove.End, index);
            yield return new MoveRequest(EscrowMove.Dispute, index);
            yield return new MoveRequest(EscrowMove.Resolve, index);
        }
    }

    private async Task Compare(Case one, MoveRequest request, Address wallet, BlockHeader head, WorkLaw law)
    {
        var clock = new ChainClock(head.Time, head.Time);
        var rule = EscrowRules.Check(one.Offer, one.Fold, wallet, request, clock, law).Accepted(out var plan, out var refusal)
            ? RefusalCode.None
            : refusal.Code;
        plan ??= new MovePlan(
            request.Move, _escrow, one.Story.Terms, request.Milestone, request.Count, request.Sum, request.Evidence, default)
            {
                To = request.To,
            };
        var data = EscrowCalls.Encode(plan, one.Offer.TalentSignature);
        RefusalCode[] contract;
        try
        {
            await Chain.Call(new CallRequest(wallet, _escrow, data), BlockId.At(head.Number), _ct);
            contract = [RefusalCode.None];
        }
        catch (EvmRevertException revert)
        {
            contract = Codes(Law.ErrorName(revert.RevertData.Span) ?? PolicyContract.ErrorName(revert.RevertData.Span));
        }

        Assert.True(
            contract.Contains(rule),
            $"{one.Name}: {request} by {wallet} at {head.Time.Seconds}: the rule says {rule}, the contract {contract[0]}.");
    }

    /// <summary>The refusals that mean the same to a person as a custom error.</summary>
    private static RefusalCode[] Codes(string? error) => error switch
    {
        "Unauthorized" => [RefusalCode.NotAParty],
        "TooEarly" => [RefusalCode.TooEarly],
        "TooLate" or "TermsExpired" => [RefusalCode.TooLate],
        "AmountOutOfRange" or "NothingToFund" or "TermsInvalid" => [RefusalCode.InvalidArgument],
        "VersionUnknown" => [RefusalCode.InvalidArgument],
        "VersionExpired" => [RefusalCode.PolicyVersionExpired],
        "TokenNotListed" => [RefusalCode.TokenNotListed],
        "RecipientInvalid" => [RefusalCode.InvalidArgument],
        "WrongPhase" or "WrongMilestone" or "NonceSpent" or "CancelSpent" or "NothingToKeep" or "RevisionsSpent" or "NoCourt"
            or "AgreementEnding" or "NoPayoutMove" => [RefusalCode.WrongState],
        _ => throw new InvalidOperationException($"The contract reverted with {error}."),
    };

    private async Task CompareState(Case one)
    {
        var word = await Law.StateWord.Call(Chain, _escrow, one.Story.Agreement, BlockId.Latest, _ct);
        var bound = await Law.ExitBound.Call(Chain, _escrow, EscrowCalls.Of(one.Story.Terms), BlockId.Latest, _ct);
        var agreement = one.Fold.Agreement;
        Assert.Equal((one.Name, word), (one.Name, StateSlot.Of(agreement).Word()));
        Assert.Equal(bound, agreement is null ? 0 : Deadlines.ExitBound(agreement).Seconds);
    }

    private async Task<NegotiationOnChain> Fold(Hash32 negotiation)
    {
        var sink = new FoldSink(negotiation);
        await Chain.ReadLogs(LogFilter.Range([_escrow], 1, (await Head()).Number), sink, _ct);
        var fold = NegotiationOnChain.Empty;
        foreach (var (happened, place) in sink.Events)
        {
            var header = await Chain.GetHeader(BlockId.At(place.Seen.BlockNo), _ct);
            fold = EscrowFold.Apply(fold, happened, place with { Seen = place.Seen with { BlockTime = header!.Time } });
        }

        return fold;
    }

    private ContractBook Book => field ??= new ContractBook(new FollowedChains([Followed]), new OneEscrow(this));

    /// <summary>A deployment with one escrow in it.</summary>
    private sealed class OneEscrow(LawTests law) : IContractRegistry
    {
        public async ValueTask<IReadOnlyList<RegisteredContract>> Read(ulong chain, CancellationToken ct)
        {
            var code = await law.Chain.GetCode(law._escrow, BlockId.Latest, ct);
            return [new(chain, law._escrow, EscrowFacts.ContractKind, 1, Hash32.Keccak(code.Span))];
        }

        public ValueTask Register(RegisteredContract contract, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<Backfill>> ReadBackfills(ulong chain, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask Forget(ulong chain, CancellationToken ct) => throw new NotSupportedException();
    }

    private WorkStory Story(BigInteger nonce, ulong validUntil) => new(Chain.ChainId, _escrow, _token, nonce, validUntil);

    private async Task Fund(WorkStory story, int count) =>
        await Send(1, _escrow, Law.Fund.Encode(EscrowCalls.Of(story.Terms), await story.Sign(), count));

    private async Task<TxReceipt> Send(int key, Address? to, byte[] data)
    {
        var from = DevelopmentKeys.Signer(key);
        var nonce = await Chain.GetNonce(from.Address, BlockId.Pending, _ct);
        var fees = await Chain.GetFees(_ct);
        var signed = await new Eip1559Transaction(
            Chain.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, 6_000_000, to, 0, data).Sign(from, _ct);
        await Chain.SendRaw(signed.Raw, _ct);
        await new AnvilDevChain(Chain).Mine(1, _ct);
        var receipt = await Chain.GetReceipt(signed.Hash, _ct);
        Assert.True(receipt!.Succeeded);
        return receipt;
    }

    private async Task<BlockHeader> Head() => (await Chain.GetHeader(BlockId.Latest, _ct))!;
}
