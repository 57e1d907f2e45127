using System.Numerics;
using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Escrow;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;
using V1 = Braintrust.Api.Disputes.V1;

namespace Braintrust.Disputes;

/// <summary>The steps of a case: prepared by the server, compared with the wallet's own calldata, signed, sent, followed.</summary>
public sealed class CourtStage(ServerLink server, NodeLink node, Timeline timeline, WorkStage stage)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public Address Court { get; } = node.Contract("PanelCourt");

    /// <param name="data">The calldata that the wallet expects to sign.</param>
    /// <param name="deposit">What the court takes from the wallet.</param>
    public Task Move(
        Person by, string dispute, V1.PrepareDisputeMoveRequest move, byte[] data, CancellationToken ct, BigInteger deposit = default)
    {
        (move.Name, move.Wallet) = (dispute, by.Address.ToString());
        return Send(by, move.Move, data, deposit, async token =>
        {
            var answer = await by.Call(options => server.Disputes.PrepareDisputeMoveAsync(move, options), token);
            return (answer.Transaction, answer.Approval, answer.Summary);
        }, ct);
    }

    /// <summary>Bonds one seat for the escrow's cases.</summary>
    public Task Enlist(Person by, BigInteger seat, CancellationToken ct) => Arbiter(
        by, new() { Move = V1.DisputeMove.Enlist, Arbitrable = node.Escrow.ToString(), Seats = 1 }, Law.Enlist.Encode(node.Escrow, 1), seat, ct);

    /// <summary>Takes what the arbiter earned.</summary>
    public Task Withdraw(Person by, CancellationToken ct) => Arbiter(
        by, new() { Move = V1.DisputeMove.Withdraw, Token = node.Token.ToString() }, Law.Withdraw.Encode(node.Token, by.Address), 0, ct);

    /// <summary>What an arbiter's machine seals its vote with.</summary>
    public async Task<V1.VoteFields> VoteFields(Person arbiter, string dispute, CancellationToken ct)
    {
        var ask = new V1.PrepareDisputeMoveRequest { Name = dispute, Wallet = arbiter.Address.ToString(), Move = V1.DisputeMove.Commit };
        return (await stage.Lasting(() => arbiter.Call(options => server.Disputes.PrepareDisputeMoveAsync(ask, options), ct), ct)).VoteFields;
    }

    /// <summary>Waits until a party's case is as it should be.</summary>
    /// <exception cref="VerbFailedException">It did not become so for as long as the patience, or the chain lost something.</exception>
    public async Task<V1.Dispute> See(Person by, string dispute, string what, Func<V1.Dispute, bool> wanted, CancellationToken ct)
    {
        var request = new V1.GetDisputeRequest { Name = dispute };
        for (var giveUp = DateTimeOffset.UtcNow + server.Patience; DateTimeOffset.UtcNow < giveUp; await Task.Delay(Pause, ct))
        {
            var seen = (await stage.Lasting(() => by.Call(options => server.Disputes.GetDisputeAsync(request, options), ct), ct)).Dispute;
            if (wanted(seen)) return seen;
            await stage.Journal.Heal(ct);
        }

        throw new VerbFailedException($"{dispute} did not show {what} for {server.Patience.TotalSeconds:F0} s.");
    }

    /// <summary>Moves the chain's clock past a second.</summary>
    public Task Pass(string what, ulong second, CancellationToken ct)
    {
        timeline.Tell(Tale.Chain, "", $"The chain's clock moves past {what}");
        return stage.Journal.Do(new Waited(what, _ => Task.FromResult<ulong?>(second)), ct);
    }

    private Task Arbiter(Person by, V1.PrepareArbiterMoveRequest move, byte[] data, BigInteger bond, CancellationToken ct)
    {
        (move.Name, move.Court) = ($"arbiters/{node.ChainId}-{by.Address}", Court.ToString());
        return Send(by, move.Move, data, bond, async token =>
        {
            var answer = await by.Call(options => server.Disputes.PrepareArbiterMoveAsync(move, options), token);
            return (answer.Transaction, answer.Approval, answer.Summary);
        }, ct);
    }

    private async Task Send(
        Person by, V1.DisputeMove move, byte[] data, BigInteger takes,
        Func<CancellationToken, Task<(EscrowV1.UnsignedTransaction? Transaction, EscrowV1.UnsignedTransaction? Approval, string Summary)>> prepare,
        CancellationToken ct)
    {
        var prepared = await stage.Lasting(() => prepare(ct), ct);
        if (prepared.Approval is { } approval)
        {
            await stage.Approve(by, Court, takes, approval, ct);
            prepared = await stage.Lasting(() => prepare(ct), ct);
        }

        var what = move.ToString().ToLowerInvariant();
        timeline.Tell(Tale.Act, by.Name, prepared.Summary, ("move", what));
        await stage.Follow(new Sent(what, by, await Sign(prepared.Transaction), Again), null, _ => true, ct);

        async Task<SignedTransaction> Again(CancellationToken token) => await Sign((await prepare(token)).Transaction);

        Task<SignedTransaction> Sign(EscrowV1.UnsignedTransaction? unsigned) => MoveDesk.Sign(
            unsigned ?? throw new VerbFailedException($"{what} needs an approval that is gone."), by, node.ChainId, Court, data, ct);
    }
}
