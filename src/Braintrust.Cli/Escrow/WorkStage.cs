using System.Numerics;
using Braintrust.Accounts;
using Braintrust.Api;
using Braintrust.Api.Primitives.V1;
using Braintrust.Api.Watch.V1;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Watch;
using Google.Protobuf;
using Grpc.Core;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using Operations = Braintrust.Api.Chain.V1;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Escrow;

/// <summary>Terms that a freelancer signed and offered.</summary>
/// <param name="Name">agreements/{chain id}-{negotiation}.</param>
public sealed record Deal(Person Talent, Law.Terms Terms, string Name, byte[] Signature)
{
    /// <summary>Sum and fee of so many milestones.</summary>
    public BigInteger Price(int count, int first = 0) =>
        Enumerable.Range(first, count).Aggregate(BigInteger.Zero, (sum, i) => sum + Amount(i) + Fee(i));

    public BigInteger Amount(int milestone) => Terms.Amounts[milestone];

    /// <summary>The employer's fee on top: floor(amount * feeBps / 10,000).</summary>
    public BigInteger Fee(int milestone) => Amount(milestone) * Terms.FeeBps / 10_000;
}

/// <summary>What one move does: how the server is asked for it, and the calldata that a wallet expects to sign.</summary>
/// <param name="Sum">Claim, pay or the court's cost; zero for all of it.</param>
/// <param name="EmployerBps">What the employer's side would pay of a disputed claim, basis points.</param>
/// <param name="Next">The terms of an amendment.</param>
public sealed record Step(
    string What, V1.Move Move, int Milestone, byte[] Data, int Count = 0, Hash32 Evidence = default, BigInteger Sum = default,
    uint EmployerBps = 0, V1.Terms? Next = null)
{
    /// <summary>What it takes from the wallet.</summary>
    public BigInteger Price(Deal deal) => Move == V1.Move.Dispute ? Sum : deal.Price(Count, Milestone);
}

/// <summary>The steps that stories are made of: prepared by the server, checked, signed, sent, followed until final.</summary>
/// <param name="heals">False for a story in which what the chain lost cannot be done again.</param>
public sealed class WorkStage(ServerLink server, NodeLink node, Timeline timeline, bool heals = true)
{
    /// <summary>By name: the agreements of the story.</summary>
    private readonly Dictionary<string, Deal> _deals = [];
    private Journal? _journal;

    public Journal Journal => _journal ??= new Journal(node, timeline, ViewsStand, server.Patience, heals);

    /// <summary>The freelancer has its terms prepared, checks and signs them.</summary>
    public async Task<(V1.PrepareTermsResponse Prepared, byte[] Signature)> Sign(Person talent, Law.Terms terms, CancellationToken ct)
    {
        var request = new V1.PrepareTermsRequest { ChainId = node.ChainId, Terms = TermsDesk.ToWire(terms) };
        var prepared = await talent.Call(options => server.Escrow.PrepareTermsAsync(request, options), ct);
        var digest = TermsDesk.Check(prepared, terms, node.ChainId, node.Escrow);
        return (prepared, await talent.Signer.Sign(digest, ct));
    }

    public async Task<Deal> Offer(Person talent, Law.Terms terms, CancellationToken ct)
    {
        var (prepared, signature) = await Sign(talent, terms, ct);
        await Offer(talent, terms, signature, ct);
        timeline.Tell(Tale.Act, talent.Name, $"signs and offers terms of {Money.Btrst(Sum(terms))} in {(terms.Amounts.Length == 1 ? "1 milestone" : $"{terms.Amounts.Length} milestones")}",
            ("agreement", prepared.Agreement), ("name", prepared.Name));
        return new Deal(talent, terms, prepared.Name, signature);
    }

    public async Task Offer(Person by, Law.Terms terms, byte[] signature, CancellationToken ct)
    {
        var request = new V1.OfferTermsRequest
        {
            RequestId = Guid.NewGuid().ToString(), ChainId = node.ChainId, Terms = TermsDesk.ToWire(terms),
            TalentSignature = ByteString.CopyFrom(signature),
        };
        await by.Call(options => server.Escrow.OfferTermsAsync(request, options), ct);
    }

