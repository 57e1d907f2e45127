using System.Numerics;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>One reader for each event: null when the log is another's.</summary>
public static partial class EscrowFacts
{
    private static readonly UInt128 Max = UInt128.MaxValue;

    private static EscrowEvent? AgreementFunded(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.AgreementFundedEvent.TryDecode(topics, data, out var e)) return null;
        return e.Paid > Max
            ? Oversized(e.Negotiation, e.Agreement, e.Employer, e.Talent)
            : new EscrowEvent.AgreementFunded(TermsOf(e.Terms), (int)e.Count, Sum(e.Paid))
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            };
    }

    private static EscrowEvent? MilestonesFunded(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.MilestonesFundedEvent.TryDecode(topics, data, out var e)) return null;
        return e.Paid > Max
            ? Oversized(e.Negotiation, e.Agreement, e.Employer, e.Talent)
            : new EscrowEvent.MilestonesFunded((int)e.FirstMilestone, (int)e.Count, Sum(e.Paid))
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            };
    }

    private static EscrowEvent? Tipped(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.TippedEvent.TryDecode(topics, data, out var e)
            ? new EscrowEvent.Tipped(Sum(e.Amount), Sum(e.Fee), (long)e.FeeSerial)
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            }
            : null;

    private static EscrowEvent? MilestoneSubmitted(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.MilestoneSubmittedEvent.TryDecode(topics, data, out var e)
            ? new EscrowEvent.MilestoneSubmitted((int)e.Milestone, Sum(e.Claimed), e.Evidence)
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            }
            : null;

    private static EscrowEvent? MilestoneExtended(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.MilestoneExtendedEvent.TryDecode(topics, data, out var e)
            ? new EscrowEvent.MilestoneExtended((int)e.Milestone)
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            }
            : null;

    private static EscrowEvent? CancelAsked(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.CancelAskedEvent.TryDecode(topics, data, out var e)
            ? new EscrowEvent.CancelAsked((int)e.Milestone, Second(e.AnswerBy))
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            }
            : null;

    private static EscrowEvent? MilestoneKept(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.MilestoneKeptEvent.TryDecode(topics, data, out var e)
            ? new EscrowEvent.MilestoneKept((int)e.Milestone)
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            }
            : null;

    private static EscrowEvent? ChangesRequested(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.ChangesRequestedEvent.TryDecode(topics, data, out var e)
            ? new EscrowEvent.ChangesRequested((int)e.Milestone, (int)e.Revision, e.Reasons)
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            }
            : null;

    private static EscrowEvent? MilestoneDisputed(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.MilestoneDisputedEvent.TryDecode(topics, data, out var e)) return null;
        return e.Cost > Max
            ? Oversized(e.Negotiation, e.Agreement, e.Employer, e.Talent)
            : new EscrowEvent.MilestoneDisputed((int)e.Milestone, (int)e.EmployerBps, Sum(e.Cost), Second(e.Deadline), e.CaseId)
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            };
    }

    private static EscrowEvent? MilestoneClosed(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.MilestoneClosedEvent.TryDecode(topics, data, out var e)) return null;
        return e.Refund > Max
            ? Oversized(e.Negotiation, e.Agreement, e.Employer, e.Talent)
            : new EscrowEvent.MilestoneClosed(
                (int)e.Milestone, (Closing)e.How, Sum(e.Pay), Sum(e.Fee), Sum(e.Refund), (long)e.FeeSerial)
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            };
    }

    private static EscrowEvent? AgreementReclaimed(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.AgreementReclaimedEvent.TryDecode(topics, data, out var e)) return null;
        return e.Refund > Max
            ? Oversized(e.Negotiation, e.Agreement, e.Employer, e.Talent)
            : new EscrowEvent.AgreementReclaimed((int)e.FirstMilestone, (int)e.Count, Sum(e.Refund))
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            };
    }

    private static EscrowEvent? AgreementEnded(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.AgreementEndedEvent.TryDecode(topics, data, out var e)) return null;
        return e.Refund > Max
            ? Oversized(e.Negotiation, e.Agreement, e.Employer, e.Talent)
            : new EscrowEvent.AgreementEnded((int)e.FirstMilestone, (int)e.Count, Sum(e.Refund))
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            };
    }

    private static EscrowEvent? AgreementAmended(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.AgreementAmendedEvent.TryDecode(topics, data, out var e)
            ? new EscrowEvent.AgreementAmended(e.Amended, TermsOf(e.Terms))
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            }
            : null;

    private static EscrowEvent? PayoutMoveAsked(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.PayoutMoveAskedEvent.TryDecode(topics, data, out var e)
            ? new EscrowEvent.PayoutMoveAsked(e.To, Second(e.WaitsUntil))
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            }
            : null;

    private static EscrowEvent? PayoutMoveCancelled(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.PayoutMoveCancelledEvent.TryDecode(topics, data, out var e)
            ? new EscrowEvent.PayoutMoveCancelled
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            }
            : null;

    private static EscrowEvent? PaymentCredited(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.PaymentCreditedEvent.TryDecode(topics, data, out var e)) return null;
        return e.Amount > Max
            ? new EscrowEvent.Oversized(e.Negotiation, e.Agreement, null, null, e.Party, e.Token)
            : new EscrowEvent.PaymentCredited(e.Negotiation, e.Party, e.Token, e.Agreement, Sum(e.Amount));
    }

    /// <summary>Part of a fee that fits: it fits as well.</summary>
    private static EscrowEvent? FeeShared(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.FeeSharedEvent.TryDecode(topics, data, out var e)
            ? new EscrowEvent.FeeShared(e.Negotiation, e.Origin, e.Token, e.Agreement, Sum(e.Amount))
            : null;

    private static EscrowEvent? CreditWithdrawn(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.CreditWithdrawnEvent.TryDecode(topics, data, out var e)) return null;
        return e.Amount > Max
            ? new EscrowEvent.Oversized(null, null, null, null, e.Party, e.Token)
            : new EscrowEvent.CreditWithdrawn(e.Party, e.Token, e.To, Sum(e.Amount));
    }

    private static EscrowEvent? FeesSwept(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.FeesSweptEvent.TryDecode(topics, data, out var e)) return null;
        return e.Amount > Max
            ? new EscrowEvent.Oversized(null, null, null, null, null, e.Token)
            : new EscrowEvent.FeesSwept(e.Token, e.To, Sum(e.Amount), (long)e.FirstSerial, (long)e.LastSerial);
    }

    private static EscrowEvent? NonceBurned(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.NonceBurnedEvent.TryDecode(topics, data, out var e)
            ? new EscrowEvent.NonceBurned(e.Negotiation, e.Talent)
            : null;

    private static EscrowEvent.Oversized Oversized(Hash32 negotiation, Hash32 agreement, Address employer, Address talent) =>
        new(negotiation, agreement, employer, talent, null, null);

    private static Amount Sum(BigInteger units) => new((UInt128)units);

    private static BlockTime Second(BigInteger seconds) => new((ulong)seconds);

    private static Terms TermsOf(Law.Terms terms) => new()
    {
        Nonce = terms.Nonce,
        Sequence = terms.Sequence,
        Previous = terms.Previous,
        Employer = terms.Employer,
        Manager = terms.Manager,
        Talent = terms.Talent,
        Payout = terms.Payout,
        Token = terms.Token,
        PolicyVersion = terms.PolicyVersion,
        FeeBps = terms.FeeBps,
        Origin = terms.Origin,
        OriginBps = terms.OriginBps,
        ReviewWindow = terms.ReviewWindow,
        ReworkTime = terms.ReworkTime,
        RevisionsMax = terms.RevisionsMax,
        Court = terms.Court,
        CourtRules = terms.CourtRules,
        CaseTime = terms.CaseTime,
        FallbackTalentBps = terms.FallbackTalentBps,
        ValidUntil = terms.ValidUntil,
        Documents = terms.Documents,
        Amounts = [.. terms.Amounts.Select(units => new Amount(units))],
        WorkTimes = terms.WorkTimes,
    };
}
