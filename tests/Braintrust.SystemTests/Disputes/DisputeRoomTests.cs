using System.Numerics;
using Braintrust.Accounts;
using Braintrust.Api;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Testing;
using Google.Protobuf;
using Grpc.Core;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using V1 = Braintrust.Api.Disputes.V1;

namespace Braintrust.Disputes;

/// <summary>Whole disputes over gRPC on a real chain: everything is prepared by the server, signed by wallets, decided by the court.</summary>
public sealed class DisputeRoomTests : IAsyncLifetime
{
    private const uint Day = 86_400;
    private const uint CaseTime = 30 * Day;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly UInt128 OneBtrst = UInt128.Parse("1000000000000000000");
    private static readonly int[] Bench = [0, 3, 4, 5, 6, 7, 8, 9];

    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromMinutes(4)).Token;
    private readonly Dictionary<int, Person> _people = [];
    private FollowedAnvil _anvil = null!;
    private ServerProcess _server = null!;
    private ServerLink _link = null!;
    private NodeLink _node = null!;
    private Address _court;

    public async Task InitializeAsync()
    {
        _anvil = await FollowedAnvil.Start();
        _server = await ServerProcess.Start(_anvil.Settings(confirmations: 1));
        _link = new ServerLink(_server.Url, Patience);
        _node = await NodeLink.Open(_link, _ct);
        _court = Address.Parse(_node.Told.Contracts.Single(contract => contract.Kind == DeploymentKinds.Court).Address);
        for (var key = 0; key < DevelopmentContracts.Accounts; key++)
        {
            _people[key] = new Person($"account {key}", DevelopmentKeys.Signer(key), _link);
            await _people[key].SignIn(_node.ChainId, _ct);
        }

        foreach (var key in Bench)
            await Arbiter(key, new() { Move = V1.DisputeMove.Enlist, Arbitrable = _anvil.Escrow.ToString(), Seats = 1 });
    }

    public async Task DisposeAsync()
    {
        _node?.Dispose();
        _link?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        if (_anvil is not null) await _anvil.DisposeAsync();
    }

    [Fact]
    public async Task A_dispute_goes_through_a_panel_and_an_appeal_to_a_ruling_that_closes_the_milestone()
    {
        var agreement = await Dispute();
        var name = await Case(agreement);
        await Move(2, name, new() { Move = V1.DisputeMove.Respond, TalentBps = 9_000, Pays = true });
        await Draw(name, 0);
        await Vote(name, 0, 8_000);
        var ruled = await See(name, dispute => dispute.Panels[0].HasRulingBps);
        Assert.Equal((8_000u, false), (ruled.RulingBps, ruled.Over));
        await Pass(Day + 1);
        var preview = await Ask(1, options => _link.Disputes.PreviewRulingAsync(new() { Name = name, RulingBps = 8_000 }, options));
        await Move(1, name, new() { Move = V1.DisputeMove.Appeal });
        await Draw(name, 2);
        await Vote(name, 2, 7_000);
        await Pass(Day + 1);

        var moves = await Due(name, due => due.Count == 2);
        Assert.Contains(moves, move => move.DisputeMove == V1.DisputeMove.Conclude);
        Assert.Contains(moves, move => move.EscrowMove == EscrowV1.Move.Resolve && move.Agreement == agreement);
        var over = await See(name, dispute => dispute is { Over: true, RulingBps: 7_000 });
        Assert.Equal((2u, _people[1].Address.ToString()), (over.AppealCosts, over.Appellant));
        await Move(5, name, new() { Move = V1.DisputeMove.Conclude });
        var concluded = await See(name, dispute => dispute.Phase == V1.CasePhase.Concluded);
        Assert.Equal(("0", preview.Bill.TalentBack, "0"), (concluded.Bill.EmployerBack, concluded.Bill.TalentBack, concluded.Bill.AppealBack));
        Assert.All(concluded.Panels.SelectMany(panel => panel.Seats).Where(seat => seat.Forfeited), seat => Assert.Equal(8_000u, seat.TalentBps));
        var earned = concluded.Panels.SelectMany(panel => panel.Seats).Aggregate(BigInteger.Zero, (sum, seat) => sum + BigInteger.Parse(seat.Fee));
        Assert.Equal(BigInteger.Parse(concluded.Bill.Fee), earned);

        await Escrow(6, agreement, new() { Move = EscrowV1.Move.Resolve });
        var closed = await SeeAgreement(agreement, seen => seen.Milestones[0].Phase == EscrowV1.MilestonePhase.Ruled);
        Assert.Equal((100 * OneBtrst * 7_000 / 10_000).ToString(), closed.Milestones[0].Pay);
        await Due(name, due => due.Count == 0);

        var paid = concluded.Panels.SelectMany(panel => panel.Seats).First(seat => !seat.Forfeited);
        var key = Bench.Single(one => _people[one].Address.ToString() == paid.Arbiter);
        await Arbiter(key, new() { Move = V1.DisputeMove.Withdraw, Token = _node.Token.ToString() });
        await Eventually.Holds(
            () => Ask(key, options => _link.Disputes.GetArbiterAsync(new() { Name = ArbiterName(key) }, options)),
            seen => seen.Arbiter.Credits.All(credit => credit.Waiting == "0") && seen.Arbiter.SeatsKept == 1, Patience, "the credit is gone");
        await Eventually.Holds(
            () => _server.Verb("db", "reconcile", $"{_node.ChainId}"),
            verb => verb.Code == 0 && verb.Said.Contains("compared 1 agreements and 1 cases", StringComparison.Ordinal), Patience, "agreement");
    }

    [Fact]
    public async Task A_court_that_stays_silent_gives_the_deposits_back_and_the_terms_fall_back()
    {
        var agreement = await Dispute();
        var name = await Case(agreement);
        await Move(2, name, new() { Move = V1.DisputeMove.Respond, TalentBps = 9_000, Pays = true });
        await Draw(name, 0);
        await Pass(2 * Day + Day + Day + 1);
        await Due(name, due => due.Count == 1 && due[0].DisputeMove == V1.DisputeMove.Conclude);
        await Move(4, name, new() { Move = V1.DisputeMove.Conclude });
        var concluded = await See(name, dispute => dispute.Phase == V1.CasePhase.Concluded);
        Assert.False(concluded.HasRulingBps);
        Assert.Equal((concluded.Cost, concluded.Cost, "0"), (concluded.Bill.EmployerBack, concluded.Bill.TalentBack, concluded.Bill.Fee));
        Assert.All(concluded.Panels[0].Seats, seat => Assert.True(seat.Forfeited));
        await Refused(4, agreement, EscrowV1.Move.Resolve);
        await Pass(CaseTime);
        await Escrow(4, agreement, new() { Move = EscrowV1.Move.Resolve });
        var closed = await SeeAgreement(agreement, seen => seen.Milestones[0].Phase == EscrowV1.MilestonePhase.FellBack);
        Assert.Equal((100 * OneBtrst / 2).ToString(), closed.Milestones[0].Pay);
    }

    /// <summary>An agreement whose first milestone is delivered and disputed.</summary>
    private async Task<string> Dispute()
    {
        var head = await _node.Head(_ct);
        var (employer, talent) = (_people[1], _people[2]);
        var terms = new Law.Terms(
            new BigInteger(Guid.NewGuid().ToByteArray(), isUnsigned: true), BigInteger.Zero, default, employer.Address, employer.Address,
            talent.Address, talent.Address, _node.Token, _node.Told.PolicyVersion, (ushort)_node.Told.FeeBps, default, 0, 3 * Day, 3 * Day, 2,
            _court, DevelopmentContracts.CourtRules, CaseTime, 5_000, head.Time.Seconds + Day, Hash32.Keccak("the agreed text"u8),
            [100 * OneBtrst], [Day]);
        var stage = new WorkStage(_link, _node, new Timeline(json: false, TextWriter.Null));
        var name = (await stage.Offer(talent, terms, _ct)).Name;
        await Escrow(1, name, new() { Move = EscrowV1.Move.Fund, Count = 1 });
        await Escrow(2, name, new() { Move = EscrowV1.Move.Submit, Evidence = Hash32.Keccak("the work"u8).ToString() });
        await Escrow(1, name, new() { Move = EscrowV1.Move.Dispute, EmployerBps = 2_000 });
        return name;
    }

    private async Task<string> Case(string agreement)
    {
        var told = await SeeAgreement(agreement, seen => seen.Milestones.Count > 0 && seen.Milestones[0].Dispute is not null);
        return $"disputes/{_node.ChainId}-{told.Milestones[0].Dispute.CaseId}";
    }

    private async Task Draw(string name, uint round)
    {
        await See(name, dispute => dispute.Phase == V1.CasePhase.Drawing && dispute.Round == round);
        await _anvil.Dev.Mine(9, _ct);
        await Move(7, name, new() { Move = V1.DisputeMove.Draw });
        await See(name, dispute => dispute.Phase == V1.CasePhase.Voting && dispute.Round == round);
    }

    /// <summary>Every seat of the present panel seals its vote on its own machine, and opens it.</summary>
    private async Task Vote(string name, uint round, uint talentBps)
    {
        var panel = (await See(name, _ => true)).Panels.Single(one => one.Round == round);
        var salts = new Dictionary<int, byte[]>();
        foreach (var key in Bench.Where(one => panel.Seats.Any(seat => seat.Arbiter == _people[one].Address.ToString())))
        {
            salts[key] = VoteSeal.NewSalt();
            var ask = new V1.PrepareDisputeMoveRequest { Name = name, Wallet = _people[key].Address.ToString(), Move = V1.DisputeMove.Commit };
            var fields = (await Ask(key, options => _link.Disputes.PrepareDisputeMoveAsync(ask, options))).VoteFields;
            await Move(key, name, new() { Move = V1.DisputeMove.Commit, Commitment = VoteSeal.Commitment(fields, talentBps, salts[key]) });
        }

        await See(name, dispute => dispute.Panels.Single(one => one.Round == round).Seats.All(seat => seat.Commitment.Length > 0));
        await Pass(2 * Day + 1);
        foreach (var (key, salt) in salts)
            await Move(key, name, new() { Move = V1.DisputeMove.Reveal, TalentBps = talentBps, Salt = ByteString.CopyFrom(salt) });
        await See(name, dispute => dispute.Panels.Single(one => one.Round == round).Seats.All(seat => seat.HasTalentBps));
    }

    private async Task Pass(uint seconds)
    {
        await _anvil.Dev.AdvanceTime(TimeSpan.FromSeconds(seconds), _ct);
        await _anvil.Dev.Mine(1, _ct);
    }

    private Task Move(int key, string name, V1.PrepareDisputeMoveRequest move)
    {
        (move.Name, move.Wallet) = (name, _people[key].Address.ToString());
        return Send(key, async options => await _link.Disputes.PrepareDisputeMoveAsync(move, options), answer => (answer.Transaction, answer.Approval));
    }

    private Task Arbiter(int key, V1.PrepareArbiterMoveRequest move)
    {
        (move.Name, move.Court) = (ArbiterName(key), _court.ToString());
        return Send(key, async options => await _link.Disputes.PrepareArbiterMoveAsync(move, options), answer => (answer.Transaction, answer.Approval));
    }

    private Task Escrow(int key, string name, EscrowV1.PrepareMoveRequest move)
    {
        (move.Name, move.Wallet) = (name, _people[key].Address.ToString());
        return Send(key, async options => await _link.Escrow.PrepareMoveAsync(move, options), answer => (answer.Transaction, answer.Approval));
    }

    /// <summary>Prepares, signs and sends, an approval first where one is needed; waits while the server has not seen the step before.</summary>
    private async Task Send<T>(
        int key, Func<CallOptions, Task<T>> prepare,
        Func<T, (EscrowV1.UnsignedTransaction? Transaction, EscrowV1.UnsignedTransaction? Approval)> read)
    {
        while (true)
        {
            var (transaction, approval) = await Eventually.Holds(
                async () => read(await Prepared(key, prepare)), answer => answer.Transaction is not null || answer.Approval is not null, Patience, "prepared");
            await Broadcast(key, transaction ?? approval!);
            if (transaction is not null) return;
        }
    }

    private async Task<T> Prepared<T>(int key, Func<CallOptions, Task<T>> prepare)
    {
        var last = "";
        return (await Eventually.Holds<(bool Done, T Answer)>(
            async () =>
            {
                try
                {
                    return (true, await prepare(new CallOptions(_people[key].Headers, cancellationToken: _ct)));
                }
                catch (RpcException behind) when (behind.StatusCode is StatusCode.FailedPrecondition or StatusCode.NotFound or StatusCode.Unavailable)
                {
                    last = behind.Status.Detail;
                    return (false, default!);
                }
            },
            answer => answer.Done, Patience, $"the server prepares it: {last}")).Answer;
    }

    private async Task Broadcast(int key, EscrowV1.UnsignedTransaction unsigned)
    {
        var signed = await new Eip1559Transaction(
            unsigned.ChainId, unsigned.Nonce, BigInteger.Parse(unsigned.MaxPriorityFeePerGas), BigInteger.Parse(unsigned.MaxFeePerGas),
            unsigned.GasLimit, Address.Parse(unsigned.To), 0, unsigned.Data.ToByteArray()).Sign(_people[key].Signer, _ct);
        await _anvil.Chain.SendRaw(signed.Raw, _ct);
        var receipt = await Eventually.Holds(
            async () => await _anvil.Chain.GetReceipt(signed.Hash, _ct), found => found is not null, Patience, "it is mined");
        Assert.True(receipt!.Succeeded, $"{signed.Hash} of account {key} reverted.");
    }

    private async Task<V1.Dispute> See(string name, Func<V1.Dispute, bool> wanted) => await Eventually.Holds(
        async () => (await Ask(2, options => _link.Disputes.GetDisputeAsync(new() { Name = name }, options))).Dispute, wanted, Patience, name);

    private async Task<EscrowV1.Agreement> SeeAgreement(string name, Func<EscrowV1.Agreement, bool> wanted) => await Eventually.Holds(
        async () => (await Ask(2, options => _link.Escrow.GetAgreementAsync(new() { Name = name }, options))).Agreement, wanted, Patience, name);

    private async Task<IList<V1.DueMove>> Due(string name, Func<IList<V1.DueMove>, bool> wanted) => await Eventually.Holds<IList<V1.DueMove>>(
        async () => [.. (await Ask(3, options => _link.Disputes.ListDueMovesAsync(new() { ChainId = _node.ChainId }, options)))
            .DueMoves.Where(due => due.Dispute == name)],
        wanted, Patience, "due moves");

    private async Task Refused(int key, string agreement, EscrowV1.Move move)
    {
        var request = new EscrowV1.PrepareMoveRequest { Name = agreement, Wallet = _people[key].Address.ToString(), Move = move };
        var refused = await Assert.ThrowsAsync<RpcException>(() => Ask(key, options => _link.Escrow.PrepareMoveAsync(request, options)));
        Assert.Equal("TOO_EARLY", ServerLink.Reason(refused));
    }

    private Task<T> Ask<T>(int key, Func<CallOptions, AsyncUnaryCall<T>> call) => _people[key].Call(call, _ct);

    private string ArbiterName(int key) => $"arbiters/{_node.ChainId}-{_people[key].Address}";
}