    /// <summary>How the server is asked for a step.</summary>
    public static V1.PrepareMoveRequest Request(Person by, string deal, Step step) => new()
    {
        Name = deal, Wallet = by.Address.ToString(), Move = step.Move, MilestoneIndex = (uint)step.Milestone,
        Count = (uint)step.Count, Evidence = step.Evidence.IsZero ? "" : step.Evidence.ToString(),
        Sum = step.Sum.IsZero ? "" : Money.Wire(step.Sum), EmployerBps = step.EmployerBps, Next = step.Next,
    };

    public async Task<V1.PrepareMoveResponse> Prepare(Person by, string deal, Step step, CancellationToken ct) =>
        await by.Call(options => server.Escrow.PrepareMoveAsync(Request(by, deal, step), options), ct);

    /// <summary>Makes a move and waits until it is final and the agreement shows it.</summary>
    public async Task<V1.Agreement> Move(Person by, Deal deal, Step step, Func<V1.Agreement, bool> until, CancellationToken ct)
    {
        _deals[deal.Name] = deal;
        var prepared = await PrepareSafely(by, deal, step, ct);
        if (prepared.Approval is { } approval)
        {
            await Approve(by, node.Escrow, step.Price(deal), approval, ct);
            prepared = await PrepareSafely(by, deal, step, ct);
        }

        timeline.Tell(Tale.Act, by.Name, prepared.Summary, ("name", deal.Name), ("move", step.Move.ToString()));
        var signed = await Sign(prepared);
        var sent = new Sent(step.What, by, signed, Again);
        if (IsParty(by, deal)) return await Follow(sent, deal, until, ct);
        await Follow(sent, null, _ => true, ct);
        return await Await(deal.Talent, deal, until, ct);

        async Task<SignedTransaction> Again(CancellationToken token) => await Sign(await Prepare(by, deal.Name, step, token));

        Task<SignedTransaction> Sign(V1.PrepareMoveResponse answer) => MoveDesk.Sign(
            answer.Transaction ?? throw new VerbFailedException($"{step.What} needs an approval that is gone."),
            by, node.ChainId, node.Escrow, step.Data, ct);
    }

    /// <summary>Only parties see an agreement, though anyone may make some of its moves.</summary>
    private static bool IsParty(Person by, Deal deal) =>
        by.Address == deal.Terms.Employer || by.Address == deal.Terms.Manager || by.Address == deal.Terms.Talent;

    /// <summary>Lets a contract take exactly a price.</summary>
    public async Task Approve(Person by, Address spender, BigInteger price, V1.UnsignedTransaction approval, CancellationToken ct)
    {
        var approve = BraintrustTokenContract.Approve.Encode(spender, price);
        var signed = await MoveDesk.Sign(approval, by, node.ChainId, node.Token, approve, ct);
        var sent = new Sent(
            $"approval of {Money.Btrst(price)}", by, signed, token => MoveDesk.Directly(by, node, node.Token, approve, token));
        await Follow(sent, null, _ => true, ct);
    }

    /// <summary>Whoever is no party prepares by itself: the terms stand in the funding event for everybody.</summary>
    public async Task SendDirectly(Person by, string what, byte[] data, CancellationToken ct)
    {
        var signed = await Lasting(() => MoveDesk.Directly(by, node, node.Escrow, data, ct), ct);
        var sent = new Sent(what, by, signed, token => MoveDesk.Directly(by, node, node.Escrow, data, token));
        await Follow(sent, null, _ => true, ct);
    }

    /// <summary>Sends a transaction and follows it, and the agreement when one is named, on one stream.</summary>
    public async Task<V1.Agreement> Follow(Sent sent, Deal? deal, Func<V1.Agreement, bool> until, CancellationToken ct)
    {
        await Journal.Do(sent, ct);
        while (true)
        {
            var hash = sent.Transaction.Hash;
            var operation = $"operations/{node.ChainId}-{hash}";
            var follower = new Follower(timeline, sent.By.Name, sent.What);
            if (await Read(sent.By, deal is null ? [operation] : [operation, deal.Name], follower, Enough, ct))
                return follower.Agreement ?? new V1.Agreement();

            // True: all there. Null: signed anew, so another operation is to be followed.
            bool? Enough() => sent.Transaction.Hash != hash ? null
                : follower.Confirmed && (deal is null || (follower.Agreement is { } agreement && until(agreement)));
        }
    }

