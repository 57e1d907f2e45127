using Braintrust.Chain;

namespace Braintrust.Embedded;

/// <summary>
/// Keeps the development chain as a person expects a chain to behave: a transaction becomes final though nobody else
/// sends one, a node that died comes back, and a whole copy of its state is at hand. Mines the confirmations after each
/// transaction and then rests, so an idle chain does not grow.
/// </summary>
internal sealed class DevChainKeeper(AnvilNode node, EmbeddedChainSettings settings, TimeProvider clock, ILogger log)
{
    /// <summary>The node writes its state each second.</summary>
    private static readonly TimeSpan KeepInterval = TimeSpan.FromSeconds(2);

    private string? _seen;
    private string? _kept;
    private DateTimeOffset _seenAt;
    private DateTimeOffset _keptAt;

    /// <summary>Runs until cancelled.</summary>
    public async Task Run(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(settings.KeeperIntervalMs), clock);
        var trouble = false;
        while (await timer.WaitForNextTickAsync(ct))
        {
            try
            {
                await Look(ct);
                trouble = false;
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                if (!trouble) log.LogWarning(failed, "The development chain does not answer its keeper");
                trouble = true;
            }
        }
    }

    private async Task Look(CancellationToken ct)
    {
        if (!node.IsRunning)
        {
            log.LogError("anvil died: starting it again");
            await node.Restart(ct);
        }

        var head = await node.Rpc.Head(ct);
        if (head.Hash != _seen)
        {
            if (settings.MineConfirmations) await Confirm(head.Number, ct);
            (_seen, _seenAt) = (head.Hash, clock.GetUtcNow());
        }

        if (head.Hash != _kept && clock.GetUtcNow() - _keptAt > KeepInterval) Keep(head.Hash);
    }

    private async Task Confirm(ulong head, CancellationToken ct)
    {
        var depth = (ulong)settings.ConfirmationsMin;
        for (var back = 0UL; back < depth - 1 && back < head; back++)
        {
            if (await node.Rpc.TransactionsIn(head - back, ct) == 0) continue;
            await node.Rpc.Mine(depth - 1 - back, ct);
            return;
        }
    }

    private void Keep(string head)
    {
        var now = clock.GetUtcNow();
        if (node.State.Keep() is null) return;
        _keptAt = now;
        // Only a head that rested was surely in the file.
        if (now - _seenAt > KeepInterval) _kept = head;
    }
}
