using System.Numerics;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Disputes;

/// <summary>One reader for each event: null when the log is another's.</summary>
public static partial class DisputeFacts
{
    private static DisputeEvent? CaseOpened(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.CaseOpenedEvent.TryDecode(topics, data, out var e)) return null;
        var o = e.Opening;
        return o.Milestone > int.MaxValue || o.Rules > uint.MaxValue || !Fit(o.Sum, o.Cost)
            ? new DisputeEvent.Oversized(e.CaseId)
            : new DisputeEvent.CaseOpened(e.CaseId, e.EmployerSide, e.Talent, new Opening(
                o.Arbitrable, o.Negotiation, (int)o.Milestone, (uint)o.Rules, o.Token, Sum(o.Sum), Sum(o.Cost), (int)o.EmployerBps));
    }

    private static DisputeEvent? ResponseNamed(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.ResponseNamedEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.ResponseNamed(e.CaseId, e.Talent, (int)e.TalentBps)
            : null;

    private static DisputeEvent? ResponsePaid(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.ResponsePaidEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.ResponsePaid(e.CaseId, e.Payer, Sum(e.Amount))
            : null;

    private static DisputeEvent? Conceded(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.ConcededEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.Conceded(e.CaseId, e.Talent, (int)e.TalentBps)
            : null;

    private static DisputeEvent? DrawQueued(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.DrawQueuedEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.DrawQueued(e.CaseId, e.Arbitrable, (int)e.Round, (uint)e.Ticket)
            : null;

    private static DisputeEvent? SeedFixed(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.SeedFixedEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.SeedFixed(e.Arbitrable, (ulong)e.SeedBlock, (uint)e.LastTicket)
            : null;

    private static DisputeEvent? PanelDrawn(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.PanelDrawnEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.PanelDrawn(e.CaseId, e.Arbitrable, (int)e.Round, e.Arbiters)
            : null;

    private static DisputeEvent? PanelMissing(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.PanelMissingEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.PanelMissing(e.CaseId, e.Arbitrable, (int)e.Round)
            : null;

    private static DisputeEvent? VoteCommitted(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.VoteCommittedEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.VoteCommitted(e.CaseId, e.Arbiter, (int)e.Round, e.Commitment)
            : null;

    private static DisputeEvent? VoteRevealed(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.VoteRevealedEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.VoteRevealed(e.CaseId, e.Arbiter, (int)e.Round, (int)e.TalentBps)
            : null;

    private static DisputeEvent? Appealed(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.AppealedEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.Appealed(e.CaseId, e.Appellant, (int)e.TalentBps, Sum(e.Amount))
            : null;

    private static DisputeEvent? CaseConcluded(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.CaseConcludedEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.CaseConcluded(
                e.CaseId, e.EmployerSide, e.Talent, e.Ruled, (int)e.TalentBps,
                new Bill(Sum(e.EmployerBack), Sum(e.TalentBack), Sum(e.AppealBack), Sum(e.Fee)))
            : null;

    private static DisputeEvent? SeatSettled(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.SeatSettledEvent.TryDecode(topics, data, out var e)) return null;
        return Fit(e.Fee, e.Reward)
            ? new DisputeEvent.SeatSettled(e.CaseId, e.Arbiter, (int)e.Round, e.Forfeited, Sum(e.Fee), Sum(e.Reward))
            : new DisputeEvent.Oversized(e.CaseId);
    }

    private static DisputeEvent? Enlisted(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.EnlistedEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.Enlisted(e.Arbitrable, e.Arbiter, (uint)e.Seats)
            : null;

    private static DisputeEvent? Retired(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.RetiredEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.Retired(e.Arbitrable, e.Arbiter, (uint)e.Seats, new BlockTime((ulong)e.AvailableAt))
            : null;

    private static DisputeEvent? BondReturned(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.BondReturnedEvent.TryDecode(topics, data, out var e)
            ? new DisputeEvent.BondReturned(e.Arbitrable, e.Arbiter, (uint)e.Seats)
            : null;

    private static DisputeEvent? Credited(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.CreditedEvent.TryDecode(topics, data, out var e)) return null;
        return Fit(e.Amount)
            ? new DisputeEvent.Credited(e.Party, e.Token, e.CaseId, Sum(e.Amount))
            : new DisputeEvent.Oversized(e.CaseId);
    }

    private static DisputeEvent? CreditWithdrawn(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Law.CreditWithdrawnEvent.TryDecode(topics, data, out var e)) return null;
        return Fit(e.Amount)
            ? new DisputeEvent.CreditWithdrawn(e.Party, e.Token, e.To, Sum(e.Amount))
            : new DisputeEvent.Oversized(null);
    }

    private static bool Fit(params ReadOnlySpan<BigInteger> sums)
    {
        foreach (var sum in sums)
            if (sum > UInt128.MaxValue) return false;
        return true;
    }

    private static Amount Sum(BigInteger units) => new((UInt128)units);
}