    /// <summary>Follows a move that the server sends for a party, and goes on sending.</summary>
    public async Task Follow(Person by, string what, string operation, Deal deal, Func<V1.Agreement, bool> until, CancellationToken ct)
    {
        _deals[deal.Name] = deal;
        var follower = new Follower(timeline, by.Name, what);
        await Read(by, [operation, deal.Name], follower,
            () => follower.Confirmed && follower.Agreement is { } agreement && until(agreement), ct);
    }

    /// <summary>Waits until a party's agreement is as it should be.</summary>
    public async Task<V1.Agreement> Await(Person by, Deal deal, Func<V1.Agreement, bool> until, CancellationToken ct)
    {
        var follower = new Follower(timeline, by.Name, deal.Name);
        await Read(by, [deal.Name], follower, () => follower.Agreement is { } agreement && until(agreement), ct);
        return follower.Agreement!;
    }

    /// <summary>Waits until an agreement is as it should be on a chain that lost nothing of the story.</summary>
    public async Task Settled(Person by, Deal deal, Func<V1.Agreement, bool> until, CancellationToken ct)
    {
        do await Await(by, deal, until, ct);
        while (await Journal.Heal(ct));
    }

    /// <exception cref="VerbFailedException">The balance changed by another sum than it should have.</exception>
    public void Balance(string who, BigInteger before, BigInteger after, BigInteger expected)
    {
        var change = after - before;
        timeline.Tell(Tale.Balance, who, $"has {Money.Btrst(after)}, changed by {Money.Btrst(change)}",
            ("balance", Money.Wire(after)), ("change", Money.Wire(change)));
        if (change != expected)
            throw new VerbFailedException($"{who} should have changed by {Money.Btrst(expected)}, not {Money.Btrst(change)}.");
    }

    /// <summary>Reads a stream until there is enough (true) or another one is needed (false).</summary>
    private async Task<bool> Read(Person by, string[] subjects, Follower follower, Func<bool?> enough, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(server.Patience);
        try
        {
            await foreach (var message in new WatchFeed(by, subjects).Read(patience.Token))
            {
                if ((message is null || follower.Take(message)) && !await Journal.Heal(patience.Token)) follower.ThrowIfOver();
                if (enough() is not false) return enough() is true;
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new VerbFailedException($"Gave up on {follower.What} after {server.Patience.TotalSeconds:F0} s.");
        }

        throw new VerbFailedException($"The server ended the stream of {follower.What}.");
    }

    /// <summary>Shows that the server refuses what must be refused, for the right reason.</summary>
    public Task Refused(Person by, string what, ErrorReason reason, Func<Task> attempt, CancellationToken ct) =>
        Lasting(async () =>
        {
            if (await Refusal(attempt) is not { } refused)
                throw new VerbFailedException($"{what} was not refused; it should have been, as {reason}.");
            var told = $"{what}: refused, {ServerLink.Reason(refused)}: {refused.Status.Detail}";
            if (refused.Reason() != reason) throw new VerbFailedException($"{told}. It should have been {reason}.");
            timeline.Tell(Tale.Refused, by.Name, told, ("reason", ServerLink.Reason(refused)));
            return true;
        }, ct);

    private static async Task<RpcException?> Refusal(Func<Task> attempt)
    {
        try
        {
            await attempt();
            return null;
        }
        catch (RpcException refused)
        {
            return refused;
        }
    }

    private Task<V1.PrepareMoveResponse> PrepareSafely(Person by, Deal deal, Step step, CancellationToken ct) =>
        Lasting(() => Prepare(by, deal.Name, step, ct), ct);

    /// <summary>That a step fails may only mean that the chain lost what it rests on.</summary>
    public async Task<T> Lasting<T>(Func<Task<T>> step, CancellationToken ct)
    {
        for (var settled = false; ;)
        {
            try
            {
                return await step();
            }
            catch (Exception failed) when (failed is RpcException or EvmRevertException or VerbFailedException)
            {
                if (await Journal.Heal(ct)) continue;
                if (settled) throw;
                // Or that the server is a moment behind what was just done again.
                await Journal.Settle(ct);
                settled = true;
            }
        }
    }

    private async Task<bool> ViewsStand(BlockId at, CancellationToken ct)
    {
        foreach (var deal in _deals.Values)
        {
            var agreement = TermsDesk.Hash(deal.Terms, node.ChainId, node.Escrow);
            var request = new V1.GetAgreementRequest { Name = deal.Name };
            var seen = (await deal.Talent.Call(options => server.Escrow.GetAgreementAsync(request, options), ct)).Agreement;
            var word = await node.Ask(chain => Law.StateWord.Call(chain, node.Escrow, agreement, at, ct), ct);
            if ((word.IsZero ? "" : word.ToString()) != seen.StateWord) return false;
        }

        return true;
    }

    private static BigInteger Sum(Law.Terms terms) =>
        terms.Amounts.Aggregate(BigInteger.Zero, (sum, amount) => sum + amount);
}

/// <summary>Tells what a stream brings, and remembers how far it is.</summary>
internal sealed class Follower(Timeline timeline, string who, string what)
{
    private string? _over;

