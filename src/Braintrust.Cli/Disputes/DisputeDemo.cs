using Braintrust.Accounts;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Reputation;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Disputes;

/// <summary>
/// What can go wrong between two people, and what then becomes of the money: a freelancer without a coin, other terms, a
/// dispute with an appeal, a silent court, a freelancer who vanishes; and what both say of each other. A killed server is
/// waited for; a chain that loses blocks ends the story, since another draw is another panel.
/// </summary>
public sealed class DisputeDemo(ServerLink server, NodeLink node, Timeline timeline)
{
    private static readonly UInt128 OneBtrst = 1_000_000_000_000_000_000;

    /// <summary>Odd last digits, so that every division has a remainder to account for.</summary>
    private static readonly UInt128 Disputed = 1_000 * OneBtrst + 39;
    private static readonly UInt128 Unheard = 300 * OneBtrst + 7;
    private static readonly UInt128 Abandoned = 200 * OneBtrst + 9;

    /// <summary>The median rules: 8,000 first. Two of these are wrong by the ruling on appeal, and lose their seats.</summary>
    private static readonly Ballot[] First = [new(8_000), new(8_000), new(7_200)];

    /// <summary>One seals and never opens.</summary>
    private static readonly Ballot[] Second = [new(7_000), new(7_300), new(6_800), new(7_000), new(7_000, Opens: false)];

    private readonly Scene _scene = new(server, node, timeline);

    /// <exception cref="VerbFailedException">Something did not go as the law says, or the chain lost blocks of the story.</exception>
    public async Task Play(CancellationToken ct)
    {
        if (node.ChainId != DevelopmentKeys.ChainId)
            throw new VerbFailedException($"The demo signs with keys that everybody knows; chain {node.ChainId} is no place for them.");
        await Meet(ct);
        var deal = await new GaslessStory(_scene).Play(ct);
        await new ReviewStory(_scene, deal).Play(ct);
        await Disputes(ct);
        await SilentCourt(ct);
        await Vanished(ct);
        timeline.Tell(Tale.Act, "", "What everybody has, with what is bonded and credited at the court");
        await _scene.Stage.Journal.Heal(ct);
        await _scene.Purses.Check(ct);
    }

    private async Task Meet(CancellationToken ct)
    {
        Person[] people = [_scene.Employer, _scene.Freelancer, _scene.Newcomer, .. _scene.Arbiters];
        foreach (var person in people)
        {
            await person.SignIn(node.ChainId, ct);
            timeline.Tell(Tale.Act, person.Name, $"signs in with {person.Address}", ("address", person.Address.ToString()));
        }

        await _scene.Purses.Open([.. people.Select(person => (person.Name, person.Address)), ("Escrow", node.Escrow)], ct);
        _scene.Chapter($"Eight arbiters bond a seat of {Money.Btrst(_scene.Purses.Seat)} each");
        foreach (var arbiter in _scene.Arbiters) await _scene.Court.Enlist(arbiter, _scene.Purses.Seat, ct);
    }

    private async Task Disputes(CancellationToken ct)
    {
        _scene.Chapter("A dispute: three arbiters, then five others on appeal");
        var deal = await _scene.Stage.Offer(_scene.Freelancer, await _scene.Terms(_scene.Freelancer, court: true, ct, Disputed), ct);
        var dispute = await CourtCase.Open(_scene, deal, ct);
        var evidence = await dispute.Show(_scene.Freelancer, "The export was never asked for; all else runs.", ct);
        await dispute.Show(_scene.Employer, "Without the export nobody can use it.", ct);
        var panel = await dispute.Draw(0, ct);
        await dispute.Read(panel, evidence, ct);
        await dispute.Vote(panel, First, ct);
        await dispute.Appeal(8_000, ct);
        await dispute.Vote(await dispute.Draw(2, ct), Second, ct);
        await dispute.Conclude(7_000, ct);
        await dispute.Resolve(7_000, EscrowV1.MilestonePhase.Ruled, ct);
        foreach (var arbiter in _scene.Arbiters) await TakeEarned(arbiter, ct);
    }

    private async Task TakeEarned(Person arbiter, CancellationToken ct)
    {
        var credit = await node.Ask(chain => Chain.Contracts.PanelCourtContract.CreditOf.Call(
            chain, _scene.Court.Court, arbiter.Address, node.Token, BlockId.Latest, ct), ct);
        if (credit.IsZero) return;
        await _scene.Court.Withdraw(arbiter, ct);
    }

    private async Task SilentCourt(CancellationToken ct)
    {
        _scene.Chapter("A silent court: the terms' fallback closes");
        var deal = await _scene.Stage.Offer(_scene.Freelancer, await _scene.Terms(_scene.Freelancer, court: true, ct, Unheard), ct);
        var dispute = await CourtCase.Open(_scene, deal, ct);
        dispute.Silent(await dispute.Draw(0, ct));
        await dispute.Conclude(null, ct);
        await _scene.Stage.Refused(_scene.PasserBy, "resolving before the deadline", ErrorReason.TooEarly,
            () => _scene.Stage.Prepare(_scene.PasserBy, deal.Name, dispute.ResolveStep, ct), ct);
        var seen = await _scene.Stage.Await(_scene.Freelancer, deal, agreement => agreement.Milestones[0].Dispute is not null, ct);
        await _scene.Court.Pass("the deadline of the terms", seen.Milestones[0].Dispute.DeadlineSeconds, ct);
        await dispute.Resolve(deal.Terms.FallbackTalentBps, EscrowV1.MilestonePhase.FellBack, ct);
    }

    private async Task Vanished(CancellationToken ct)
    {
        _scene.Chapter("A freelancer who vanishes: everything goes back");
        var deal = await _scene.Stage.Offer(_scene.Freelancer, await _scene.Terms(_scene.Freelancer, court: false, ct, Abandoned), ct);
        await _scene.Fund(deal, 0, ct);
        var reclaim = new Step("reclaim", EscrowV1.Move.Reclaim, 0, Law.Reclaim.Encode(deal.Terms, 0));
        await _scene.Stage.Refused(_scene.Employer, "reclaiming within the work time", ErrorReason.TooEarly,
            () => _scene.Stage.Prepare(_scene.Employer, deal.Name, reclaim, ct), ct);
        var seen = await _scene.Stage.Await(_scene.Freelancer, deal, agreement => agreement.Deadline is not null, ct);
        await _scene.Court.Pass("the work time", seen.Deadline.AtSeconds, ct);
        await _scene.Stage.Refused(_scene.PasserBy, "reclaiming for the employer one review window too early", ErrorReason.TooEarly,
            () => _scene.Stage.Prepare(_scene.PasserBy, deal.Name, reclaim, ct), ct);
        await _scene.Court.Pass("one more review window; the employer is away too", seen.Deadline.AtSeconds + Scene.ReviewWindowSeconds, ct);
        await _scene.Stage.Move(_scene.PasserBy, deal, reclaim, agreement => agreement.Final && agreement.Phase == EscrowV1.AgreementPhase.Ended, ct);
    }
}
