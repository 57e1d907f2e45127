using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Braintrust;

/// <summary>
/// The open watches of one value. Each has room for one: a slow reader skips versions and nothing queues for it. Ending
/// is for good: readers see the end of their stream and reopen elsewhere.
/// </summary>
public sealed class Watchers<T> : IWatchers where T : class
{
    private readonly Lock _lock = new();
    private readonly HashSet<Channel<T>> _open = [];
    private bool _ended;

    public int Count
    {
        get { lock (_lock) return _open.Count; }
    }

    /// <summary>The present value, then every newer one, conflated.</summary>
    /// <param name="present">
    /// Read when the enumeration starts, so that no version falls between; null while there is none.
    /// </param>
    public async IAsyncEnumerable<T> Watch(Func<T?> present, [EnumeratorCancellation] CancellationToken ct)
    {
        var mine = Channel.CreateBounded<T>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_lock)
        {
            if (_ended) yield break;
            _open.Add(mine);
            if (present() is { } value) mine.Writer.TryWrite(value);
        }

        try
        {
            await foreach (var newer in mine.Reader.ReadAllAsync(ct)) yield return newer;
        }
        finally
        {
            lock (_lock) _open.Remove(mine);
        }
    }

    public void Publish(T value)
    {
        lock (_lock)
            foreach (var channel in _open) channel.Writer.TryWrite(value);
    }

    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            foreach (var channel in _open) channel.Writer.TryComplete();
        }
    }
}

/// <summary>Watches that must end before their grain or silo can stop.</summary>
public interface IWatchers
{
    void End();
}
