using Braintrust.Chain;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Escrow;

/// <summary>Runs a <see cref="Reconciler"/> when it is time. What it found is in the database, nothing here matters.</summary>
[GrainType("reconciler"), KeepAlive, Reentrant]
public sealed class ReconcilerGrain(
    IFollowedChains chains, Reconciler reconciler, DifferenceBook book, ChainMetrics metrics, GrainOptions options,
    TimeProvider clock, ILogger<ReconcilerGrain> logger) : Grain, IReconcilerGrain
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private DateTimeOffset _lookedAt;
    private string? _trouble;

    private ulong Chain => (ulong)this.GetPrimaryKeyLong();

    public override Task OnActivateAsync(CancellationToken ct)
    {
        _lookedAt = clock.GetUtcNow();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(ct)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        metrics.ReconcilerLeft(Chain);
    }

    public Task Wake()
    {
        if (!_running.IsCompleted || clock.GetUtcNow() - _lookedAt < TimeSpan.FromMilliseconds(options.ReconcileIntervalMs))
            return Task.CompletedTask;
        _running = Look();
        return Task.CompletedTask;
    }

    private async Task Look()
    {
        // The turn belongs to who woke it.
        await Task.Yield();
        try
        {
            var chain = chains.Find(Chain) ?? throw new InvalidOperationException($"Chain {Chain} is not followed by this silo.");
            var found = await reconciler.Run(chain, _stop.Token);
            if (found.Waiting is { } why) Tell(why);
            else await Keep(found);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception away) when (away is ChainUnavailableException or ChainProtocolException or StorageUnavailableException)
        {
            Tell(away.Message);
        }
        catch (Exception wrong)
        {
            logger.LogError(wrong, "Chain {Chain} cannot be reconciled", Chain);
        }
        finally
        {
            _lookedAt = clock.GetUtcNow();
        }
    }

    private async Task Keep(Reconciled found)
    {
        if (await book.Keep(Chain, found, clock.GetUtcNow(), _stop.Token) is not { } changes) return;
        metrics.Reconciled(Chain, changes.All.Length, found.Block);
        foreach (var differs in changes.New)
            logger.LogError(
                "The contracts of chain {Chain} and this server differ at block {Block} about {Subject}: {What}. Its payments are stopped",
                Chain, differs.Block, differs.Subject, differs.What);
        foreach (var agreed in changes.Gone)
            logger.LogWarning(
                "The contracts of chain {Chain} and this server agree at block {Block} about {Subject} again", Chain, found.Block, agreed.Subject);
        _trouble = null;
    }

    private void Tell(string why)
    {
        if (why == _trouble) return;
        _trouble = why;
        logger.LogInformation("Chain {Chain} is reconciled later: {Why}", Chain, why);
    }
}
