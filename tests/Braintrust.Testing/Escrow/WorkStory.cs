using System.Numerics;
using Braintrust.Chain;
using Braintrust.Governance;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>
/// One agreement as a test tells it: its terms, and the logs that the contract would emit. Employer, talent and the like
/// are the development accounts, so that offers can be signed.
/// </summary>
public sealed class WorkStory(ulong chainId, Address contract, Address token, BigInteger nonce, ulong validUntil)
{
    public const ushort FeeBps = 1_500;
    public const uint PolicyVersion = 1;
    public const uint ReviewWindow = 3 * 86_400;
    public const uint WorkTime = 7 * 86_400;
    public const uint ReworkTime = 4 * 86_400;
    public const byte RevisionsMax = 2;
    public const ushort FallbackBps = 5_000;

    public static Address Employer { get; } = DevelopmentKeys.Address(1);
    public static Address Talent { get; } = DevelopmentKeys.Address(2);
    public static Address Stranger { get; } = DevelopmentKeys.Address(3);

    public Terms Terms { get; init; } = new()
    {
        Nonce = nonce,
        Sequence = 0,
        Previous = default,
        Employer = Employer,
        Manager = Employer,
        Talent = Talent,
        Payout = Talent,
        Token = token,
        PolicyVersion = PolicyVersion,
        FeeBps = FeeBps,
        Origin = default,
        OriginBps = 0,
        ReviewWindow = ReviewWindow,
        ReworkTime = ReworkTime,
        RevisionsMax = RevisionsMax,
        Court = default,
        CourtRules = 0,
        CaseTime = 0,
        FallbackTalentBps = FallbackBps,
        ValidUntil = validUntil,
        Documents = Hash32.Keccak([1]),
        Amounts = [new Amount(1_000), new Amount(333), new Amount(7)],
        WorkTimes = [WorkTime, WorkTime, WorkTime],
    };

    /// <summary>What a policy that lists the story's token says: the widest bounds, any sum.</summary>
    public FundingRules Rules => new(
        PolicyVersion, token, FeeBps, ReviewWindow, 90 * 86_400, ReviewWindow, 30 * 86_400, OriginBpsMax: 5_000, new Amount(1));

    /// <summary>The law that the story's terms are made for.</summary>
    public WorkLaw Law => new(chainId, contract, Rules);

    public Hash32 Agreement => TermsHash.Of(Terms, chainId, contract);

    public Hash32 Negotiation => TermsHash.Negotiation(Terms.Talent, Terms.Nonce);

    /// <summary>The talent's signature of the terms.</summary>
    public ValueTask<byte[]> Sign() => DevelopmentKeys.Signer(2).Sign(Agreement, CancellationToken.None);

    public ScriptedLog Funded(int count) => Log(new Law.AgreementFundedEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, Encodable, count, Units(Fees.Price(Terms, 0, count))).Encode());

    public ScriptedLog FundedMore(int first, int count) => Log(new Law.MilestonesFundedEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, first, count, Units(Fees.Price(Terms, first, count))).Encode());

    public ScriptedLog Submitted(int milestone, ulong claimed) => Log(new Law.MilestoneSubmittedEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, milestone, claimed, Hash32.Keccak([9])).Encode());

    public ScriptedLog Tipped(ulong sum) => Log(new Law.TippedEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, sum, Units(Fees.OnTop(new Amount(sum), Terms.FeeBps)), 1).Encode());

    public ScriptedLog Extended(int milestone) => Log(new Law.MilestoneExtendedEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, milestone).Encode());

    public ScriptedLog CancelAsked(int milestone, ulong answerBy) => Log(new Law.CancelAskedEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, milestone, answerBy).Encode());

    public ScriptedLog Kept(int milestone) => Log(new Law.MilestoneKeptEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, milestone).Encode());

    public ScriptedLog ChangesRequested(int milestone, int revision) => Log(new Law.ChangesRequestedEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, milestone, revision, Hash32.Keccak([8])).Encode());

    public ScriptedLog Disputed(int milestone, ulong deadline) => Log(new Law.MilestoneDisputedEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, milestone, 2_500, 10, deadline, Hash32.Keccak([7])).Encode());

    public ScriptedLog Ended(int first, int count) => Log(new Law.AgreementEndedEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, first, count, Units(Fees.Price(Terms, first, count))).Encode());

    /// <param name="next">The story under the terms that take the place of this one's.</param>
    public ScriptedLog Amended(WorkStory next) => Log(new Law.AgreementAmendedEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, next.Agreement, next.Encodable).Encode());

    public ScriptedLog PayoutMoveAsked(Address to, ulong waitsUntil) => Log(new Law.PayoutMoveAskedEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, to, waitsUntil).Encode());

    public ScriptedLog PayoutMoveCancelled() => Log(new Law.PayoutMoveCancelledEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement).Encode());

    public ScriptedLog FeeShared(ulong sum) => Log(
        new Law.FeeSharedEvent(Negotiation, Terms.Origin, Terms.Token, Agreement, sum).Encode());

    public ScriptedLog Closed(int milestone, Closing how, ulong pay, int feeSerial = 1) =>
        Closed(milestone, how, new Amount(pay), feeSerial);

    public ScriptedLog Closed(int milestone, Closing how, Amount pay, int feeSerial = 1)
    {
        var split = Fees.Close(Terms.Amounts[milestone], Terms.FeeBps, pay);
        return Log(new Law.MilestoneClosedEvent(
            Negotiation, Terms.Employer, Terms.Talent, Agreement, milestone, (byte)how, Units(split.Pay), Units(split.Fee),
            Units(split.Refund), split.Fee.IsZero ? 0 : feeSerial).Encode());
    }

    public ScriptedLog Reclaimed(int first, int count) => Log(new Law.AgreementReclaimedEvent(
        Negotiation, Terms.Employer, Terms.Talent, Agreement, first, count, Units(Fees.Price(Terms, first, count))).Encode());

    public ScriptedLog Credited(Address party, ulong sum) => Log(
        new Law.PaymentCreditedEvent(Negotiation, party, Terms.Token, Agreement, sum).Encode());

    public ScriptedLog NonceBurned() => Log(new Law.NonceBurnedEvent(Negotiation, Terms.Talent, Terms.Nonce).Encode());

    private Law.Terms Encodable => new(
        Terms.Nonce, Terms.Sequence, Terms.Previous, Terms.Employer, Terms.Manager, Terms.Talent, Terms.Payout, Terms.Token,
        Terms.PolicyVersion, Terms.FeeBps, Terms.Origin, Terms.OriginBps, Terms.ReviewWindow, Terms.ReworkTime,
        Terms.RevisionsMax, Terms.Court, Terms.CourtRules, Terms.CaseTime, Terms.FallbackTalentBps, Terms.ValidUntil, Terms.Documents, [.. Terms.Amounts.Select(a => a.Units)],
        Terms.WorkTimes);

    private ScriptedLog Log((Hash32[] Topics, byte[] Data) encoded) => ScriptedLog.Of(contract, encoded);

    private static BigInteger Units(Amount amount) => amount.Units;
}
