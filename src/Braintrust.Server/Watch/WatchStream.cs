using System.Collections.Immutable;
using System.Threading.Channels;
using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Security;
using Grpc.Core;
using V1 = Braintrust.Api.Watch.V1;

namespace Braintrust.Watch;

/// <param name="Subjects">What was asked for, in that order; the caller may see all of it.</param>
/// <param name="Own">The caller's account: always watched, since wallets that come and go change what may be seen.</param>
/// <param name="Told">What the resume token says was told before, by <see cref="ResumeTokens.Key"/>.</param>
internal sealed record WatchOpening(
    Caller Caller, Session Session, IReadOnlyList<WatchSource> Subjects, WatchSource Own, ImmutableDictionary<ulong, Told> Told);

/// <summary>
/// One client's stream: snapshot, marker, then whatever is newest whenever the client has room. Memory is a seat for each
/// subject, however slow the client is.
/// </summary>
internal sealed class WatchStream : IDisposable
{
    private readonly WatchOpening _opening;
    private readonly ResumeTokens _tokens;
    private readonly OpenStream _place;
    private readonly WatchOptions _options;
    private readonly TimeProvider _clock;
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly Row[] _rows;
    private readonly ITimer _heartbeat;
    private readonly long _openedAt;
    private int _heartbeatDue;
    private ulong _sequence;
    private bool _marked;

    private sealed class Row(WatchSeat seat, WatchSource source, bool hidden, Told? before)
    {
        public WatchSeat Seat => seat;
        public WatchSource Source => source;

        /// <summary>Whether the client keeps its rights by a value of this row; null when none rest on it.</summary>
        public Func<Published, bool>? Allows { get; init; }

        /// <summary>Watched for us, not told to the client.</summary>
        public bool Hidden => hidden;
        public ulong Key { get; } = ResumeTokens.Key(source.Key);

        /// <summary>What the client was told last, in this stream or before it; null when nothing was.</summary>
        public Told? Told { get; set; } = before;

        /// <summary>True once the present value was told in this stream, or was known from before it.</summary>
        public bool Current { get; set; }
    }

    public WatchStream(
        WatchOpening opening, WatchHub hub, ResumeTokens tokens, OpenStream place, WatchOptions options, TimeProvider clock)
    {
        (_opening, _tokens, _place, _options, _clock) = (opening, tokens, place, options, clock);
        var own = opening.Subjects.Any(source => source.Key == opening.Own.Key);
        // Rights first: what is told in one round rests on what was looked at before it.
        _rows =
        [
            .. opening.Subjects.Select(source => source.Guard).OfType<WatchGuard>()
                .Select(guard => Seat(guard.Source, hidden: true, guard.Allows)),
            .. opening.Subjects.Select(source => Seat(source, hidden: false, source.Guard?.Source.Key == source.Key ? source.Guard.Allows : null)),
            .. own ? [] : new[] { Seat(opening.Own, hidden: true) },
        ];
        _openedAt = clock.GetTimestamp();
        var period = TimeSpan.FromMilliseconds(options.HeartbeatMs);
        _heartbeat = clock.CreateTimer(_ => BeatDue(), null, period, period);

        Row Seat(WatchSource source, bool hidden, Func<Published, bool>? allows = null) =>
            new(hub.Join(source, Ring), source, hidden, opening.Told.TryGetValue(ResumeTokens.Key(source.Key), out var told) ? told : null)
            {
                Allows = allows,
            };
    }

