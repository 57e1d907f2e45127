using System.Numerics;
using System.Text;
using Braintrust.Accounts;
using Braintrust.Api;
using Braintrust.Api.Documents.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Google.Protobuf;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using Court = Braintrust.Chain.Contracts.PanelCourtContract;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using V1 = Braintrust.Api.Disputes.V1;

namespace Braintrust.Disputes;

/// <param name="Opens">False for an arbiter who seals a vote and never opens it.</param>
public sealed record Ballot(int TalentBps, bool Opens = true);

/// <summary>One disputed milestone before the court, step by step.</summary>
public sealed class CourtCase
{
    /// <summary>What the two sides ask for, of the claim.</summary>
    public const uint EmployerBps = 2_000;
    public const uint TalentBps = 9_000;
    private const int SeedBlocks = 9;

    private readonly Scene _scene;
    private readonly Deal _deal;
    private readonly Hash32 _id;
    private readonly List<IReadOnlyList<CastVote>> _panels = [];

    private CourtCase(Scene scene, Deal deal, BigInteger cost)
    {
        (_scene, _deal, Cost) = (scene, deal, cost);
        // keccak256(abi.encode(escrow, negotiation, milestone)), as the contracts name it.
        var words = new AbiWriter();
        var head = words.Reserve(3 * AbiWriter.WordBytes);
        words.Address(head, scene.Node.Escrow);
        words.Word(head + AbiWriter.WordBytes, TermsDesk.Negotiation(deal.Terms));
        _id = Hash32.Keccak(words.ToArray());
        Name = $"disputes/{scene.Node.ChainId}-{_id}";
    }

    /// <summary>disputes/{chain id}-{case id}.</summary>
    public string Name { get; }

    /// <summary>Each side's deposit.</summary>
    public BigInteger Cost { get; }

    private Person Talent => _deal.Talent;

    /// <summary>Work is funded, delivered and disputed; the freelancer answers and pays its deposit as well.</summary>
    public static async Task<CourtCase> Open(Scene scene, Deal deal, CancellationToken ct)
    {
        await scene.Fund(deal, 0, ct);
        var evidence = Hash32.Keccak("the disputed work"u8);
        var submit = new Step("delivery", EscrowV1.Move.Submit, 0, Law.Submit.Encode(deal.Terms, 0, deal.Amount(0), evidence), Evidence: evidence);
        await scene.Stage.Move(deal.Talent, deal, submit, seen => seen.Final && seen.Phase == EscrowV1.AgreementPhase.Submitted, ct);
        var cost = await scene.Node.Ask(chain => Court.Cost.Call(
            chain, scene.Court.Court, deal.Terms.CourtRules, scene.Node.Token, deal.Amount(0), BlockId.Latest, ct), ct);
        var opened = new CourtCase(scene, deal, cost);
        await opened.Dispute(ct);
        await opened.Respond(ct);
        return opened;
    }

    /// <summary>Attached to the case and told in its thread: the parties and the drawn arbiters read it.</summary>
    public async Task<string> Show(Person by, string text, CancellationToken ct)
    {
        var put = new PutDocumentRequest
        {
            RequestId = NewId(), Subject = Name, Content = ByteString.CopyFromUtf8(text), MediaType = "text/plain", DisplayName = "Evidence",
        };
        var document = (await by.Call(o => _scene.Server.Documents.PutDocumentAsync(put, o), ct)).Document.Name;
        var hash = Hash32.Keccak(Encoding.UTF8.GetBytes(text));
        if (document != $"documents/{hash}") throw new VerbFailedException($"The server stored {document} for {hash}.");
        var post = new PostMessageRequest { RequestId = NewId(), Parent = "threads/" + Name, Text = "See the attached.", Documents = { document } };
        await by.Call(o => _scene.Server.Threads.PostMessageAsync(post, o), ct);
        _scene.Timeline.Tell(Tale.Act, by.Name, $"files evidence: \"{text}\"", ("document", document));
        return document;
    }

    /// <summary>The panel of a round is drawn from the hash of a block that nobody knew when it was asked for.</summary>
    public async Task<V1.Panel> Draw(uint round, CancellationToken ct)
    {
        await See("a draw that waits", dispute => dispute.Phase == V1.CasePhase.Drawing && dispute.Round == round, ct);
        await _scene.Node.Pull(chain => chain.Mine(SeedBlocks, ct), ct);
        await _scene.Court.Move(_scene.PasserBy, Name, new() { Move = V1.DisputeMove.Draw }, Court.Draw.Encode(_id), ct);
        var drawn = await See("a panel", dispute => dispute.Phase == V1.CasePhase.Voting && dispute.Round == round, ct);
        var panel = PanelOf(drawn, round);
        _scene.Timeline.Tell(Tale.Act, "Court", $"draws {string.Join(", ", panel.Seats.Select(seat => Arbiter(seat).Name))}", ("round", round));
        return panel;
    }

