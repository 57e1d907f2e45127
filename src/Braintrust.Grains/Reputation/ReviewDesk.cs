using System.Collections.Frozen;
using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Jobs;
using Braintrust.Storage;
using Braintrust.Talent;

namespace Braintrust.Reputation;

/// <summary>What it takes to check a review beside its rules: the contracts, the skills, the signature, its weight.</summary>
public sealed class ReviewDesk(
    IFollowedChains chains, ReputationContracts contracts, ISignatureRecovery recovery, ITokenPrices prices, IRows rows,
    IChainLedger ledger, IGrainFactory grains)
{
    /// <summary>Where wallets name their accounts.</summary>
    private const string Wallets = "wallet";

    private static readonly Refusal NoReviews =
        new(RefusalCode.ChainMismatch, "No Reputation contract is registered for this agreement's escrow.", "agreement");

    /// <summary>Everything but the signature.</summary>
    /// <param name="view">Of an agreement that is funded.</param>
    public async Task<Outcome<CheckedReview>> Check(Caller caller, AgreementView view, Review review, string text)
    {
        if (!caller.Wallets.Contains(review.Reviewer))
            return new Refusal(RefusalCode.NotAParty, "The reviewer is not one of your wallets.", "reviewer");
        if (await contracts.Of(view.ChainId, view.Chain!.Contract, CancellationToken.None) is not { } contract) return NoReviews;
        var skills = review.Skills.IsEmpty ? FrozenSet<string>.Empty : await Skills(caller, view);
        // Not the view's time, which stands while the agreement rests: readers open reviews by the ledger's, and none may be
        // answered once it is open.
        var now = (await ledger.ReadCursor(view.ChainId, CancellationToken.None)).HeadTime;
        var outcome = ReviewRules.Check(review, text, view.Chain, now, skills);
        return outcome.Accepted(out var side, out var refusal) ? new CheckedReview(side, contract) : refusal;
    }

    /// <summary>The review as it is filed. Refused: SignatureInvalid.</summary>
    public async Task<Outcome<FiledReview>> Sign(
        AgreementView view, Review review, string text, byte[] signature, CheckedReview good, DateTimeOffset now)
    {
        var node = chains.Find(view.ChainId)!.Node;
        var seal = ReviewTypedData.Of(review, view.ChainId, good.Contract).Digest;
        if (!await ContractSignatures.IsValid(
                node, recovery, review.Reviewer, seal, signature, BlockId.Latest, CancellationToken.None))
            return new Refusal(RefusalCode.SignatureInvalid, "The reviewer's wallet did not sign this review.", "signature");
        var (terms, milestone) = (view.Chain!.Funded.Terms, view.Chain.Milestones[review.Milestone]);
        return new FiledReview(
            review, text, signature, terms, seal, good.Contract, good.Side,
            good.Side == ReviewSide.Talent ? terms.Employer : terms.Talent,
            await Weight(view.ChainId, view.Chain.Contract, terms, milestone.Fee), milestone.Seen!.BlockHash,
            milestone.Seen.BlockTime, now);
    }

    private async Task<ReferenceValue> Weight(ulong chain, Address escrow, Terms terms, Amount fee)
    {
        var price = await prices.Find(chain, escrow, terms.PolicyVersion, terms.Token, CancellationToken.None);
        return price?.Of(fee - Fees.OriginShare(fee, terms.OriginBps)) ?? default;
    }

    /// <summary>Those of the talent's profile and of the job, as far as the reviewer may see them.</summary>
    private async Task<IReadOnlySet<string>> Skills(Caller caller, AgreementView view)
    {
        var skills = new HashSet<string>(StringComparer.Ordinal);
        if (view.Context?.Job is { } job
            && (await grains.GetGrain<IJobGrain>(job).Read(caller, reviewer: false)).Accepted(out var read, out _))
            skills.UnionWith(read.Content.Skills);
        ImmutableArray<object> wallet = [view.Chain!.Funded.Terms.Talent.ToBytes()];
        foreach (var row in await rows.ReadKeys(Wallets, [wallet], CancellationToken.None))
            if ((await grains.GetGrain<ITalentGrain>((string)row.Values[0]!).Read(caller.AccountId)).Accepted(out var talent, out _))
                skills.UnionWith(talent.Skills.Select(skill => skill.Name));
        return skills;
    }
}

/// <param name="Contract">The Reputation contract of the agreement's escrow.</param>
public sealed record CheckedReview(ReviewSide Side, Address Contract);
