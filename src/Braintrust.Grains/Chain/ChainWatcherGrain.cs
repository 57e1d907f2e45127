using System.Threading.Channels;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Chain;

/// <summary>Runs a <see cref="ChainFollower"/> for as long as it is active. Nothing here matters to what is true.</summary>
[GrainType("chain-watcher"), KeepAlive, Reentrant]
public sealed class ChainWatcherGrain(
    IFollowedChains chains, IChainLedger ledger, IContractRegistry registry, Bells bells, ChainMetrics metrics,
    TimeProvider clock, ILogger<ChainWatcherGrain> logger) : Grain, IChainWatcherGrain
{
    private static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(15);

    /// <summary>What a node that asks to be left alone is believed at most.</summary>
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _woken = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private WatcherStatus _status = new(ChainCursor.Start, 0, "The watcher has just started.");
    private Task _running = Task.CompletedTask;
    private Task _listening = Task.CompletedTask;
    private int _failures;

    public override Task OnActivateAsync(CancellationToken ct)
    {
        var id = (ulong)this.GetPrimaryKeyLong();
        var chain = chains.Find(id) ?? throw new InvalidOperationException($"Chain {id} is not followed by this silo.");
        _running = Run(chain, new ChainFollower(chain, ledger, registry, clock, logger));
        _listening = Listen(chain);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running, _listening).WaitAsync(ct)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        metrics.Left((ulong)this.GetPrimaryKeyLong());
    }

    public Task Wake()
    {
        // Only a fault in the loop itself can have ended it; the next pulse then starts afresh elsewhere.
        if (_running.IsCompleted) DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task<WatcherStatus> Status() => Task.FromResult(_status);

    private async Task Run(FollowedChain chain, ChainFollower follower)
    {
        // The first turn belongs to the activation: it answers before the loop begins.
        await Task.Yield();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (await Step(follower)) continue;
                await Rest(TimeSpan.FromMilliseconds(chain.Settings.PollIntervalMs));
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception wrong)
            {
                Complain(chain, wrong);
                await Task.Delay(BackOff(chain.Settings.PollIntervalMs, _failures++, wrong), clock, _stop.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
    }

    /// <summary>Doubles from the poll interval with each failure; no shorter than a node asked for (HTTP 429 or 503).</summary>
    internal static TimeSpan BackOff(int pollIntervalMs, int failures, Exception wrong)
    {
        var doubled = TimeSpan.FromMilliseconds(pollIntervalMs * Math.Pow(2, Math.Min(failures, 10)));
        var asked = (wrong as ChainUnavailableException)?.RetryAfter ?? TimeSpan.Zero;
        return Max(Min(doubled, BackOffMax), Min(asked, RetryAfterMax));

        static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
        static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
    }

    private async ValueTask<bool> Step(ChainFollower follower)
    {
        // Away from the turns of this grain: reading and writing a range each keep a processor busy.
        var report = await Task.Run(() => follower.Step(_stop.Token).AsTask());
        if (_failures > 0) logger.LogInformation("Chain {Chain} is followed again", this.GetPrimaryKeyLong());
        _failures = 0;
        if (report.Cursor != _status.Cursor) bells.RingProjections((ulong)this.GetPrimaryKeyLong());
        metrics.Followed((ulong)this.GetPrimaryKeyLong(), report, _status.Cursor.HeadNo);
        _status = new WatcherStatus(report.Cursor, report.NodeHeadNo, report.Waiting);
        bells.Ring((ulong)this.GetPrimaryKeyLong(), report);
        return report.Again;
    }

    /// <summary>Until a head is announced, but no longer than the poll interval: announcements get lost.</summary>
    private async Task Rest(TimeSpan atMost)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task woken = _woken.Reader.WaitToReadAsync(wait.Token).AsTask();
        await Task.WhenAny(woken, Task.Delay(atMost, clock, wait.Token));
        await wait.CancelAsync();
        await woken.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _woken.Reader.TryRead(out _);
    }

    private async Task Listen(FollowedChain chain)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var _ in chain.Node.WatchHeads(_stop.Token)) _woken.Writer.TryWrite(true);
            }
            catch (Exception silent) when (silent is not OutOfMemoryException)
            {
                logger.LogDebug(silent, "The heads of chain {Chain} are polled for a while", chain.Settings.ChainId);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), clock, _stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private void Complain(FollowedChain chain, Exception wrong)
    {
        var same = _status.Trouble == wrong.Message;
        _status = _status with { Trouble = wrong.Message };
        if (same) return;
        if (wrong is ChainUnavailableException or ChainProtocolException or StorageUnavailableException)
            logger.LogWarning(wrong, "Chain {Chain} cannot be followed at the moment", chain.Settings.ChainId);
        else
            logger.LogError(wrong, "Following chain {Chain} failed in a way nobody foresaw", chain.Settings.ChainId);
    }
}
