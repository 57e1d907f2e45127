using System.Runtime.CompilerServices;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Talent;

[GrainType("talent"), Reentrant]
public sealed class TalentGrain : Grain, ITalentGrain
{
    public const string StateName = "talent/state";

    private static readonly StateKind<TalentState> Kind = new(StateName, TalentState.Empty, TalentRules.Rows);

    private readonly TimeProvider _clock;
    private readonly Watchers<TalentState> _watchers;
    private readonly Committed<TalentState> _state;

    public TalentGrain(ICommitStore store, SiloWatchers silo, TimeProvider clock, ILogger<TalentGrain> logger)
    {
        _clock = clock;
        _watchers = silo.Of<TalentState>(GrainContext);
        _state = new Committed<TalentState>(Kind, Id, store, clock, logger, _watchers.Publish, Fail);
    }

    private string Id => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken ct) => _state.Load(ct);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        _watchers.End();
        return Task.CompletedTask;
    }

    public async Task<Outcome<TalentState>> Update(RequestKey request, TalentState wanted, TalentFields fields, long? expected)
    {
        var outcome = await _state.Run(
            Id, request, profile => TalentRules.Update(profile, wanted, fields, expected, _clock.GetUtcNow().Stored()),
            profile => new Receipt(profile.Version));
        return outcome.Accepted(out _, out var refusal) ? _state.State : refusal;
    }

    public Task<Outcome<TalentState>> Read(string reader) => Task.FromResult<Outcome<TalentState>>(
        _state.State is { Version: > 0 } profile && (profile.Visibility != Visibility.Private || reader == Id)
            ? profile
            : TalentRules.NotFound);

    public async IAsyncEnumerable<TalentState> Watch([EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var profile in _watchers.Watch(() => _state.State, ct)) yield return profile;
    }

    private void Fail()
    {
        _watchers.End();
        DeactivateOnIdle();
    }
}
