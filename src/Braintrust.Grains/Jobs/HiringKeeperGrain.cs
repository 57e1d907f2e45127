using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Jobs;

/// <summary>Nothing here matters to what is true: it only asks the grains that know, and asks again when they fail.</summary>
[GrainType("hiring-keeper"), KeepAlive, Reentrant]
public sealed class HiringKeeperGrain : Grain, IHiringKeeperGrain
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(3);

    private readonly IFollowedChains _chains;
    private readonly IListings _listings;
    private readonly IChainLedger _ledger;
    private readonly TimeProvider _clock;
    private readonly ILogger<HiringKeeperGrain> _logger;
    private readonly ulong _chainId;
    private Task _looking = Task.CompletedTask;
    private DateTimeOffset _lookAgainAt;
    private string? _trouble;

    public HiringKeeperGrain(
        IFollowedChains chains, IListings listings, IChainLedger ledger, TimeProvider clock, ILogger<HiringKeeperGrain> logger)
    {
        (_chains, _listings, _ledger, _clock, _logger) = (chains, listings, ledger, clock, logger);
        _chainId = unchecked((ulong)this.GetPrimaryKeyLong());
    }

    public Task Wake()
    {
        if (_looking.IsCompleted && _clock.GetUtcNow() >= _lookAgainAt) _looking = Look();
        return Task.CompletedTask;
    }

    private async Task Look()
    {
        try
        {
            if (_chains.Find(_chainId) is not { } chain) return;
            await EachPage(JobRows.Outbox, HandOver);
            await EachPage(JobRows.Positions, rows => Recheck(chain, rows));
            if (_trouble is not null) _logger.LogInformation("Hiring on chain {Chain} goes on", _chainId);
            _trouble = null;
        }
        catch (Exception wrong)
        {
            if (_trouble != wrong.GetType().Name)
                _logger.LogWarning(wrong, "What hiring left undone on chain {Chain} waits", _chainId);
            _trouble = wrong.GetType().Name;
        }
        finally
        {
            _lookAgainAt = _clock.GetUtcNow() + Rest;
        }
    }

    private async Task EachPage(string table, Func<ImmutableArray<StoredRow>, Task> work)
    {
        ListingPage? page = null;
        do
        {
            var query = new ListingQuery(
                table, [ListingCondition.Equal("chain", (long)_chainId)], [], ListingQuery.PageSizeMax, page?.Last);
            page = await _listings.Read(query, CancellationToken.None);
            if (!page.Rows.IsEmpty) await work(page.Rows);
        }
        while (page.More);
    }

    private Task HandOver(ImmutableArray<StoredRow> rows) => Task.WhenAll(rows.Select(row =>
        Try((string)row.Key[1], id => GrainFactory.GetGrain<INegotiationGrain>(id).Pursue())));

    /// <summary>
    /// Has the jobs ask about those positions of which the final block says something: that their terms are past, or a fact
    /// of their negotiation.
    /// </summary>
    private async Task Recheck(FollowedChain chain, ImmutableArray<StoredRow> rows)
    {
        var cursor = await _ledger.ReadCursor(_chainId, CancellationToken.None);
        if (await chain.Node.GetHeader(BlockId.At(cursor.FinalNo), CancellationToken.None) is not { } final) return;
        var negotiations = rows.Select(row => new Hash32((byte[])row.Key[1]));
        var facts = await _ledger.ReadStanding(_chainId, [.. negotiations.Select(Subject.Agreement)], CancellationToken.None);
        var touched = facts.Where(entry => entry.Fact.BlockNo <= cursor.FinalNo && EscrowFacts.Includes(entry.Fact.Kind))
            .Select(entry => EscrowFacts.Read(entry.Fact).About).ToHashSet();
        await Task.WhenAll(rows
            .Where(row => (ulong)(long)row.Values[2]! < final.Time.Seconds || touched.Contains(new Hash32((byte[])row.Key[1])))
            .Select(row => Try((string)row.Values[0]!, job => GrainFactory.GetGrain<IJobGrain>(job).Recheck((string)row.Values[1]!))));
    }

    /// <summary>One that fails holds up no other: its row stays, and so does the work.</summary>
    private async Task Try(string id, Func<string, Task> work)
    {
        try
        {
            await work(id);
        }
        catch (Exception wrong)
        {
            _logger.LogInformation(wrong, "{Id} could not go on; it will be asked again", id);
        }
    }
}
