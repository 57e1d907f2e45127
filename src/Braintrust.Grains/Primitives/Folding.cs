using Braintrust.Chain;

namespace Braintrust;

/// <summary>One subject's view of the ledger, as far as it was read.</summary>
internal interface ISubjectReader
{
    /// <summary>Every fact up to its position is folded.</summary>
    ChainCursor Cursor { get; }

    /// <summary>True while the view rests on a block that is not final.</summary>
    bool IsPending { get; }

    /// <summary>Reads what came after the last look; true when the view or the cursor changed.</summary>
    Task<bool> Look(CancellationToken ct);

    /// <summary>
    /// Believes a newer cursor without reading, when the ledger has no newer entries: only the head and finality moved. True
    /// when it did.
    /// </summary>
    bool Advance(ChainCursor cursor);
}

/// <summary>
/// What every grain does that folds the ledger's facts of one subject: while it is active it is told of new ones, looks, and
/// tells those who watch. For the grain's scheduler only.
/// </summary>
internal sealed class Folding<TView> where TView : class
{
    private readonly IFoldingServices _services;
    private readonly ulong _chain;
    private readonly ulong _subject;
    private readonly ISubjectReader _reader;
    private readonly Func<TView?> _view;
    private readonly Action? _moved;
    private readonly Watchers<TView> _watchers;
    private readonly SingleFlight _looking;
    private ActiveGrain? _me;

    /// <param name="view">The present view; null while there is none to tell.</param>
    /// <param name="moved">Called when the view or the cursor changed, before those who watch are told.</param>
    public Folding(
        IFoldingServices services, IGrainContext grain, ulong chain, ulong subject, ISubjectReader reader, Func<TView?> view,
        Action? moved = null)
    {
        (_services, _chain, _subject, _reader, _view, _moved) = (services, chain, subject, reader, view, moved);
        _watchers = services.Silo.Of<TView>(grain);
        _looking = new SingleFlight(LookOnce);
    }

    public bool IsWatched => _watchers.Count > 0;

    /// <param name="self">Calls the grain from outside.</param>
    /// <param name="first">Reads for the first time; null when a look does.</param>
    public async Task Begin(Func<long, Task> self, Func<Task>? first = null)
    {
        // Registered before it reads: entries appended in between are told or read, or both.
        var me = _services.Active.Add(_chain, _subject, cursor => self(cursor.Pos));
        try
        {
            await (first?.Invoke() ?? _reader.Look(CancellationToken.None));
        }
        catch
        {
            _services.Active.Remove(me);
            throw;
        }

        _me = me;
        _services.Active.SetPending(me, _reader.IsPending);
    }

    /// <summary>Before the grain goes: an open watch would hold it.</summary>
    public void End()
    {
        if (_me is not null) _services.Active.Remove(_me);
        _watchers.End();
    }

    public IAsyncEnumerable<TView> Watch(CancellationToken ct) => _watchers.Watch(_view, ct);

    public void Show()
    {
        if (_view() is { } present) _watchers.Publish(present);
    }

    public Task Look() => _looking.Run();

    /// <summary>Reads the ledger unless it was read up to that position: then at most the head or finality moved.</summary>
    public Task Look(long pos)
    {
        if (pos > _reader.Cursor.Pos) return Look();
        if (_services.Progress.Latest(_chain) is { } cursor && _reader.Advance(cursor)) Moved();
        return Task.CompletedTask;
    }

    private async Task LookOnce()
    {
        if (await _reader.Look(CancellationToken.None)) Moved();
    }

    private void Moved()
    {
        if (_me is not null) _services.Active.SetPending(_me, _reader.IsPending);
        _moved?.Invoke();
        Show();
    }
}

/// <summary>What a grain that folds asks of its silo.</summary>
internal interface IFoldingServices
{
    IChainProgress Progress { get; }
    ActiveGrains Active { get; }
    SiloWatchers Silo { get; }
}
