using System.Numerics;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>One agreement as the contract's logs tell it.</summary>
public sealed class ReplayedAgreement(Hash32 negotiation, Hash32 agreement, Law.Terms terms)
{
    public Hash32 Negotiation => negotiation;
    public Hash32 Agreement => agreement;
    public Law.Terms Terms => terms;
    public AgreementPhase Phase { get; set; } = AgreementPhase.Funded;
    public int Milestone { get; set; }
    public int Funded { get; set; }
    public BigInteger Claimed { get; set; }
    public BigInteger PaidIn { get; set; }
    public BigInteger PaidOut { get; set; }
    public BigInteger FeesKept { get; set; }
    public BigInteger Refunded { get; set; }
    public BigInteger Held => PaidIn - PaidOut - FeesKept - Refunded;
}

/// <summary>
/// Everything that WorkAgreements ever did, folded from its logs alone: an account of the money that owes nothing to the
/// server it is compared with.
/// </summary>
public sealed class LawReplay : ILogSink
{
    private readonly Dictionary<Hash32, ReplayedAgreement> _agreements = [];

    public IReadOnlyCollection<ReplayedAgreement> Agreements => _agreements.Values;

    /// <summary>Kept and not yet swept fees, by token.</summary>
    public Dictionary<Address, BigInteger> Fees { get; } = [];

    /// <summary>Payments that wait for their party.</summary>
    public Dictionary<(Address Party, Address Token), BigInteger> Credits { get; } = [];

    /// <exception cref="ChainProtocolException">A log that this law cannot have emitted.</exception>
    public void OnLog(in LogEntry log)
    {
        var topics = log.Topics;
        var data = log.Data;
        if (Law.AgreementFundedEvent.TryDecode(topics, data, out var funded)) Fold(funded);
        else if (Law.MilestonesFundedEvent.TryDecode(topics, data, out var more)) Fold(more);
        else if (Law.MilestoneSubmittedEvent.TryDecode(topics, data, out var submitted)) Fold(submitted);
        else if (Law.MilestoneClosedEvent.TryDecode(topics, data, out var closed)) Fold(closed);
        else if (Law.AgreementReclaimedEvent.TryDecode(topics, data, out var reclaimed)) Fold(reclaimed);
        else if (Law.PaymentCreditedEvent.TryDecode(topics, data, out var credited))
            Add(Credits, (credited.Party, credited.Token), credited.Amount);
        else if (Law.CreditWithdrawnEvent.TryDecode(topics, data, out var withdrawn))
            Add(Credits, (withdrawn.Party, withdrawn.Token), -withdrawn.Amount);
        else if (Law.FeesSweptEvent.TryDecode(topics, data, out var swept)) Add(Fees, swept.Token, -swept.Amount);
        else if (!Law.NonceBurnedEvent.TryDecode(topics, data, out _))
            throw new ChainProtocolException($"Log {log.LogIndex} of block {log.BlockNo} is none of the contract's.");
    }

    private void Fold(in Law.AgreementFundedEvent fact) =>
        _agreements[fact.Agreement] = new ReplayedAgreement(fact.Negotiation, fact.Agreement, fact.Terms)
        {
            Funded = (int)fact.Count,
            PaidIn = fact.Paid,
        };

    private void Fold(in Law.MilestonesFundedEvent fact)
    {
        var agreement = _agreements[fact.Agreement];
        agreement.Funded += (int)fact.Count;
        agreement.PaidIn += fact.Paid;
        if (agreement.Phase == AgreementPhase.Idle) agreement.Phase = AgreementPhase.Funded;
    }

    private void Fold(in Law.MilestoneSubmittedEvent fact)
    {
        var agreement = _agreements[fact.Agreement];
        (agreement.Phase, agreement.Claimed) = (AgreementPhase.Submitted, fact.Claimed);
    }

    private void Fold(in Law.MilestoneClosedEvent fact)
    {
        var agreement = _agreements[fact.Agreement];
        agreement.Milestone++;
        agreement.Claimed = 0;
        agreement.Phase = agreement.Milestone < agreement.Funded ? AgreementPhase.Funded
            : agreement.Milestone < agreement.Terms.Amounts.Length ? AgreementPhase.Idle
            : AgreementPhase.Ended;
        agreement.PaidOut += fact.Pay;
        agreement.FeesKept += fact.Fee;
        agreement.Refunded += fact.Refund;
        Add(Fees, agreement.Terms.Token, fact.Fee);
    }

    private void Fold(in Law.AgreementReclaimedEvent fact)
    {
        var agreement = _agreements[fact.Agreement];
        agreement.Phase = AgreementPhase.Ended;
        agreement.Refunded += fact.Refund;
    }

    private static void Add<TKey>(Dictionary<TKey, BigInteger> sums, TKey key, BigInteger amount) where TKey : notnull =>
        sums[key] = sums.GetValueOrDefault(key) + amount;
}
