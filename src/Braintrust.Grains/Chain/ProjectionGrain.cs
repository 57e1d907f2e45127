using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Chain;

/// <summary>Steps a <see cref="ProjectionRunner"/> whenever it is woken. Nothing here matters to what is true.</summary>
[GrainType("projection"), KeepAlive, Reentrant]
public sealed class ProjectionGrain : Grain, IProjectionGrain
{
    /// <summary>Another process may have emptied the rows while the ledger rests.</summary>
    private static readonly TimeSpan LookAtLeast = TimeSpan.FromSeconds(10);

    private readonly IChainProgress _progress;
    private readonly TimeProvider _clock;
    private readonly ulong _chain;
    private readonly string _name;
    private readonly ProjectionRunner _runner;
    private readonly ChainMetrics _metrics;
    private readonly SingleFlight _catchingUp;
    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger<ProjectionGrain> _logger;
    private Task _running = Task.CompletedTask;
    private ProjectionStatus _status = new(0, null);
    private (ChainCursor Cursor, DateTimeOffset At)? _done;

    public ProjectionGrain(
        IEnumerable<IProjection> projections, IProjectionStore store, IChainProgress progress, ChainMetrics metrics,
        TimeProvider clock, ILogger<ProjectionGrain> logger)
    {
        (_name, _chain) = ProjectionKey.Parse(this.GetPrimaryKeyString());
        var projection = projections.FirstOrDefault(known => known.Name == _name)
            ?? throw new InvalidOperationException($"There is no projection {_name}.");
        (_progress, _metrics, _clock, _logger) = (progress, metrics, clock, logger);
        _runner = new ProjectionRunner(projection, _chain, store, logger);
        _catchingUp = new SingleFlight(CatchUp);
    }

    public override Task OnActivateAsync(CancellationToken ct)
    {
        _metrics.Projected(_chain, _name, null);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(ct)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _metrics.Left(_chain, _name);
    }

    public Task Wake() => _done is { } done && _progress.Latest(_chain) == done.Cursor && _clock.GetUtcNow() - done.At < LookAtLeast
        ? Task.CompletedTask
        : Look();

    public Task Look()
    {
        _running = _catchingUp.Run();
        return Task.CompletedTask;
    }

    public async Task Replay()
    {
        await _runner.Restart(_stop.Token);
        await Look();
    }

    public Task<ProjectionStatus> Status() => Task.FromResult(_status);

    private async Task CatchUp()
    {
        try
        {
            var again = true;
            while (again && !_stop.IsCancellationRequested) again = Note(await _runner.Step(_stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception wrong)
        {
            // The next pulse tries again.
            Complain(wrong);
        }
    }

    private bool Note(ProjectionReport report)
    {
        if (report.Waiting is { } why && why != _status.Trouble)
            _logger.LogInformation("{Projection} waits: {Why}", this.GetPrimaryKeyString(), why);
        if (report.Waiting is null && _status.Trouble is not null)
            _logger.LogInformation("{Projection} works again", this.GetPrimaryKeyString());
        _status = new ProjectionStatus(report.Mark.Pos, report.Waiting);
        _done = report.Done is { } cursor ? (cursor, _clock.GetUtcNow()) : null;
        if (report.Done is { } done) _metrics.Projected(_chain, _name, done);
        return report.Again;
    }

    private void Complain(Exception wrong)
    {
        _done = null;
        var same = _status.Trouble == wrong.Message;
        _status = _status with { Trouble = wrong.Message };
        if (same) return;
        if (wrong is StorageUnavailableException or ChainUnavailableException or ChainProtocolException)
            _logger.LogWarning(wrong, "{Projection} waits for the database or the node", this.GetPrimaryKeyString());
        else
            _logger.LogError(wrong, "{Projection} failed in a way nobody foresaw", this.GetPrimaryKeyString());
    }
}