    /// <summary>Writes until the client leaves or the stream is ended from our side.</summary>
    /// <exception cref="RpcException">Why it was ended.</exception>
    public async Task Run(IServerStreamWriter<V1.WatchResponse> client, CancellationToken ct)
    {
        _ = _place.Ended.ContinueWith(_ => Ring(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while (true)
        {
            if (_place.Ended.IsCompleted) throw Ended(await _place.Ended);
            foreach (var row in _rows)
                if (!_place.Ended.IsCompleted) await Tell(client, row);
            if (!_marked && Array.TrueForAll(_rows, row => row.Current))
            {
                _marked = true;
                await Write(client, new() { SnapshotDone = new() }, withToken: true);
            }

            if (Interlocked.Exchange(ref _heartbeatDue, 0) == 1) await Beat(client);
            await _bell.Reader.ReadAsync(ct);
        }
    }

    public void Dispose()
    {
        _heartbeat.Dispose();
        foreach (var row in _rows) row.Seat.Dispose();
    }

    private void Ring() => _bell.Writer.TryWrite(true);

    private void BeatDue()
    {
        Volatile.Write(ref _heartbeatDue, 1);
        Ring();
    }

    private async Task Tell(IServerStreamWriter<V1.WatchResponse> client, Row row)
    {
        if (row.Seat.Take() is not { } value || !value.Reaches(row.Source.AtLeast)) return;
        if (row.Allows?.Invoke(value) == false)
        {
            _place.End(StreamEnd.RightsChanged);
            return;
        }

        if (row.Source.Key == _opening.Own.Key) CheckRights(value);
        var before = row.Told;
        var known = before == value.Told;
        row.Told = value.Told;
        row.Current = true;
        if (row.Hidden || known) return;
        if (before is { } seen && TakenBack(value, seen.Version.Pos) is { Count: > 0 } retracted)
        {
            var message = new V1.Retracted { Subject = Name(row), Retractions = { retracted.Select(ChainWire.Retraction) } };
            await Write(client, new() { Retracted = message }, withToken: false);
        }

        await Write(client, value.Response, withToken: _marked && !Array.Exists(_rows, other => other.Seat.Dirty));
    }

    /// <summary>Facts that the client may have been told and that were taken back since.</summary>
    private static List<Retraction> TakenBack(Published value, long seenPos) =>
        [.. value.Retractions.Where(retraction => retraction.FactPos <= seenPos && retraction.RewindPos > seenPos)];

    private string Name(Row row) => row.Source.Key == _opening.Own.Key ? WatchSources.OwnAccount : row.Source.Key;

    private async Task Beat(IServerStreamWriter<V1.WatchResponse> client)
    {
        if (_opening.Session.ExpiresAt <= _clock.GetUtcNow()) _place.End(StreamEnd.SessionEnded);
        if (!_marked && _clock.GetElapsedTime(_openedAt) > TimeSpan.FromMilliseconds(_options.SnapshotTimeoutMs))
            throw Refusals.Unavailable("A subject cannot be opened at the moment. Try again.");
        if (!_place.Ended.IsCompleted) await Write(client, new() { Heartbeat = new() }, withToken: _marked);
        Ring();
    }

    private Task Write(IServerStreamWriter<V1.WatchResponse> client, V1.WatchResponse message, bool withToken)
    {
        message.Sequence = ++_sequence;
        if (withToken) message.ResumeToken = _tokens.Seal(_opening.Caller.AccountId, Shown());
        return client.WriteAsync(message);

        IEnumerable<KeyValuePair<ulong, Told>> Shown() =>
            from row in _rows where !row.Hidden && row.Told is not null select KeyValuePair.Create(row.Key, row.Told!.Value);
    }

    private void CheckRights(Published account)
    {
        if (!account.Wallets.Contains(_opening.Session.Wallet.ToString())) _place.End(StreamEnd.SessionEnded);
        else if (_opening.Caller.Wallets.Any(wallet => !account.Wallets.Contains(wallet.ToString())))
            _place.End(StreamEnd.RightsChanged);
    }

    private static RpcException Ended(StreamEnd why) => why switch
    {
        StreamEnd.SessionEnded => new Refusal(RefusalCode.SessionEnded, "The session ended. Sign in again.").ToRpc(),
        StreamEnd.RightsChanged => Refusals.Unavailable("What the account may see has changed: watch again."),
        _ => Refusals.Unavailable("This server is stopping: watch again."),
    };
}
