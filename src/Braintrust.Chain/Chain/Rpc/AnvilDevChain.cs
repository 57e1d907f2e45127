using System.Text.Json;

namespace Braintrust.Chain;

/// <summary>
/// What anvil can do beyond a node, over the same connection. Nodes without these methods answer
/// <see cref="ChainProtocolException"/>.
/// </summary>
public sealed class AnvilDevChain(JsonRpcChain chain) : IDevChain
{
    public async ValueTask Mine(int blocks, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(blocks);
        await chain.Read("anvil_mine", json => json.WriteQuantity((ulong)blocks), Nothing, ct);
    }

    public async ValueTask Reorg(int depth, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        await chain.Read("anvil_reorg", json =>
        {
            json.WriteNumberValue(depth);
            json.WriteStartArray();
            json.WriteEndArray();
        }, Nothing, ct);
    }

    public async ValueTask AdvanceTime(TimeSpan by, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        await chain.Read("evm_increaseTime", json => json.WriteNumberValue((long)by.TotalSeconds), Nothing, ct);
    }

    public ValueTask<string> Snapshot(CancellationToken ct) => chain.Read("evm_snapshot", null, result => result.Text(), ct);

    public async ValueTask Revert(string snapshot, CancellationToken ct)
    {
        var known = await chain.Read(
            "evm_revert", json => json.WriteStringValue(snapshot), result => result.ValueKind == JsonValueKind.True, ct);
        if (!known) throw new ChainProtocolException($"The node has no snapshot {snapshot}.");
    }

    private static bool Nothing(JsonElement result) => true;
}