    public string What => what;
    public bool Confirmed { get; private set; }
    public V1.Agreement? Agreement { get; private set; }

    /// <summary>True when the chain may have lost something.</summary>
    public bool Take(WatchResponse message)
    {
        if (message.Retracted is { } retracted) return Tell(retracted);
        if (message.Update is not { } update) return false;
        if (update.Operation is { } operation) return Tell(operation);
        if (update.Agreement is { } agreement) Tell(agreement);
        return false;
    }

    private bool Tell(Operations.Operation operation)
    {
        var where = operation.BlockNumber == 0 ? "" : $", block {operation.BlockNumber}";
        var count = operation.Status == Operations.OperationStatus.Included
            ? $" {operation.Confirmations}/{operation.ConfirmationsNeeded}"
            : "";
        var status = operation.Status.ToString().ToUpperInvariant();
        timeline.Tell(Tale.Operation, who, $"  {what}: {status}{count}{where}",
            ("operation", operation.Name), ("status", status), ("block", operation.BlockNumber));
        Confirmed = operation.Status == Operations.OperationStatus.Confirmed;
        _over = operation.Status is Operations.OperationStatus.Failed or Operations.OperationStatus.Replaced
            ? $"{what} ended as {status} on the chain: {operation.TransactionHash}"
            : null;
        return _over is not null || operation.Status is Operations.OperationStatus.Dropped or Operations.OperationStatus.Reorged;
    }

    /// <exception cref="VerbFailedException">The transaction failed, and nothing it rests on had been lost.</exception>
    public void ThrowIfOver()
    {
        if (_over is not null) throw new VerbFailedException(_over);
    }

    private void Tell(V1.Agreement agreement)
    {
        Agreement = agreement;
        var finality = agreement.Final ? "final" : "pending";
        timeline.Tell(Tale.Agreement, who,
            $"  agreement {(agreement.Phase == V1.AgreementPhase.Unspecified ? "not funded" : agreement.Phase)}, "
            + $"milestone {agreement.MilestoneIndex}, holds {Money.Btrst(Money.Parse(agreement.Held))}, "
            + $"{finality} at block {agreement.HeadNumber}",
            ("name", agreement.Name), ("phase", agreement.Phase.ToString()), ("final", agreement.Final),
            ("block", agreement.HeadNumber), ("held", agreement.Held));
    }

    private bool Tell(Retracted retracted)
    {
        foreach (var fact in retracted.Retractions)
            timeline.Tell(Tale.Retracted, who, $"  taken back: {fact.Kind} of block {fact.BlockNumber}",
                ("kind_of_fact", fact.Kind), ("block", fact.BlockNumber), ("transaction", fact.TransactionHash));
        return true;
    }
}