    /// <summary>A drawn arbiter reads what a party filed.</summary>
    public async Task Read(V1.Panel panel, string document, CancellationToken ct)
    {
        var reader = Arbiter(panel.Seats[0]);
        var get = new GetDocumentRequest { Name = document, Subject = Name };
        var text = (await reader.Call(o => _scene.Server.Documents.GetDocumentAsync(get, o), ct)).Content.ToStringUtf8();
        if (document != $"documents/{Hash32.Keccak(Encoding.UTF8.GetBytes(text))}")
            throw new VerbFailedException($"{reader} reads another text than was filed.");
        _scene.Timeline.Tell(Tale.Act, reader.Name, $"reads \"{text}\"", ("document", document));
    }

    /// <summary>Every arbiter seals a vote on its own machine, in the order of the seats, and opens it when nobody can seal any more.</summary>
    public async Task Vote(V1.Panel panel, IReadOnlyList<Ballot> ballots, CancellationToken ct)
    {
        var salts = ballots.Select(_ => VoteSeal.NewSalt()).ToList();
        for (var seat = 0; seat < ballots.Count; seat++)
        {
            var arbiter = Arbiter(panel.Seats[seat]);
            var fields = await _scene.Court.VoteFields(arbiter, Name, ct);
            if (fields.CaseId != _id.ToString() || fields.Round != panel.Round || fields.Arbiter != arbiter.Address.ToString())
                throw new VerbFailedException($"{arbiter} does not seal: the server names another case, round or arbiter.");
            var seal = VoteSeal.Commitment(fields, (uint)ballots[seat].TalentBps, salts[seat]);
            await _scene.Court.Move(arbiter, Name, new() { Move = V1.DisputeMove.Commit, Commitment = seal },
                Court.Commit.Encode(_id, seat, Hash32.Parse(seal)), ct);
        }

        var sealed_ = await See("all votes sealed", dispute => PanelOf(dispute, panel.Round).Seats.All(seat => seat.Commitment.Length > 0), ct);
        await _scene.Court.Pass("the time to seal votes", Closes(sealed_, V1.Window.Commit), ct);
        for (var seat = 0; seat < ballots.Count; seat++)
            if (ballots[seat].Opens)
                await Reveal(panel, seat, ballots[seat].TalentBps, salts[seat], ct);
        await See("all votes opened",
            dispute => PanelOf(dispute, panel.Round).Seats.Count(seat => seat.HasTalentBps) == ballots.Count(ballot => ballot.Opens), ct);
        Cast(panel, ballots);
    }

    /// <summary>Nobody of the panel says a word.</summary>
    public void Silent(V1.Panel panel) => Cast(panel, [.. panel.Seats.Select(_ => new Ballot(0, Opens: false))]);

    /// <summary>The employer, who is further from the first ruling, pays twice the cost for five others.</summary>
    public async Task Appeal(int ruling, CancellationToken ct)
    {
        var ruled = await See("the first ruling", dispute => dispute.RulingBps == ruling, ct);
        await _scene.Court.Pass("the time to open votes", ruled.Windows.Single(w => w.Window == V1.Window.Appeal).OpensAfterSeconds, ct);
        _scene.Timeline.Tell(Tale.Act, "Court", $"rules that {Words.Share(ruling)} of the claim is the freelancer's", ("ruling_bps", ruling));
        await _scene.Court.Move(
            _scene.Employer, Name, new() { Move = V1.DisputeMove.Appeal }, Court.Appeal.Encode(_id), ct, deposit: 2 * Cost);
        _scene.Purses.Expect(_scene.Employer.Address, -2 * Cost);
    }

