using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Disputes;

/// <summary>Turns an allowed move at a court into a transaction that was tried on the node, or says why it would fail.</summary>
public sealed class DisputePreparer(CourtBook courts, TokenBook tokens, MovePreparer clock, DifferenceBook differences)
{
    /// <summary>For calls that open by time, which nodes cannot estimate before: 16 seats to settle and three payments.</summary>
    private const ulong GasWithoutEstimate = 3_000_000;

    public async Task<Outcome<PreparedMove>> Prepare(
        FollowedChain chain, CaseOnChain view, Address wallet, CaseRequest request, CancellationToken ct)
    {
        var now = request.Move is DisputeMove.Draw or DisputeMove.Conclude
            ? await CourtBook.Now(chain.Node, view.Court, view.Opening.Arbitrable, view.CaseId, ct)
            : null;
        var allowed = DisputeRules.Check(view, wallet, request, await clock.Now(chain, ct), now);
        return allowed.Accepted(out var plan, out var refusal)
            ? await Transaction(
                chain, plan, DifferenceSubject.Case(view.CaseId), wallet, CourtCalls.Encode(plan, request),
                unit => Summary(plan, request, unit), ct)
            : refusal;
    }

    /// <param name="request">Names a court that this server follows.</param>
    public async Task<Outcome<PreparedMove>> Prepare(
        FollowedChain chain, ArbiterOnChain view, Address wallet, ArbiterRequest request, CancellationToken ct)
    {
        var now = request.Move is DisputeMove.Enlist or DisputeMove.Retire
            ? await CourtBook.Now(chain.Node, request.Court, request.Arbitrable, null, ct)
            : null;
        var traits = await courts.Traits(chain.Node, request.Court, ct);
        var allowed = DisputeRules.Check(view, wallet, request, await clock.Now(chain, ct), traits, now);
        var about = request.Move == DisputeMove.Withdraw
            ? DifferenceSubject.Credit(request.Court, request.Token, wallet)
            : DifferenceSubject.Bench(request.Court, request.Arbitrable, wallet);
        return allowed.Accepted(out var plan, out var refusal)
            ? await Transaction(chain, plan, about, wallet, CourtCalls.Encode(request), unit => Summary(plan, request, unit), ct)
            : refusal;
    }

    private async Task<Outcome<PreparedMove>> Transaction(
        FollowedChain chain, DisputePlan plan, DifferenceSubject about, Address wallet, byte[] data, Func<TokenUnit, string> summary,
        CancellationToken ct)
    {
        // Votes go on: a seat that misses its window loses its bond.
        DifferenceSubject[] subjects = [about, DifferenceSubject.Token(plan.Court, plan.Token)];
        if (!plan.Effects.IsEmpty && await differences.Stops(chain.Settings.ChainId, subjects, ct) is { } differs) return differs;
        var unit = await tokens.Unit(chain.Node, plan.Token, ct);
        if (!plan.Price.IsZero
            && await MovePreparer.Approval(chain, "court", plan.Court, plan.Price, unit, wallet, ct) is { } first) return first;
        return await MovePreparer.Transaction(
            chain, new CallRequest(wallet, plan.Court, data), summary(unit), plan.Effects, null, ct, GasWithoutEstimate);
    }

    /// <summary>What signing does, in one plain sentence.</summary>
    private static string Summary(DisputePlan plan, CaseRequest request, TokenUnit unit) => plan.Move switch
    {
        DisputeMove.Respond => $"Ask for {Words.Share(request.TalentBps)} of {unit.Write(plan.Case!.Opening.Sum)}"
            + (plan.Price.IsZero ? "; the deposit is still to be paid." : $" and deposit {unit.Write(plan.Price)}."),
        DisputeMove.PayResponse => $"Pay the talent's deposit of {unit.Write(plan.Price)}; what comes back of it is yours.",
        DisputeMove.Concede => $"Accept {Words.Share(plan.Case!.Opening.EmployerBps)} of {unit.Write(plan.Case.Opening.Sum)}: the case ends.",
        DisputeMove.Appeal => $"Appeal to five other arbiters for {unit.Write(plan.Price)}, which they keep if they rule.",
        DisputeMove.Conclude => $"End the case: {unit.Write(plan.Sum)} of the deposits go back, and the arbiters get what they earned.",
        DisputeMove.QueueDraw => "Have a panel drawn.",
        DisputeMove.Draw => "Draw the panel that is next in the row.",
        DisputeMove.Commit => "Seal a vote. Keep its salt: without it the vote cannot be opened and the seat's bond is lost.",
        _ => $"Open the vote of {request.Arbiter}: {Words.Share(request.TalentBps)} for the talent.",
    };

    private static string Summary(DisputePlan plan, ArbiterRequest request, TokenUnit unit) => plan.Move switch
    {
        DisputeMove.Enlist => $"Bond {unit.Write(plan.Price)} for {Words.Count(request.Seats, "seat")} in cases of {request.Arbitrable}.",
        DisputeMove.Retire => $"Take {Words.Count(request.Seats, "seat")} off the draw: their bond of {unit.Write(plan.Sum)} can leave in 14 days.",
        DisputeMove.TakeBond => $"Take back the bond of retired seats, {unit.Write(plan.Sum)}.",
        _ => $"Withdraw {unit.Write(plan.Sum)} to {request.To}.",
    };
}
