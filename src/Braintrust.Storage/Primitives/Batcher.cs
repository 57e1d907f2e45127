using System.Threading.Channels;

namespace Braintrust.Storage;

/// <summary>A unit and the caller who waits for it.</summary>
internal sealed class PendingUnit
{
    /// <exception cref="ArgumentException">The unit is malformed: nothing of it was queued.</exception>
    public PendingUnit(CommitUnit unit)
    {
        Unit = unit with
        {
            Requests = unit.Requests.IsDefault ? [] : unit.Requests,
            Rows = unit.Rows.IsDefault ? [] : unit.Rows,
        };
        Keys = CheckedKeys(Unit);
    }

    public CommitUnit Unit { get; }

    /// <summary>Everything the unit may write, by name. Two units that share one never share a batch.</summary>
    public IReadOnlyList<(string Table, string Key)> Keys { get; }

    public TaskCompletionSource<CommitResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Fail(Exception e) => Answer.TrySetException(e);

    private static List<(string, string)> CheckedKeys(CommitUnit unit)
    {
        ArgumentException.ThrowIfNullOrEmpty(unit.StateName);
        ArgumentException.ThrowIfNullOrEmpty(unit.Key);
        ArgumentOutOfRangeException.ThrowIfNegative(unit.ExpectedVersion);
        if (unit.Payload?.Length > CommitUnit.PayloadBytesMax)
            throw new ArgumentException(
                $"{unit.StateName} {unit.Key}: a state has at most {CommitUnit.PayloadBytesMax} bytes.");
        var keys = new List<(string, string)> { (unit.StateName, unit.Key) };
        foreach (var request in unit.Requests)
        {
            if (request.Result.Length > SavedRequest.ResultBytesMax)
                throw new ArgumentException($"A saved result has at most {SavedRequest.ResultBytesMax} bytes.");
            keys.Add(("\0request", request.Caller + '\0' + request.RequestId));
        }

        foreach (var row in unit.Rows)
        {
            SideTables.Check(row);
            keys.Add(("\0row", SideTables.Identity(SideTables.Named(row.Table), row.Key)));
        }

        if (keys.Distinct().Count() < keys.Count)
            throw new ArgumentException($"{unit.StateName} {unit.Key}: a request or a row is there twice.");
        return keys;
    }
}

/// <summary>
/// Takes batches from the queue in which no key is there twice: a later unit of the same key waits its turn.
/// </summary>
internal sealed class Batcher(ChannelReader<PendingUnit> queue, int unitsMax)
{
    /// <summary>
    /// Payload bytes after which a batch is full, so that large states delay others and use memory in moderation.
    /// </summary>
    private const int BytesMax = 8 << 20;

    private readonly HashSet<(string, string)> _claimed = [];
    private List<PendingUnit> _held = [];
    private long _bytes;

    /// <summary>False when the queue has ended and nothing is left.</summary>
    public async ValueTask<bool> Wait() => _held.Count > 0 || await queue.WaitToReadAsync();

    /// <summary>At least one unit when <see cref="Wait"/> said so, sorted by key.</summary>
    public List<PendingUnit> Take()
    {
        _claimed.Clear();
        _bytes = 0;
        var batch = new List<PendingUnit>(unitsMax);
        var waiting = _held;
        _held = [];
        foreach (var pending in waiting) Place(pending, batch);
        // Units held back stay bounded: a flood on one key leaves the rest in the bounded queue.
        while (!IsFull(batch) && _held.Count < unitsMax && queue.TryRead(out var pending)) Place(pending, batch);
        batch.Sort(static (a, b) =>
            (string.CompareOrdinal(a.Unit.StateName, b.Unit.StateName), string.CompareOrdinal(a.Unit.Key, b.Unit.Key))
                .CompareTo((0, 0)));
        return batch;
    }

    /// <summary>Everything not yet taken.</summary>
    public IEnumerable<PendingUnit> Rest()
    {
        foreach (var pending in _held) yield return pending;
        while (queue.TryRead(out var pending)) yield return pending;
    }

    private void Place(PendingUnit pending, List<PendingUnit> batch)
    {
        var clashes = false;
        foreach (var key in pending.Keys) clashes |= !_claimed.Add(key);
        // A unit that waits keeps its claims, so that those behind it stay behind it.
        if (clashes || IsFull(batch))
        {
            _held.Add(pending);
            return;
        }

        batch.Add(pending);
        _bytes += pending.Unit.Payload?.Length ?? 0;
    }

    private bool IsFull(List<PendingUnit> batch) => batch.Count == unitsMax || _bytes >= BytesMax;
}
