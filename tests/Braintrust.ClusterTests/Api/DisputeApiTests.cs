using Braintrust.Api;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Disputes;
using Braintrust.Escrow;
using Google.Protobuf;
using Grpc.Core;
using DocumentsV1 = Braintrust.Api.Documents.V1;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using V1 = Braintrust.Api.Disputes.V1;

namespace Braintrust;

/// <summary>The dispute room over real sockets, the court scripted: what is told to whom, and what is refused how.</summary>
public sealed class DisputeApiTests : IAsyncLifetime
{
    private readonly ScriptedCourt _court = new();
    private ApiServer _server = null!;
    private V1.DisputeService.DisputeServiceClient _disputes = null!;
    private Person _employer = null!;
    private Person _talent = null!;
    private Person _stranger = null!;
    private Person[] _arbiters = [];
    private EscrowV1.Agreement _agreement = null!;
    private Terms _terms = null!;

    private string Name => $"disputes/{ScriptedSource.ChainId}-{ScriptedCourt.CaseId(_terms)}";
    private Address[] Panel => [.. _arbiters.Take(3).Select(arbiter => arbiter.Address)];

    public async Task InitializeAsync()
    {
        // What opens by time is judged by the later of the chain's and the wall's: here they go together.
        var now = (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var source = _court.On(new ScriptedSource(new ScriptedChain(ScriptedSource.ChainId, now)));
        _server = await ApiServer.Start(["Watch:HeartbeatMs=100"], source: source);
        _disputes = new(_server.Channel);
        foreach (var key in Enumerable.Range(0, 8)) _server.Source.Chain.SetBalance(DevelopmentKeys.Address(key), 1_000_000_000_000_000_000);
        (_employer, _talent, _stranger) = (await SignIn(0), await SignIn(1), await SignIn(2));
        _arbiters = [await SignIn(3), await SignIn(4), await SignIn(5), await SignIn(6)];
        _agreement = await Deals.Offer(_server, _employer, _talent);
        _terms = Deals.Read(_agreement.Offer.Terms);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_case_is_told_with_its_windows_to_the_second_and_its_sides_list_it()
    {
        var opened = Open();
        var told = await See(_talent, dispute => dispute.Phase == V1.CasePhase.Response);

        Assert.Equal((_agreement.Name, 0u, 2_000u, "50"), (told.Agreement, told.MilestoneIndex, told.EmployerBps, told.Cost));
        var end = opened.Time.Seconds + 5 * ScriptedCourt.Day;
        Assert.Equal((V1.Window.Response, opened.Time.Seconds, end), (told.Windows[0].Window, told.Windows[0].OpensAfterSeconds, told.Windows[0].ClosesAfterSeconds));
        Assert.Equal((end, false, 2_000u), (told.OverAfterSeconds, told.Over, told.RulingBps));
        Assert.Equal(Finality.Pending, told.Seen.Finality);
        foreach (var side in new[] { _employer, _talent })
            await Eventually.Does(async () => Assert.Equal(
                told.Name, Assert.Single((await _disputes.ListDisputesAsync(new() { Filter = "phase = RESPONSE" }, side.Headers)).Disputes).Name));
        Assert.Empty((await _disputes.ListDisputesAsync(new(), _stranger.Headers)).Disputes);

        var drawn = Draw();
        told = await See(_employer, dispute => dispute.Phase == V1.CasePhase.Voting);
        Assert.Equal(
            [(V1.Window.Commit, drawn + 2 * ScriptedCourt.Day), (V1.Window.Reveal, drawn + 3 * ScriptedCourt.Day), (V1.Window.Redraw, drawn + 4 * ScriptedCourt.Day)],
            told.Windows.Select(window => (window.Window, window.ClosesAfterSeconds)));
        Assert.Equal(Panel.Select(arbiter => arbiter.ToString()), Assert.Single(told.Panels).Seats.Select(seat => seat.Arbiter));
    }

    [Fact]
    public async Task An_arbiter_sees_its_duties_until_they_are_done_and_then_what_it_earned()
    {
        Open();
        var drawn = Draw();
        var name = $"arbiters/{ScriptedSource.ChainId}-{_arbiters[0].Address}";
        var arbiter = await Arbiter(name, seen => seen.Duties.Count == 1);
        Assert.Equal(
            (Name, V1.SeatPhase.Seal, drawn + 2 * ScriptedCourt.Day, drawn + 3 * ScriptedCourt.Day),
            (arbiter.Duties[0].Dispute, arbiter.Duties[0].Phase, arbiter.Duties[0].CommitBySeconds, arbiter.Duties[0].RevealBySeconds));
        Assert.Equal((2u, 1u), (arbiter.Benches[0].Bonded, arbiter.Benches[0].Locked));
        await Eventually.Does(async () => Assert.Equal(
            arbiter.Duties[0], Assert.Single((await _disputes.ListSeatsAsync(new() { Filter = "phase = SEAL" }, _arbiters[0].Headers)).Seats)));
        Assert.Empty((await _disputes.ListSeatsAsync(new(), _arbiters[3].Headers)).Seats);
        var pool = new V1.ListArbitersRequest
        {
            ChainId = ScriptedSource.ChainId, Court = ScriptedCourt.Contract.ToString(), Arbitrable = ScriptedSource.Contract.ToString(), PageSize = 2,
        };
        var page = await _disputes.ListArbitersAsync(pool, _stranger.Headers);
        pool.PageToken = page.NextPageToken;
        var rest = await _disputes.ListArbitersAsync(pool, _stranger.Headers);
        Assert.Equal(4, page.Arbiters.Concat(rest.Arbiters).Select(one => one.Name).Distinct().Count());

        Mine(
            ScriptedCourt.Committed(_terms, Panel[0], Hash32.Keccak([1])), ScriptedCourt.Revealed(_terms, Panel[0], 8_000),
            ScriptedCourt.Settled(_terms, Panel[0], forfeited: false, 25, 500),
            ScriptedCourt.Credited(_terms, Panel[0], ScriptedSource.Token, 25));
        arbiter = await Arbiter(name, seen => seen.SeatsKept == 1);
        Assert.Empty(arbiter.Duties);
        Assert.Equal((2u, 0u), (arbiter.Benches[0].Bonded, arbiter.Benches[0].Locked));
        Assert.Equal(("25", "25"), (Assert.Single(arbiter.Credits).Waiting, arbiter.Credits[0].Ever));
    }

    [Fact]
    public async Task Evidence_is_the_parties_to_add_and_the_drawn_panels_to_read_while_the_case_lives()
    {
        Open();
        await See(_talent, dispute => dispute.Phase == V1.CasePhase.Response);
        var delivered = await Put(_talent, _agreement.Name);
        var evidence = await Put(_employer, Name);
        await Post(_employer, Name, "This is not what we agreed on.", evidence);
        await Post(_talent, _agreement.Name, "Here it is.", delivered);
        foreach (var outsider in _arbiters.Append(_stranger)) await ReadsNothing(outsider, delivered, evidence);

        Draw();
        await See(_arbiters[0], dispute => dispute.Phase == V1.CasePhase.Voting);
        foreach (var arbiter in _arbiters.Take(3)) await ReadsAll(arbiter, delivered, evidence);
        foreach (var outsider in new[] { _arbiters[3], _stranger }) await ReadsNothing(outsider, delivered, evidence);
        foreach (var subject in new[] { Name, _agreement.Name })
            await Rpc.Refused(() => Put(_arbiters[0], subject), StatusCode.PermissionDenied, ErrorReason.NotAParty, "subject");
        await Rpc.Refused(
            _server.Documents.DetachDocumentAsync(
                new() { RequestId = Guid.NewGuid().ToString(), Name = evidence, Subject = Name }, _employer.Headers),
            StatusCode.FailedPrecondition, ErrorReason.WrongState, "name");

        using var watch = StreamReader.Open(_server, _arbiters[0], ["threads/" + Name]);
        await watch.Snapshot();
        Mine(ScriptedCourt.Concluded(_terms, 8_000, 0, 50));
        await See(_talent, dispute => dispute.Phase == V1.CasePhase.Concluded);
        Assert.Equal(StatusCode.Unavailable, (await watch.End()).StatusCode);
        foreach (var arbiter in _arbiters) await ReadsNothing(arbiter, delivered, evidence);
        await Rpc.Refused(() => Put(_talent, Name), StatusCode.PermissionDenied, ErrorReason.NotAParty, "subject");
        Assert.Single((await _server.Documents.ListDocumentsAsync(new() { Subject = Name }, _talent.Headers)).Documents);
    }

    [Fact]
    public async Task A_contract_that_only_names_an_agreement_opens_nobody_its_papers()
    {
        Mine(ScriptedSource.Funded(_terms, 1));
        var liar = DevelopmentKeys.Address(9);
        var fake = _terms with { Manager = _stranger.Address };
        Mine(ScriptedCourt.Opened(fake, liar));
        var name = $"disputes/{ScriptedSource.ChainId}-{ScriptedCourt.CaseId(fake, liar)}";
        await Eventually.Does(async () => Assert.Equal(name, (await _disputes.GetDisputeAsync(new() { Name = name }, _stranger.Headers)).Dispute.Name));

        await Rpc.Refused(
            _server.Documents.ListDocumentsAsync(new() { Subject = _agreement.Name }, _stranger.Headers),
            StatusCode.PermissionDenied, ErrorReason.NotAParty, "subject");
        await Rpc.Refused(
            _disputes.GetDisputeAsync(new() { Name = name }, _employer.Headers), StatusCode.PermissionDenied, ErrorReason.NotAParty);
    }

    [Fact]
    public async Task What_anybody_may_call_is_told_when_it_opens_and_goes_when_it_was_done()
    {
        Open();
        await See(_talent, dispute => dispute.Phase == V1.CasePhase.Response);
        Assert.Empty(await Due());
        await Advance(5 * ScriptedCourt.Day + 60);
        var due = await Due(moves => moves.Count == 2);
        Assert.Equal(
            [(V1.DisputeMove.Conclude, EscrowV1.Move.Unspecified), (V1.DisputeMove.Unspecified, EscrowV1.Move.Resolve)],
            due.OrderBy(move => move.EscrowMove).Select(move => (move.DisputeMove, move.EscrowMove)));
        Assert.All(due, move => Assert.Equal((Name, _agreement.Name, 0ul), (move.Dispute, move.Agreement, move.ClosesAfterSeconds)));

        Mine(ScriptedCourt.Concluded(_terms, 2_000, 50, 0));
        Assert.Equal(EscrowV1.Move.Resolve, Assert.Single(await Due(moves => moves.Count == 1)).EscrowMove);
        Mine(ScriptedSource.Closed(_terms, 0));
        await Due(moves => moves.Count == 0);
    }

    [Fact]
    public async Task Moves_are_refused_as_the_court_would_and_a_commitment_is_made_elsewhere()
    {
        Open();
        await See(_talent, dispute => dispute.Phase == V1.CasePhase.Response);
        await Refused(_stranger, V1.DisputeMove.Respond, StatusCode.PermissionDenied, ErrorReason.NotAParty, "wallet");
        await Refused(_stranger, V1.DisputeMove.Concede, StatusCode.PermissionDenied, ErrorReason.NotAParty, "wallet");
        Draw();
        await See(_talent, dispute => dispute.Phase == V1.CasePhase.Voting);
        await Refused(_talent, V1.DisputeMove.Respond, StatusCode.FailedPrecondition, ErrorReason.WrongState);
        await Refused(_employer, V1.DisputeMove.Appeal, StatusCode.FailedPrecondition, ErrorReason.TooEarly);
        await Refused(_stranger, V1.DisputeMove.Appeal, StatusCode.PermissionDenied, ErrorReason.NotAParty, "wallet");
        await Refused(_stranger, V1.DisputeMove.Conclude, StatusCode.FailedPrecondition, ErrorReason.TooEarly);
        await Refused(_stranger, V1.DisputeMove.QueueDraw, StatusCode.FailedPrecondition, ErrorReason.TooEarly);
        await Refused(_stranger, V1.DisputeMove.Draw, StatusCode.FailedPrecondition, ErrorReason.WrongState);
        await Rpc.Refused(
            _disputes.PrepareDisputeMoveAsync(new()
            {
                Name = Name, Wallet = Panel[0].ToString(), Move = V1.DisputeMove.Reveal, Salt = ByteString.CopyFrom(new byte[32]),
            }, _arbiters[0].Headers), StatusCode.FailedPrecondition, ErrorReason.TooEarly);

        var ask = new V1.PrepareDisputeMoveRequest { Name = Name, Wallet = Panel[0].ToString(), Move = V1.DisputeMove.Commit };
        var fields = await _disputes.PrepareDisputeMoveAsync(ask, _arbiters[0].Headers);
        Assert.Null(fields.Transaction);
        ask.Commitment = VoteSeal.Commitment(fields.VoteFields, 8_000, VoteSeal.NewSalt());
        var prepared = await _disputes.PrepareDisputeMoveAsync(ask, _arbiters[0].Headers);
        Assert.Equal((ScriptedCourt.Contract.ToString(), Panel[0].ToString()), (prepared.Transaction.To, prepared.Transaction.From));
        Assert.Equal(fields.VoteFields, prepared.VoteFields);
        Assert.Empty(prepared.Effects);
        ask.Wallet = _arbiters[3].Address.ToString();
        await Rpc.Refused(_disputes.PrepareDisputeMoveAsync(ask, _arbiters[3].Headers), StatusCode.PermissionDenied, ErrorReason.NotAParty);
    }

    [Fact]
    public async Task A_preview_says_what_everybody_would_get()
    {
        Open();
        Draw();
        await See(_talent, dispute => dispute.Phase == V1.CasePhase.Voting);
        var preview = await _disputes.PreviewRulingAsync(new() { Name = Name, RulingBps = 8_000 }, _talent.Headers);
        Assert.Equal(("0", "50", "0", "50"), (preview.Bill.EmployerBack, preview.Bill.TalentBack, preview.Bill.AppealBack, preview.Bill.Fee));
        Assert.Equal("800000000000000000", preview.Pay);
        await Rpc.Refused(
            _disputes.PreviewRulingAsync(new() { Name = Name, RulingBps = 10_001 }, _talent.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "ruling_bps");
        await Rpc.Refused(
            _disputes.PreviewRulingAsync(new() { Name = Name }, _stranger.Headers), StatusCode.PermissionDenied, ErrorReason.NotAParty);
    }

    [Fact]
    public async Task What_a_reorganisation_takes_back_is_retracted()
    {
        Open();
        await See(_talent, dispute => dispute.Phase == V1.CasePhase.Response);
        using var watch = StreamReader.Open(_server, _talent, [Name]);
        await watch.Snapshot();
        Draw();
        await watch.UntilUpdate(update => update.Dispute?.Phase == V1.CasePhase.Voting);
        await Eventually.Does(async () => Assert.Single((await _disputes.ListSeatsAsync(new(), _arbiters[0].Headers)).Seats));
        _server.Source.Chain.Reorg(1, [[], []]);
        var retracted = await watch.Until(message => message.Retracted is not null);
        Assert.Contains("PanelDrawn", retracted.Retracted.Retractions.Select(one => one.Kind));
        await watch.UntilUpdate(update => update.Dispute?.Phase == V1.CasePhase.Drawing);
        await Eventually.Does(async () => Assert.Empty((await _disputes.ListSeatsAsync(new(), _arbiters[0].Headers)).Seats));
        await Rpc.Refused(
            _disputes.GetDisputeAsync(new() { Name = Name }, _arbiters[0].Headers), StatusCode.PermissionDenied, ErrorReason.NotAParty);
    }

    public static TheoryData<V1.PrepareDisputeMoveRequest, string> BadMoves => new()
    {
        { new() { Move = V1.DisputeMove.Unspecified }, "move" },
        { new() { Move = (V1.DisputeMove)99 }, "move" },
        { new() { Move = V1.DisputeMove.Enlist }, "move" },
        { new() { Move = V1.DisputeMove.Concede, Wallet = "me" }, "wallet" },
        { new() { Move = V1.DisputeMove.Respond, TalentBps = 10_001 }, "talent_bps" },
        { new() { Move = V1.DisputeMove.Respond, TalentBps = 2_000 }, "talent_bps" },
        { new() { Move = V1.DisputeMove.Commit, Commitment = "0xzz" }, "commitment" },
        { new() { Move = V1.DisputeMove.Reveal }, "salt" },
        { new() { Move = V1.DisputeMove.Reveal, Salt = ByteString.CopyFrom(new byte[33]) }, "salt" },
        { new() { Move = V1.DisputeMove.Reveal, Salt = ByteString.CopyFrom(new byte[32]), Arbiter = "0x1" }, "arbiter" },
        { new() { Move = V1.DisputeMove.Concede, Name = "agreements/31337-0x1" }, "name" },
    };

    [Theory]
    [MemberData(nameof(BadMoves))]
    public async Task A_move_with_a_bad_field_is_refused_with_its_path(V1.PrepareDisputeMoveRequest move, string path)
    {
        Open();
        await See(_talent, dispute => dispute.Phase == V1.CasePhase.Response);
        if (move.Name.Length == 0) move.Name = Name;
        if (move.Wallet.Length == 0) move.Wallet = _talent.Address.ToString();
        await Rpc.Refused(
            _disputes.PrepareDisputeMoveAsync(move, _talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, path);
    }

    [Fact]
    public async Task Arbiters_moves_are_their_own_at_courts_that_are_followed()
    {
        var move = new V1.PrepareArbiterMoveRequest
        {
            Name = $"arbiters/{ScriptedSource.ChainId}-{_talent.Address}", Move = V1.DisputeMove.Withdraw,
            Court = ScriptedCourt.Contract.ToString(), Token = ScriptedSource.Token.ToString(),
        };
        await Rpc.Refused(_disputes.PrepareArbiterMoveAsync(move, _talent.Headers), StatusCode.FailedPrecondition, ErrorReason.WrongState, "token");
        await Rpc.Refused(_disputes.PrepareArbiterMoveAsync(move, _stranger.Headers), StatusCode.PermissionDenied, ErrorReason.NotAParty, "wallet");
        var elsewhere = move.Clone();
        elsewhere.Court = ScriptedSource.Token.ToString();
        await Rpc.Refused(_disputes.PrepareArbiterMoveAsync(elsewhere, _talent.Headers), StatusCode.InvalidArgument, ErrorReason.ChainMismatch, "court");
        move.Move = V1.DisputeMove.Retire;
        move.Arbitrable = ScriptedSource.Contract.ToString();
        move.Seats = 1;
        await Rpc.Refused(_disputes.PrepareArbiterMoveAsync(move, _talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "seats");
        move.Move = V1.DisputeMove.Respond;
        await Rpc.Refused(_disputes.PrepareArbiterMoveAsync(move, _talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "move");
        foreach (var name in new[] { "", "arbiters/31337", "arbiters/31337-0x1", $"arbiters/031337-{_talent.Address}" })
            await Rpc.Refused(_disputes.GetArbiterAsync(new() { Name = name }, _talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "name");
        await Rpc.Refused(
            _disputes.ListDueMovesAsync(new() { ChainId = 1 }, _talent.Headers), StatusCode.NotFound, ErrorReason.NotFound, "chain_id");
        await Rpc.Refused(
            _disputes.GetDisputeAsync(new() { Name = Name }, _talent.Headers), StatusCode.NotFound, ErrorReason.NotFound, "name");
    }

    private async Task<Person> SignIn(int key) => await _server.SignIn(DevelopmentKeys.Signer(key));

    private BlockHeader Mine(params ScriptedLog[] logs) => _server.Source.Chain.Mine(logs);

    private async Task Advance(uint seconds)
    {
        await _server.Source.Chain.AdvanceTime(TimeSpan.FromSeconds(seconds), CancellationToken.None);
        Mine();
    }

    private BlockHeader Open()
    {
        Mine(ScriptedSource.Funded(_terms, 1));
        Mine(ScriptedSource.Submitted(_terms, 0));
        return Mine(ScriptedCourt.Opened(_terms), ScriptedCourt.Disputed(_terms, _terms.ValidUntil));
    }

    /// <summary>The talent matches, and three arbiters of four are drawn.</summary>
    private ulong Draw()
    {
        Mine([.. _arbiters.Select(arbiter => ScriptedCourt.Enlisted(arbiter.Address, 2))]);
        Mine(ScriptedCourt.Answered(_terms));
        return Mine(ScriptedCourt.Drawn(_terms, 0, Panel)).Time.Seconds;
    }

    private async Task<V1.Dispute> See(Person reader, Predicate<V1.Dispute> wanted)
    {
        V1.Dispute? told = null;
        await Eventually.Does(async () =>
        {
            told = (await _disputes.GetDisputeAsync(new() { Name = Name }, reader.Headers)).Dispute;
            Assert.True(wanted(told));
        });
        return told!;
    }

    private async Task<V1.Arbiter> Arbiter(string name, Predicate<V1.Arbiter> wanted)
    {
        V1.Arbiter? told = null;
        await Eventually.Does(async () =>
        {
            told = (await _disputes.GetArbiterAsync(new() { Name = name }, _stranger.Headers)).Arbiter;
            Assert.True(wanted(told));
        });
        return told!;
    }

    private async Task<IList<V1.DueMove>> Due(Predicate<IList<V1.DueMove>>? wanted = null)
    {
        IList<V1.DueMove> due = [];
        await Eventually.Does(async () =>
        {
            due = (await _disputes.ListDueMovesAsync(new() { ChainId = ScriptedSource.ChainId }, _stranger.Headers)).DueMoves;
            Assert.True(wanted is null || wanted(due), $"{due.Count} moves are due.");
        });
        return due;
    }

    private Task Refused(Person by, V1.DisputeMove move, StatusCode status, ErrorReason reason, string? field = null) => Rpc.Refused(
        _disputes.PrepareDisputeMoveAsync(
            new() { Name = Name, Wallet = by.Address.ToString(), Move = move, TalentBps = 9_000 }, by.Headers), status, reason, field);

    private async Task<string> Put(Person by, string subject) => (await _server.Documents.PutDocumentAsync(
        new()
        {
            RequestId = Guid.NewGuid().ToString(), Subject = subject, MediaType = "text/plain", DisplayName = "Evidence",
            Content = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()),
        }, by.Headers)).Document.Name;

    private async Task Post(Person by, string subject, string text, string document) => await _server.Threads.PostMessageAsync(
        new() { RequestId = Guid.NewGuid().ToString(), Parent = "threads/" + subject, Text = text, Documents = { document } }, by.Headers);

    private async Task ReadsAll(Person reader, params string[] documents)
    {
        foreach (var document in documents) await _server.Documents.GetDocumentAsync(new() { Name = document }, reader.Headers);
        foreach (var subject in new[] { Name, _agreement.Name })
        {
            Assert.Single((await _server.Documents.ListDocumentsAsync(new() { Subject = subject }, reader.Headers)).Documents);
            Assert.Single((await _server.Threads.ListMessagesAsync(new() { Parent = "threads/" + subject }, reader.Headers)).Messages);
        }
    }

    private async Task ReadsNothing(Person reader, params string[] documents)
    {
        foreach (var document in documents)
            await Rpc.Refused(
                _server.Documents.GetDocumentAsync(new() { Name = document }, reader.Headers), StatusCode.NotFound, ErrorReason.NotFound, "name");
        foreach (var subject in new[] { Name, _agreement.Name })
        {
            await Rpc.Refused(
                _server.Documents.ListDocumentsAsync(new() { Subject = subject }, reader.Headers),
                StatusCode.PermissionDenied, ErrorReason.NotAParty, "subject");
            await Rpc.Refused(
                _server.Threads.ListMessagesAsync(new() { Parent = "threads/" + subject }, reader.Headers),
                StatusCode.PermissionDenied, ErrorReason.NotAParty, "parent");
        }
    }
}
