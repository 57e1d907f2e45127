using System.Globalization;
using Braintrust.Chain;
using Braintrust.Escrow;
using V1 = Braintrust.Api.Disputes.V1;

namespace Braintrust.Disputes;

internal static class DisputesWire
{
    public const string Collection = "disputes";
    public const string Arbiters = "arbiters";

    public static string Name(ulong chainId, Hash32 caseId) => $"{Collection}/{Wire.Key(chainId, caseId)}";

    public static string Name(ulong chainId, Address account) => $"{Arbiters}/{ArbiterKey.Of(chainId, account)}";

    /// <summary>The chain and address of an arbiter's name, in the one spelling we write.</summary>
    public static (ulong ChainId, Address Account) Arbiter(string name, string field)
    {
        var parts = name.Split('/', '-');
        return name.Length <= Wire.TextLengthMax && parts.Length == 3
            && ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var chainId)
            && Address.TryParse(parts[2], out var account) && Name(chainId, account) == name
                ? (chainId, account)
                : throw Wire.Bad(field, $"A name is {Arbiters}/{{chain id}}-{{address with its EIP-55 checksum}}.");
    }

    public static CaseRequest Request(V1.PrepareDisputeMoveRequest request, Address wallet)
    {
        var move = Wire.Enum<DisputeMove>(request.Move, "move");
        return new CaseRequest(
            move, Wire.Count(request.TalentBps, "talent_bps", 0, (int)Amount.BasisPoints), request.Pays,
            Wire.Hash(request.Commitment, "commitment", whenEmpty: default),
            move == DisputeMove.Reveal ? new Hash32(Wire.Bytes(request.Salt, "salt", Hash32.Length, Hash32.Length).Span) : default,
            Wire.Address(request.Arbiter, "arbiter", wallet));
    }

    public static ArbiterRequest Request(V1.PrepareArbiterMoveRequest request, Address account)
    {
        var move = Wire.Enum<DisputeMove>(request.Move, "move");
        var withdraws = move == DisputeMove.Withdraw;
        return new ArbiterRequest(
            move, Wire.Address(request.Court, "court"),
            withdraws ? default : Wire.Address(request.Arbitrable, "arbitrable"), request.Seats,
            withdraws ? Wire.Address(request.Token, "token") : default, Wire.Address(request.To, "to", account));
    }

    public static V1.Dispute Dispute(CaseView view)
    {
        var dispute = new V1.Dispute
        {
            Name = Name(view.ChainId, view.CaseId),
            ChainId = view.ChainId,
            Etag = Wire.Etag(view.Version),
            HeadNumber = view.Cursor.HeadNo,
            FinalNumber = view.Cursor.FinalNo,
        };
        if (view.Case is { } told) Fill(dispute, told, view);
        return dispute;
    }

    public static V1.Bill Bill(Bill bill) => new()
    {
        EmployerBack = bill.EmployerBack.ToString(),
        TalentBack = bill.TalentBack.ToString(),
        AppealBack = bill.AppealBack.ToString(),
        Fee = bill.Fee.ToString(),
    };

    public static V1.VoteFields VoteFields(ulong chainId, CaseOnChain told, Address arbiter) => new()
    {
        ChainId = chainId,
        Court = told.Court.ToString(),
        CaseId = told.CaseId.ToString(),
        Round = (uint)told.Round,
        Arbiter = arbiter.ToString(),
    };

    public static V1.Arbiter Arbiter(ArbiterView view) => new()
    {
        Name = Name(view.ChainId, view.Account),
        ChainId = view.ChainId,
        Address = view.Account.ToString(),
        Benches = { view.Arbiter.Benches.Select(Bench) },
        Duties = { view.Arbiter.Seats.Select(seat => Duty(view.ChainId, seat)) },
        Credits = { view.Arbiter.Credits.Select(Credit) },
        SeatsKept = (uint)view.Arbiter.SeatsKept,
        SeatsForfeited = (uint)view.Arbiter.SeatsForfeited,
        Seen = view.Arbiter.Seen is { } seen ? ChainWire.Seen(seen) : null,
        Etag = Wire.Etag(view.Version),
    };

    private static void Fill(V1.Dispute dispute, CaseOnChain told, CaseView view)
    {
        var outcome = CaseWindows.OutcomeAt(told, view.Cursor.HeadTime);
        dispute.Court = told.Court.ToString();
        dispute.Arbitrable = told.Opening.Arbitrable.ToString();
        dispute.Agreement = EscrowWire.Name(view.ChainId, told.Opening.Negotiation);
        dispute.MilestoneIndex = (uint)told.Opening.Milestone;
        dispute.Rules = told.Opening.Rules;
        dispute.EmployerSide = told.EmployerSide.ToString();
        dispute.Talent = told.Talent.ToString();
        dispute.Token = told.Opening.Token.ToString();
        dispute.Sum = told.Opening.Sum.ToString();
        dispute.Cost = told.Opening.Cost.ToString();
        dispute.EmployerBps = (uint)told.Opening.EmployerBps;
        if (told.TalentBps is { } asked) dispute.TalentBps = (uint)asked;
        dispute.Payer = told.Payer?.ToString() ?? "";
        dispute.Phase = (V1.CasePhase)told.Phase;
        dispute.Round = (uint)told.Round;
        dispute.Windows.AddRange(CaseWindows.Of(told).Select(Window));
        dispute.OverAfterSeconds = CaseWindows.OverAfter(told)?.Seconds ?? 0;
        dispute.Over = outcome.IsOver;
        if (outcome.Ruling is { } ruling) dispute.RulingBps = (uint)ruling;
        dispute.Panels.AddRange(told.Panels.Select(Panel));
        dispute.Appellant = told.Appellant?.ToString() ?? "";
        dispute.AppealCosts = (uint)told.AppealCosts;
        dispute.Bill = Bill(told.End?.Bill ?? DisputeRules.Bill(told, outcome.Ruling));
        dispute.Seen = ChainWire.Seen(told.Seen);
    }

    private static V1.CaseWindow Window(WindowSpan span) => new()
    {
        Window = (V1.Window)span.Window,
        OpensAfterSeconds = span.OpensAfter.Seconds,
        ClosesAfterSeconds = span.ClosesAfter.Seconds,
    };

    private static V1.Panel Panel(Panel panel)
    {
        var told = new V1.Panel
        {
            Round = (uint)panel.Round, DrawnAtSeconds = panel.DrawnAt.Seconds, Seats = { panel.Seats.Select(Seat) },
        };
        if (panel.Tally.Median is { } ruling) told.RulingBps = (uint)ruling;
        return told;
    }

    private static V1.Seat Seat(Seat seat)
    {
        var told = new V1.Seat
        {
            Arbiter = seat.Arbiter.ToString(),
            Commitment = seat.Commitment?.ToString() ?? "",
            Settled = seat.End is not null,
            Forfeited = seat.End?.Forfeited ?? false,
            Fee = seat.End?.Fee.ToString() ?? "",
            Reward = seat.End?.Reward.ToString() ?? "",
        };
        if (seat.Vote is { } vote) told.TalentBps = (uint)vote;
        return told;
    }

    private static V1.Bench Bench(Bench bench) => new()
    {
        Court = bench.Court.ToString(),
        Arbitrable = bench.Arbitrable.ToString(),
        Bonded = bench.Bonded,
        Locked = bench.Locked,
        Leaving = bench.Leaving,
        AvailableAfterSeconds = bench.AvailableAt?.Seconds ?? 0,
    };

    private static V1.Duty Duty(ulong chainId, LockedSeat seat) => new()
    {
        Dispute = Name(chainId, seat.CaseId),
        Round = (uint)seat.Round,
        Phase = seat.Vote is not null ? V1.SeatPhase.Opened : seat.Commitment is not null ? V1.SeatPhase.Open : V1.SeatPhase.Seal,
        CommitBySeconds = seat.CommitBy?.Seconds ?? 0,
        RevealBySeconds = seat.RevealBy?.Seconds ?? 0,
    };

    private static V1.CourtCredit Credit(CourtCredit credit) => new()
    {
        Court = credit.Court.ToString(),
        Token = credit.Token.ToString(),
        Waiting = credit.Waiting.ToString(),
        Ever = credit.Ever.ToString(),
    };
}