    /// <summary>Anyone has everybody paid when the case is over; what each gets is computed from the votes.</summary>
    /// <param name="ruling">Null when the court stayed silent.</param>
    public async Task Conclude(int? ruling, CancellationToken ct)
    {
        var present = await See("its end", dispute => dispute.OverAfterSeconds > 0, ct);
        await _scene.Court.Pass("the last of the court's windows", present.OverAfterSeconds, ct);
        var over = await See("that it is over", dispute => dispute.Over, ct);
        if ((over.HasRulingBps ? (int)over.RulingBps : (int?)null) != ruling)
            throw new VerbFailedException($"The court ruled {over.RulingBps}, not {ruling}.");
        await _scene.Court.Move(_scene.PasserBy, Name, new() { Move = V1.DisputeMove.Conclude }, Court.Conclude.Encode(_id), ct);
        await See("that it is concluded", dispute => dispute.Phase == V1.CasePhase.Concluded, ct);

        var rules = await _scene.Node.Ask(
            chain => Court.RulesOf.Call(chain, _scene.Court.Court, _deal.Terms.CourtRules, BlockId.Latest, ct), ct);
        var treasury = await _scene.Node.Ask(chain => Court.Treasury.Call(chain, _scene.Court.Court, BlockId.Latest, ct), ct);
        var fee = ruling is null ? 0 : (_panels.Count > 1 ? 3 : 1) * Cost;
        foreach (var (arbiter, change) in CourtSums.Changes(_panels, ruling, rules.BandBps, fee, _scene.Purses.Seat, treasury))
            _scene.Purses.Expect(arbiter, change);
        // The side further from the ruling pays; the other's deposit comes back, and without a ruling both do.
        var employerPays = ruling is { } ratio && Math.Abs(ratio - (int)EmployerBps) > Math.Abs(ratio - (int)TalentBps);
        if (!employerPays) _scene.Purses.Expect(_scene.Employer.Address, Cost);
        if (employerPays || ruling is null) _scene.Purses.Expect(Talent.Address, Cost);
    }

    /// <summary>Anyone closes the milestone, at the ruling or the fallback of its terms.</summary>
    public async Task Resolve(int talentBps, EscrowV1.MilestonePhase phase, CancellationToken ct)
    {
        await _scene.Stage.Move(_scene.PasserBy, _deal, ResolveStep, seen => seen.Final && seen.Milestones[0].Phase == phase, ct);
        _scene.Paid(_deal, 0, _deal.Amount(0) * talentBps / 10_000);
    }

    /// <summary>Closes it, by anyone.</summary>
    public Step ResolveStep => new("resolution", EscrowV1.Move.Resolve, 0, Law.Resolve.Encode(_deal.Terms, 0));

    private async Task Dispute(CancellationToken ct)
    {
        var step = new Step(
            "dispute", EscrowV1.Move.Dispute, 0, Law.Dispute.Encode(_deal.Terms, 0, EmployerBps, Cost), Sum: Cost, EmployerBps: EmployerBps);
        var seen = await _scene.Stage.Move(
            _scene.Employer, _deal, step, agreement => agreement.Final && agreement.Phase == EscrowV1.AgreementPhase.Disputed, ct);
        if (seen.Milestones[0].Dispute.CaseId != _id.ToString()) throw new VerbFailedException($"The case is not {_id}.");
        _scene.Purses.Expect(_scene.Employer.Address, -Cost);
    }

    private async Task Respond(CancellationToken ct)
    {
        await See("the response window", dispute => dispute.Phase == V1.CasePhase.Response, ct);
        await _scene.Court.Move(Talent, Name, new() { Move = V1.DisputeMove.Respond, TalentBps = TalentBps, Pays = true },
            Court.Respond.Encode(_id, TalentBps, true), ct, deposit: Cost);
        _scene.Purses.Expect(Talent.Address, -Cost);
    }

    private Task Reveal(V1.Panel panel, int seat, int vote, byte[] salt, CancellationToken ct) => _scene.Court.Move(
        Arbiter(panel.Seats[seat]), Name,
        new() { Move = V1.DisputeMove.Reveal, TalentBps = (uint)vote, Salt = ByteString.CopyFrom(salt) },
        Court.Reveal.Encode(_id, seat, vote, new Hash32(salt)), ct);

    private void Cast(V1.Panel panel, IReadOnlyList<Ballot> ballots) => _panels.Add(
        [.. panel.Seats.Zip(ballots, (seat, ballot) => new CastVote(Address.Parse(seat.Arbiter), ballot.Opens ? ballot.TalentBps : null))]);

    private Task<V1.Dispute> See(string what, Func<V1.Dispute, bool> wanted, CancellationToken ct) =>
        _scene.Court.See(Talent, Name, what, wanted, ct);

    private Person Arbiter(V1.Seat seat) => _scene.Arbiters.Single(arbiter => arbiter.Address.ToString() == seat.Arbiter);

    private static V1.Panel PanelOf(V1.Dispute dispute, uint round) => dispute.Panels.Single(panel => panel.Round == round);

    private static ulong Closes(V1.Dispute dispute, V1.Window window) => dispute.Windows.Single(w => w.Window == window).ClosesAfterSeconds;

    private static string NewId() => Guid.NewGuid().ToString();
}
