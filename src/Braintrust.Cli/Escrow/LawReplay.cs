using System.Numerics;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>One agreement as the contract's logs tell it.</summary>
public sealed class ReplayedAgreement(Hash32 negotiation, Hash32 agreement, Law.Terms terms)
{
    public Hash32 Negotiation => negotiation;
    public Hash32 Agreement { get; set; } = agreement;
    public Law.Terms Terms { get; set; } = terms;
    public AgreementPhase Phase { get; set; } = AgreementPhase.Funded;
    public int Milestone { get; set; }
    public int Funded { get; set; }
    public bool Ending { get; set; }
    public BigInteger Claimed { get; set; }
    public BigInteger PaidIn { get; set; }
    public BigInteger PaidOut { get; set; }
    public BigInteger FeesKept { get; set; }
    public BigInteger Refunded { get; set; }
    public BigInteger Tips { get; set; }
    public BigInteger TipFees { get; set; }
    public BigInteger Shares { get; set; }

    /// <summary>The phase as the contract numbers it.</summary>
    public int PhaseOnChain => Phase switch
    {
        AgreementPhase.Disputed => 4,
        AgreementPhase.Ended => 5,
        _ => (int)Phase,
    };
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
        if (!TryMilestone(log.Topics, log.Data) && !TryAgreement(log.Topics, log.Data) && !TryMoney(log.Topics, log.Data)
            && !IsWithoutMoney(log.Topics, log.Data))
            throw new ChainProtocolException($"Log {log.LogIndex} of block {log.BlockNo} is none of the contract's.");
    }

    private bool TryMilestone(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (Law.MilestoneSubmittedEvent.TryDecode(topics, data, out var submitted)) Fold(submitted);
        else if (Law.ChangesRequestedEvent.TryDecode(topics, data, out var changes))
            (_agreements[changes.Agreement].Phase, _agreements[changes.Agreement].Claimed) = (AgreementPhase.Funded, 0);
        else if (Law.MilestoneDisputedEvent.TryDecode(topics, data, out var disputed))
            _agreements[disputed.Agreement].Phase = AgreementPhase.Disputed;
        else if (Law.MilestoneClosedEvent.TryDecode(topics, data, out var closed)) Fold(closed);
        else return false;
        return true;
    }

    private bool TryAgreement(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (Law.AgreementFundedEvent.TryDecode(topics, data, out var funded)) Fold(funded);
        else if (Law.MilestonesFundedEvent.TryDecode(topics, data, out var more)) Fold(more);
        else if (Law.AgreementReclaimedEvent.TryDecode(topics, data, out var reclaimed)) Fold(reclaimed);
        else if (Law.AgreementEndedEvent.TryDecode(topics, data, out var ended)) Fold(ended);
        else if (Law.AgreementAmendedEvent.TryDecode(topics, data, out var amended)) Fold(amended);
        else if (Law.TippedEvent.TryDecode(topics, data, out var tipped)) Fold(tipped);
        else if (Law.FeeSharedEvent.TryDecode(topics, data, out var shared)) Fold(shared);
        else return false;
        return true;
    }

    private bool TryMoney(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (Law.PaymentCreditedEvent.TryDecode(topics, data, out var credited))
            Add(Credits, (credited.Party, credited.Token), credited.Amount);
        else if (Law.CreditWithdrawnEvent.TryDecode(topics, data, out var withdrawn))
            Add(Credits, (withdrawn.Party, withdrawn.Token), -withdrawn.Amount);
        else if (Law.FeesSweptEvent.TryDecode(topics, data, out var swept)) Add(Fees, swept.Token, -swept.Amount);
        else return false;
        return true;
    }

    /// <summary>What changes neither a sum nor a phase.</summary>
    private static bool IsWithoutMoney(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.MilestoneExtendedEvent.TryDecode(topics, data, out _) || Law.CancelAskedEvent.TryDecode(topics, data, out _)
        || Law.MilestoneKeptEvent.TryDecode(topics, data, out _) || Law.PayoutMoveAskedEvent.TryDecode(topics, data, out _)
        || Law.PayoutMoveCancelledEvent.TryDecode(topics, data, out _) || Law.NonceBurnedEvent.TryDecode(topics, data, out _);

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
            : agreement.Milestone < agreement.Terms.Amounts.Length && !agreement.Ending ? AgreementPhase.Idle
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

    private void Fold(in Law.AgreementEndedEvent fact)
    {
        var agreement = _agreements[fact.Agreement];
        (agreement.Ending, agreement.Funded) = (true, (int)fact.FirstMilestone);
        agreement.Refunded += fact.Refund;
        if (agreement.Phase == AgreementPhase.Idle) agreement.Phase = AgreementPhase.Ended;
    }

    private void Fold(in Law.AgreementAmendedEvent fact)
    {
        _agreements.Remove(fact.Agreement, out var agreement);
        (agreement!.Agreement, agreement.Terms) = (fact.Amended, fact.Terms);
        _agreements[fact.Amended] = agreement;
    }

    private void Fold(in Law.TippedEvent fact)
    {
        var agreement = _agreements[fact.Agreement];
        agreement.Tips += fact.Amount;
        agreement.TipFees += fact.Fee;
        Add(Fees, agreement.Terms.Token, fact.Fee);
    }

    /// <summary>Part of the fee that the same transaction kept: the origin's, not the house's.</summary>
    private void Fold(in Law.FeeSharedEvent fact)
    {
        _agreements[fact.Agreement].Shares += fact.Amount;
        Add(Fees, fact.Token, -fact.Amount);
        Add(Credits, (fact.Origin, fact.Token), fact.Amount);
    }

    private static void Add<TKey>(Dictionary<TKey, BigInteger> sums, TKey key, BigInteger amount) where TKey : notnull =>
        sums[key] = sums.GetValueOrDefault(key) + amount;
}
