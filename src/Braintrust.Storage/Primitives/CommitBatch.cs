namespace Braintrust.Storage;

/// <summary>
/// Units that share one transaction, none of which names a key of another. Requests and new rows go first and their
/// losers leave; then the versioned states; then the other rows of the winners. What a loser had inserted is deleted
/// again before anybody can see it: cheaper than a savepoint for each unit, as almost none loses.
/// </summary>
internal sealed class CommitBatch(DbSession db, IDialect dialect, IReadOnlyList<CommitUnit> units)
{
    private readonly CommitResult?[] _results = new CommitResult?[units.Count];
    private readonly List<(int Unit, SavedRequest Request)> _requests = [];
    private readonly List<(int Unit, Row Row)> _inserts = [];

    public async ValueTask<CommitResult[]> Apply()
    {
        await InsertRequests();
        await InsertRows();
        await WriteStates();
        await UndoLosers();
        await ChangeRows();
        return [.. _results.Select(r => r!)];
    }

    private IEnumerable<int> Standing => Enumerable.Range(0, units.Count).Where(u => _results[u] is null);

    private bool Won(int unit) => _results[unit]!.Verdict == CommitVerdict.Committed;

    private async ValueTask InsertRequests()
    {
        var all = Standing.SelectMany(u => units[u].Requests.Select(r => (Unit: u, Request: r)))
            .OrderBy(r => r.Request.Caller, StringComparer.Ordinal).ThenBy(r => r.Request.RequestId).ToList();
        if (all.Count == 0) return;
        var inserted = await dialect.InsertRequests(db, [.. all.Select(r => r.Request)]);
        foreach (var (request, isNew) in all.Zip(inserted))
        {
            if (isNew) _requests.Add(request);
            else _results[request.Unit] ??= new(CommitVerdict.RequestExists, 0, RequestId: request.Request.RequestId);
        }
    }

    private async ValueTask InsertRows()
    {
        foreach (var (table, rows) in ByTable(Standing, RowChange.Insert))
        {
            var inserted = await dialect.InsertRows(db, table, [.. rows.Select(r => r.Row)]);
            foreach (var (row, isNew) in rows.Zip(inserted))
            {
                if (isNew) _inserts.Add(row);
                else _results[row.Unit] ??= new(CommitVerdict.RowExists, 0, Table: table.Name);
            }
        }
    }

    private async ValueTask WriteStates()
    {
        var standing = Standing.ToList();
        if (standing.Count == 0) return;
        var versions = await dialect.WriteStates(db, [.. standing.Select(u => units[u])]);
        foreach (var (unit, version) in standing.Zip(versions))
            _results[unit] = version > 0 ? new(CommitVerdict.Committed, version) : new(CommitVerdict.StaleVersion, 0);
    }

    private async ValueTask UndoLosers()
    {
        var lostRequests = _requests.Where(r => !Won(r.Unit)).Select(r => r.Request).ToList();
        if (lostRequests.Count > 0) await dialect.DeleteRequests(db, lostRequests);
        foreach (var table in _inserts.Where(r => !Won(r.Unit)).GroupBy(r => r.Row.Table))
            await dialect.DeleteRows(db, SideTables.Named(table.Key), [.. table.Select(r => r.Row)]);
    }

    private async ValueTask ChangeRows()
    {
        var winners = Enumerable.Range(0, units.Count).Where(Won).ToList();
        foreach (var (table, rows) in ByTable(winners, RowChange.Upsert))
            await dialect.UpsertRows(db, table, [.. rows.Select(r => r.Row)]);
        foreach (var (table, rows) in ByTable(winners, RowChange.Delete))
            await dialect.DeleteRows(db, table, [.. rows.Select(r => r.Row)]);
    }

    /// <summary>
    /// Rows in one order everywhere, so that two writers of the same rows wait for each other only one way.
    /// </summary>
    private IEnumerable<(SideTable Table, List<(int Unit, Row Row)> Rows)> ByTable(
        IEnumerable<int> of, RowChange change) =>
        of.SelectMany(u => units[u].Rows.Where(r => r.Change == change).Select(r => (Unit: u, Row: r)))
            .GroupBy(r => r.Row.Table).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (SideTables.Named(g.Key), g.OrderBy(Identity, StringComparer.Ordinal).ToList()))
            .ToList();

    private static string Identity((int Unit, Row Row) row) =>
        SideTables.Identity(SideTables.Named(row.Row.Table), row.Row.Key);
}
