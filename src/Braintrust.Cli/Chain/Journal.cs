using Braintrust.Accounts;
using Braintrust.Api.Chain.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Braintrust.Chain;

/// <summary>Something done to the chain that a lost tail of blocks can undo.</summary>
public abstract record Effect(string What);

/// <summary>A signed transaction: the same bytes can be sent again.</summary>
public sealed record Sent(string What, Person By, SignedTransaction Transaction) : Effect(What);

/// <summary>The development chain's clock was moved past a second.</summary>
public sealed record Waited(string What, ulong Until) : Effect(What);

/// <summary>
/// Everything a story did, in order. Chains reorganise and a killed development node loses its last second, final or
/// not; what was lost is then done again, oldest first, so that later steps find what they rest on.
/// </summary>
public sealed class Journal(NodeLink node, Timeline timeline)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly List<Effect> _effects = [];

    public async Task Do(Effect effect, CancellationToken ct)
    {
        _effects.Add(effect);
        await Repeat(effect, ct);
    }

    /// <summary>True when something had been lost; all of it stands again.</summary>
    public async Task<bool> Heal(CancellationToken ct)
    {
        var healed = false;
        foreach (var effect in _effects)
        {
            if (!await IsLost(effect, ct)) continue;
            timeline.Tell(Tale.Trouble, "", $"The chain lost: {effect.What}. Doing it again.");
            await Repeat(effect, ct);
            healed = true;
        }

        return healed;
    }

    private async Task<bool> IsLost(Effect effect, CancellationToken ct) => effect switch
    {
        Sent sent => !await node.Ask(chain => chain.HasTransaction(sent.Transaction.Hash, ct), ct),
        Waited waited => (await node.Head(ct)).Time.Seconds <= waited.Until,
        _ => throw new InvalidOperationException(effect.GetType().Name),
    };

    private Task Repeat(Effect effect, CancellationToken ct) => effect switch
    {
        Sent sent => Send(sent, ct),
        Waited waited => Wait(waited.Until, ct),
        _ => throw new InvalidOperationException(effect.GetType().Name),
    };

    /// <summary>Each sending has a request id of its own: the saved answer to an earlier one would broadcast nothing.</summary>
    private async Task Send(Sent sent, CancellationToken ct)
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
        }
        catch (RpcException rejected) when (ServerLink.Reason(rejected) == "TRANSACTION_REJECTED")
        {
            // The first try got through though its answer did not: the nonce is used by this very transaction.
            if (await IsLost(sent, ct)) throw;
        }
    }

    private async Task Wait(ulong until, CancellationToken ct)
    {
        var head = await node.Head(ct);
        if (head.Time.Seconds <= until)
        {
            await node.Pull(chain => chain.AdvanceTime(TimeSpan.FromSeconds(until - head.Time.Seconds + 1), ct), ct);
            await node.Pull(chain => chain.Mine(1, ct), ct);
        }

        while ((await node.Seen(ct)).HeadTimeSeconds <= until) await Task.Delay(Pause, ct);
    }
}
