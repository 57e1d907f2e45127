using Braintrust.Accounts;
using Braintrust.Api;
using Braintrust.Api.Chain.V1;
using Braintrust.Api.Primitives.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Braintrust.Chain;

/// <summary>Something done to the chain that a lost tail of blocks can undo.</summary>
public abstract class Effect(string what)
{
    public string What => what;
}

/// <summary>A transaction that somebody signed.</summary>
/// <param name="transaction">As signed first.</param>
/// <param name="again">Signs it anew, for when the same bytes cannot be included any more.</param>
public sealed class Sent(
    string what, Person by, SignedTransaction transaction, Func<CancellationToken, Task<SignedTransaction>> again) : Effect(what)
{
    public Person By => by;

    /// <summary>The bytes that stand for it now.</summary>
    public SignedTransaction Transaction { get; private set; } = transaction;

    /// <summary>True when later steps went on without it, so that it cannot be done any more.</summary>
    public bool Overtaken { get; private set; }

    /// <summary>False when the server or the node refuses to prepare it again.</summary>
    public async Task<bool> TrySignAgain(CancellationToken ct)
    {
        try
        {
            Transaction = await again(ct);
            return true;
        }
        catch (Exception refused) when (refused is EvmRevertException or RpcException { StatusCode: StatusCode.FailedPrecondition })
        {
            // What is too early was not overtaken: what it waits for was lost, and is done again first.
            Overtaken = (refused as RpcException)?.Reason() != ErrorReason.TooEarly;
            return false;
        }
    }
}

/// <summary>The development chain's clock was moved past a second.</summary>
/// <param name="until">The second; null when there is nothing left to wait for.</param>
public sealed class Waited(string what, Func<CancellationToken, Task<ulong?>> until) : Effect(what)
{
    public Task<ulong?> Until(CancellationToken ct) => until(ct);
}

/// <summary>
/// Everything a story did, in order. Chains reorganise, and a killed development node loses its last second, final or
/// not. What was lost is then done again, oldest first, so that later steps find what they rest on: with the same bytes
/// where they still can be included, and signed anew where a nonce was taken or a step ran before what it rests on.
/// </summary>
/// <param name="viewsStand">Whether what the server tells of the story is what the contract's state says at a block.</param>
/// <param name="patience">How long the server may be behind its node.</param>
/// <param name="heals">False when what was lost cannot be done again: then that is told, and the story ends.</param>
public sealed class Journal(
    NodeLink node, Timeline timeline, Func<BlockId, CancellationToken, Task<bool>> viewsStand, TimeSpan patience, bool heals)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan InclusionMax = TimeSpan.FromSeconds(2);
    private readonly List<Effect> _effects = [];

    public async Task Do(Effect effect, CancellationToken ct)
    {
        _effects.Add(effect);
        await Repeat(effect, ct);
    }

    /// <summary>True when something had been lost; all of it stands again.</summary>
    /// <exception cref="VerbFailedException">Something was lost, and this story cannot be healed.</exception>
    public async Task<bool> Heal(CancellationToken ct)
    {
        var healed = false;
        foreach (var effect in _effects)
        {
            if (!await IsLost(effect, ct)) continue;
            if (!heals)
                throw new VerbFailedException($"The chain lost: {effect.What}. Another draw is another panel, so this story cannot go on: play it on a new chain.");
            timeline.Tell(Tale.Trouble, "", $"The chain lost: {effect.What}. Doing it again.");
            if (!healed) await Settle(ct);
            await Repeat(effect, ct);
            // Whether a later one is lost too is asked of the server's views.
            await Settle(ct);
            healed = true;
        }

        return healed;
    }

    /// <summary>Waits until the server's views are those of the node's head: its silos look four times a second.</summary>
    /// <exception cref="VerbFailedException">They stayed behind longer than the patience.</exception>
    public async Task Settle(CancellationToken ct)
    {
        for (var giveUp = DateTimeOffset.UtcNow + patience; DateTimeOffset.UtcNow < giveUp; await Task.Delay(Pause, ct))
        {
            var head = await node.Head(ct);
            if (head.Hash.ToString() == (await node.Seen(ct)).HeadHash && await viewsStand(BlockId.At(head.Number), ct)) return;
        }

        throw new VerbFailedException($"The server's views are not those of its node's head for {patience.TotalSeconds:F0} s.");
    }

    private async Task<bool> IsLost(Effect effect, CancellationToken ct) => effect switch
    {
        Sent { Overtaken: true } => false,
        Sent sent => !await node.Ask(chain => chain.HasTransaction(sent.Transaction.Hash, ct), ct) || await Reverted(sent, ct),
        Waited waited => await waited.Until(ct) is { } until && (await node.Head(ct)).Time.Seconds <= until,
        _ => throw new InvalidOperationException(effect.GetType().Name),
    };

    private async Task<bool> Reverted(Sent sent, CancellationToken ct) =>
        await node.Ask(chain => chain.GetReceipt(sent.Transaction.Hash, ct), ct) is { Succeeded: false };

    private async Task Repeat(Effect effect, CancellationToken ct)
    {
        if (effect is Waited waited) await Wait(waited, ct);
        if (effect is not Sent sent) return;
        if (await Reverted(sent, ct) && !await sent.TrySignAgain(ct)) return;
        if (!await Send(sent, ct) && !await SendAnew(sent, ct)) return;
        await Included(sent, ct);
    }

    /// <summary>
    /// Waits for its block, so that the next step finds what it rests on; not for long, because a lost transaction of the
    /// same sender may have to be sent again first.
    /// </summary>
    private async Task Included(Sent sent, CancellationToken ct)
    {
        for (var giveUp = DateTimeOffset.UtcNow + InclusionMax; DateTimeOffset.UtcNow < giveUp; await Task.Delay(Pause, ct))
            if (await node.Ask(chain => chain.GetReceipt(sent.Transaction.Hash, ct), ct) is not null) return;
    }

    private async Task<bool> SendAnew(Sent sent, CancellationToken ct) =>
        await sent.TrySignAgain(ct)
        && (await Send(sent, ct) ? true : throw new VerbFailedException($"The node refuses {sent.What} though it was just signed."));

    /// <summary>
    /// False when these bytes cannot be included any more. Each sending has a request id of its own: the saved answer to
    /// an earlier one would broadcast nothing.
    /// </summary>
    private async Task<bool> Send(Sent sent, CancellationToken ct)
    {
        var request = new SubmitTransactionRequest
        {
            RequestId = Guid.NewGuid().ToString(),
            ChainId = node.ChainId,
            RawTransaction = ByteString.CopyFrom(sent.Transaction.Raw.Span),
        };
        try
        {
            await sent.By.Call(options => sent.By.Server.Chains.SubmitTransactionAsync(request, options), ct);
            return true;
        }
        catch (RpcException rejected) when (rejected.Reason() == ErrorReason.TransactionRejected)
        {
            // The first try may have got through though its answer did not: then this very transaction took the nonce.
            return !await IsLost(sent, ct);
        }
    }

    /// <summary>Until the server saw it too.</summary>
    private async Task Wait(Waited waited, CancellationToken ct)
    {
        while (await waited.Until(ct) is { } until && (await node.Seen(ct)).HeadTimeSeconds <= until)
        {
            var head = await node.Head(ct);
            if (head.Time.Seconds <= until)
            {
                await node.Pull(chain => chain.AdvanceTime(TimeSpan.FromSeconds(until - head.Time.Seconds + 1), ct), ct);
                await node.Pull(chain => chain.Mine(1, ct), ct);
            }

            await Task.Delay(Pause, ct);
        }
    }
}
