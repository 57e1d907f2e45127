using Law = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Disputes;

/// <summary>The calldata of moves at a court.</summary>
public static class CourtCalls
{
    public static byte[] Encode(DisputePlan plan, CaseRequest request)
    {
        var id = plan.Case!.CaseId;
        return plan.Move switch
        {
            DisputeMove.Respond => Law.Respond.Encode(id, request.TalentBps, request.Pays),
            DisputeMove.PayResponse => Law.PayResponse.Encode(id),
            DisputeMove.Concede => Law.Concede.Encode(id),
            DisputeMove.Appeal => Law.Appeal.Encode(id),
            DisputeMove.Conclude => Law.Conclude.Encode(id),
            DisputeMove.QueueDraw => Law.QueueDraw.Encode(id),
            DisputeMove.Draw => Law.Draw.Encode(id),
            DisputeMove.Commit => Law.Commit.Encode(id, plan.Seat, request.Commitment),
            DisputeMove.Reveal => Law.Reveal.Encode(id, plan.Seat, request.TalentBps, request.Salt),
            _ => throw new ArgumentOutOfRangeException(nameof(plan), plan.Move, "no move in a case"),
        };
    }

    public static byte[] Encode(ArbiterRequest request) => request.Move switch
    {
        DisputeMove.Enlist => Law.Enlist.Encode(request.Arbitrable, request.Seats),
        DisputeMove.Retire => Law.Retire.Encode(request.Arbitrable, request.Seats),
        DisputeMove.TakeBond => Law.TakeBond.Encode(request.Arbitrable),
        DisputeMove.Withdraw => Law.Withdraw.Encode(request.Token, request.To),
        _ => throw new ArgumentOutOfRangeException(nameof(request), request.Move, "no move of an arbiter"),
    };
}
