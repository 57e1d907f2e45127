using System.Collections.Frozen;
using System.Numerics;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>A fact of the escrow contract and what it says.</summary>
public sealed record EscrowFact(LedgerFact Entry, EscrowEvent Event)
{
    public FactPlace At => FactPlace.Of(Entry);

    public bool Stands => Entry.OrphanedBy is null;
}

/// <summary>Reads the logs of the WorkAgreements contract.</summary>
public static class EscrowFacts
{
    /// <summary>Name of the contract's artifact, by which it is registered.</summary>
    public const string ContractKind = "WorkAgreements";

    private static readonly UInt128 Max = UInt128.MaxValue;

    private delegate EscrowEvent? Reader(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data);

    private static readonly Dictionary<Hash32, (FactKind Kind, Reader Read)> Readers = new()
    {
        [Law.AgreementFundedEvent.Topic] = (FactKind.AgreementFunded, AgreementFunded),
        [Law.MilestonesFundedEvent.Topic] = (FactKind.MilestonesFunded, MilestonesFunded),
        [Law.MilestoneSubmittedEvent.Topic] = (FactKind.MilestoneSubmitted, MilestoneSubmitted),
        [Law.MilestoneClosedEvent.Topic] = (FactKind.MilestoneClosed, MilestoneClosed),
        [Law.AgreementReclaimedEvent.Topic] = (FactKind.AgreementReclaimed, AgreementReclaimed),
        [Law.PaymentCreditedEvent.Topic] = (FactKind.PaymentCredited, PaymentCredited),
        [Law.CreditWithdrawnEvent.Topic] = (FactKind.CreditWithdrawn, CreditWithdrawn),
        [Law.FeesSweptEvent.Topic] = (FactKind.FeesSwept, FeesSwept),
        [Law.NonceBurnedEvent.Topic] = (FactKind.NonceBurned, NonceBurned),
    };

    private static readonly FrozenSet<FactKind> Kinds = Readers.Values.Select(reader => reader.Kind).ToFrozenSet();

    /// <summary>The event, or null when the log is none of this contract's events.</summary>
    public static (FactKind Kind, EscrowEvent Event)? TryRead(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        topics.Length > 0 && Readers.TryGetValue(topics[0], out var reader) && reader.Read(topics, data) is { } happened
            ? (reader.Kind, happened)
            : null;

    /// <summary>
    /// The facts of this contract among some of the ledger's. All that readers of a subject get must come through here: a
    /// subject is 64 bits of a hash, so it can lead to facts of other contracts, and to what is <see cref="EscrowEvent.About"/>
    /// something else.
    /// </summary>
    /// <exception cref="FormatException">A stored row is damaged: it was readable when it was appended.</exception>
    public static IEnumerable<EscrowFact> Among(IEnumerable<LedgerFact> entries) =>
        entries.Where(entry => Kinds.Contains(entry.Fact.Kind)).Select(entry => new EscrowFact(entry, Read(entry.Fact)));

    private static EscrowEvent Read(Fact fact)
    {
        var (topics, data) = FactPayload.Decode(fact.Payload);
        return TryRead(topics, data.Span)?.Event
            ?? throw new FormatException($"The stored fact {fact.TxHash}/{fact.LogIndex} is no {fact.Kind}.");
    }

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

    private static EscrowEvent? MilestoneSubmitted(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.MilestoneSubmittedEvent.TryDecode(topics, data, out var e)
            ? new EscrowEvent.MilestoneSubmitted((int)e.Milestone, Sum(e.Claimed), e.Evidence)
            {
                Negotiation = e.Negotiation, Employer = e.Employer, Talent = e.Talent, Agreement = e.Agreement,
            }
            : null;

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

    private static EscrowEvent? PaymentCredited(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.PaymentCreditedEvent.TryDecode(topics, data, out var e)) return null;
        return e.Amount > Max
            ? new EscrowEvent.Oversized(e.Negotiation, e.Agreement, null, null, e.Party, e.Token)
            : new EscrowEvent.PaymentCredited(e.Negotiation, e.Party, e.Token, e.Agreement, Sum(e.Amount));
    }

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
        ReviewWindow = terms.ReviewWindow,
        ValidUntil = terms.ValidUntil,
        Documents = terms.Documents,
        Amounts = [.. terms.Amounts.Select(units => new Amount(units))],
        WorkTimes = terms.WorkTimes,
    };
}
