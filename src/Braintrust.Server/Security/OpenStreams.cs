namespace Braintrust.Security;

/// <summary>Why a stream is ended from our side.</summary>
public enum StreamEnd
{
    /// <summary>The session was revoked, expired, or its wallet left the account.</summary>
    SessionEnded = 1,

    /// <summary>The account's wallets changed: what it may see must be decided again.</summary>
    RightsChanged = 2,

    /// <summary>This process stops.</summary>
    Draining = 3,
}

/// <summary>One open stream of a principal. Ended at most once, by whoever is first.</summary>
public sealed class OpenStream : IDisposable
{
    private readonly OpenStreams _owner;
    private readonly TaskCompletionSource<StreamEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal OpenStream(OpenStreams owner, string principal, Hash32? tokenHash) =>
        (_owner, Principal, TokenHash) = (owner, principal, tokenHash);

    public string Principal { get; }
    public Hash32? TokenHash { get; }

    /// <summary>Completes when the stream has to end.</summary>
    public Task<StreamEnd> Ended => _ended.Task;

    public void End(StreamEnd why) => _ended.TrySetResult(why);

    public void Dispose() => _owner.Close(this);
}

/// <summary>The streams open in this process: counted by principal, ended by session or all together.</summary>
public sealed class OpenStreams
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _counts = [];
    private readonly HashSet<OpenStream> _streams = [];
    private readonly Dictionary<Hash32, HashSet<OpenStream>> _bySession = [];
    private bool _draining;

    public int Count { get { lock (_lock) return _streams.Count; } }

    /// <summary>A place for one more stream, or null when the principal has <paramref name="max"/> already.</summary>
    public OpenStream? Open(string principal, Hash32? tokenHash, int max)
    {
        lock (_lock)
        {
            var count = _counts.GetValueOrDefault(principal);
            if (count >= max) return null;
            _counts[principal] = count + 1;
            var stream = new OpenStream(this, principal, tokenHash);
            _streams.Add(stream);
            if (tokenHash is { } hash)
            {
                if (!_bySession.TryGetValue(hash, out var same)) _bySession.Add(hash, same = []);
                same.Add(stream);
            }

            if (_draining) stream.End(StreamEnd.Draining);
            return stream;
        }
    }

    public void EndSession(Hash32 tokenHash)
    {
        lock (_lock)
        {
            if (!_bySession.TryGetValue(tokenHash, out var streams)) return;
            foreach (var stream in streams) stream.End(StreamEnd.SessionEnded);
        }
    }

    /// <summary>Ends every stream, and every one that is opened from now on.</summary>
    public void Drain()
    {
        lock (_lock)
        {
            _draining = true;
            foreach (var stream in _streams) stream.End(StreamEnd.Draining);
        }
    }

    internal void Close(OpenStream stream)
    {
        lock (_lock)
        {
            if (!_streams.Remove(stream)) return;
            if (--_counts[stream.Principal] == 0) _counts.Remove(stream.Principal);
            if (stream.TokenHash is not { } hash || !_bySession.TryGetValue(hash, out var same)) return;
            same.Remove(stream);
            if (same.Count == 0) _bySession.Remove(hash);
        }
    }
}
