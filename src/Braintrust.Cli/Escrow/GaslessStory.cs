using Braintrust.Accounts;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Disputes;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Escrow;

/// <summary>A freelancer who never had a coin signs, delivers, is paid by silence, and comes to other terms with its employer.</summary>
public sealed class GaslessStory(Scene scene)
{
    private static readonly UInt128 OneBtrst = 1_000_000_000_000_000_000;
    private static readonly UInt128[] Amounts = [400 * OneBtrst + 3, 600 * OneBtrst + 1];

    /// <summary>Less than the first milestone's amount: not all of it was done.</summary>
    private static readonly UInt128 Claim = 250 * OneBtrst + 1;
    private static readonly UInt128 AmendedAmount = 550 * OneBtrst + 5;

    private readonly SignedMoves _signed = new(scene.Server, scene.Node, scene.Stage, scene.Timeline);
    private readonly Person _talent = scene.Newcomer;

    /// <summary>Plays it; answers the agreement under its last terms, ended.</summary>
    public async Task<Deal> Play(CancellationToken ct)
    {
        scene.Chapter("A freelancer without a coin: signatures are enough");
        var deal = await scene.Stage.Offer(_talent, await scene.Terms(_talent, court: false, ct, Amounts), ct);
        await scene.Fund(deal, 0, ct);
        await DeliverPart(deal, ct);
        await Settle(deal, ct);
        scene.Chapter("Other terms, by two consents");
        var amended = await Amend(deal, ct);
        await Finish(amended, ct);
        await HasNoCoin(ct);
        return amended;
    }

    private Task DeliverPart(Deal deal, CancellationToken ct)
    {
        var evidence = Hash32.Keccak("a part of the work"u8);
        var submit = new Step(
            "delivery of a part", V1.Move.Submit, 0, Law.Submit.Encode(deal.Terms, 0, Claim, evidence), Evidence: evidence, Sum: Claim);
        return _signed.Relay(_talent, deal, submit, seen => seen.Final && seen.Phase == V1.AgreementPhase.Submitted, ct);
    }

    private async Task Settle(Deal deal, CancellationToken ct)
    {
        var settle = new Step("settlement", V1.Move.Settle, 0, Law.Settle.Encode(deal.Terms, 0));
        await scene.Stage.Refused(_talent, "settling within the review window", ErrorReason.TooEarly,
            () => scene.Stage.Prepare(_talent, deal.Name, settle, ct), ct);
        var seen = await scene.Stage.Await(_talent, deal, agreement => agreement.Deadline is not null, ct);
        await scene.Court.Pass("the review window; the employer is silent", seen.Deadline.AtSeconds, ct);
        await _signed.RelayOpen(_talent, deal, settle, agreement => agreement is { Final: true, MilestoneIndex: 1 }, ct);
        scene.Paid(deal, 0, Claim);
    }

    private async Task<Deal> Amend(Deal deal, CancellationToken ct)
    {
        var present = TermsDesk.Hash(deal.Terms, scene.Node.ChainId, scene.Node.Escrow);
        var next = deal.Terms with
        {
            Sequence = deal.Terms.Sequence + 1, Previous = present, RevisionsMax = 3, Amounts = [Amounts[0], AmendedAmount],
            Documents = Hash32.Keccak("the other agreed text"u8),
        };
        var amend = new Step("amendment", V1.Move.Amend, 0, Law.Amend.Encode(deal.Terms, next, 0, []), Next: TermsDesk.ToWire(next));
        var offer = await _signed.Consent(_talent, deal, amend, ct);
        if (!TermsDesk.FromWire(offer.Next).Encode().AsSpan().SequenceEqual(next.Encode()))
            throw new VerbFailedException("The employer is shown other terms than the freelancer signed.");

        var accept = amend with { Data = Law.Amend.Encode(deal.Terms, next, offer.ExpirySeconds, offer.Signature.ToByteArray()) };
        var hash = TermsDesk.Hash(next, scene.Node.ChainId, scene.Node.Escrow);
        await scene.Stage.Move(scene.Employer, deal, accept, seen => seen.Final && seen.Agreement_ == hash.ToString(), ct);
        scene.Timeline.Tell(Tale.Act, "", $"The agreement goes on as {hash}; {present} points to it for ever",
            ("agreement", hash.ToString()), ("previous", present.ToString()));
        return deal with { Terms = next };
    }

    private async Task Finish(Deal deal, CancellationToken ct)
    {
        await scene.Fund(deal, 1, ct);
        var evidence = Hash32.Keccak("the rest of the work"u8);
        var submit = new Step(
            "delivery of the rest", V1.Move.Submit, 1, Law.Submit.Encode(deal.Terms, 1, AmendedAmount, evidence), Evidence: evidence,
            Sum: AmendedAmount);
        await _signed.Relay(_talent, deal, submit, seen => seen.Final && seen.Phase == V1.AgreementPhase.Submitted, ct);
        var release = new Step("release", V1.Move.Release, 1, Law.Release.Encode(deal.Terms, 1, AmendedAmount), Sum: AmendedAmount);
        await scene.Stage.Move(scene.Employer, deal, release, seen => seen.Final && seen.Phase == V1.AgreementPhase.Ended, ct);
        scene.Paid(deal, 1, AmendedAmount);
    }

    private async Task HasNoCoin(CancellationToken ct)
    {
        var coins = await scene.Node.Ask(chain => chain.GetBalance(_talent.Address, BlockId.Latest, ct), ct);
        var sent = await scene.Node.Ask(chain => chain.GetNonce(_talent.Address, BlockId.Latest, ct), ct);
        if (!coins.IsZero || sent != 0) throw new VerbFailedException($"{_talent} has {coins} wei and sent {sent} transactions; it should have none.");
        scene.Timeline.Tell(Tale.Balance, _talent.Name, "has 0 wei of the chain's coin and never sent a transaction");
    }
}
