using System.Globalization;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Braintrust.Storage;

/// <summary>
/// Orleans grain storage over the group commit, for states without side rows. The row's key is the grain key alone:
/// state names ("grain/state") are unique over all classes. The ETag is the version.
/// </summary>
public sealed class BraintrustGrainStorage(
    ICommitStore store, IActivatorProvider activators, ILogger<BraintrustGrainStorage> log) : IGrainStorage
{
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var stored = await store.Read(stateName, Key(grainId), CancellationToken.None);
        grainState.State = stored is null ? New<T>() : StateSerializer.Read<T>(stored.Payload, log);
        grainState.ETag = stored?.Version.ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = stored is not null;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var payload = StateSerializer.Serialize(grainState.State);
        await Commit(stateName, grainId, grainState, payload);
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (grainState.ETag is not null) await Commit(stateName, grainId, grainState, payload: null);
        grainState.State = New<T>();
        grainState.RecordExists = false;
    }

    private async Task Commit<T>(string stateName, GrainId grainId, IGrainState<T> grainState, byte[]? payload)
    {
        var expected = grainState.ETag is { } etag ? long.Parse(etag, CultureInfo.InvariantCulture) : 0;
        var result = await store.Commit(
            new CommitUnit(stateName, Key(grainId), expected, StateSerializer.SchemaVersion<T>(), payload, [], []),
            CancellationToken.None);
        if (result.Verdict != CommitVerdict.Committed)
            throw new InconsistentStateException(
                $"Another writer of {stateName} {grainId} was first.", "unknown", grainState.ETag ?? "none");
        grainState.ETag = result.Version.ToString(CultureInfo.InvariantCulture);
    }

    private T New<T>() => activators.GetActivator<T>().Create();

    private static string Key(GrainId grainId) => grainId.Key.ToString()!;
}
