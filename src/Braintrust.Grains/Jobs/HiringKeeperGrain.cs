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
    private readonly IRows _rows;
    private readonly IChainLedger _ledger;
    private readonly TimeProvider _clock;
    private readonly ILogger<HiringKeeperGrain> _logger;
    private readonly ulong _chainId;
    private Task _looking = Task.CompletedTask;
    private DateTimeOffset _lookAgainAt;
    private string? _trouble;

    public HiringKeeperGrain(
        IFollowedChains chains, IListings listings, IRows rows, IChainLedger ledger, TimeProvider clock,
        ILogger<HiringKeeperGrain> logger)
    {
        (_chains, _listings, _rows, _ledger, _clock, _logger) = (chains, listings, rows, ledger, clock, logger);
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
    /// Has the jobs ask about the positions that may have changed hands: no acceptance stands for them, because a step was
    /// lost, or the final block is past their terms or holds a fact of their negotiation.
    /// </summary>
    private async Task Recheck(FollowedChain chain, ImmutableArray<StoredRow> rows)
    {
        var positions = rows.Select(row => new Position(
            new Hash32((byte[])row.Key[1]), (string)row.Values[0]!, (string)row.Values[1]!, (ulong)(long)row.Values[2]!)).ToArray();
        var cursor = await _ledger.ReadCursor(_chainId, CancellationToken.None);
        var final = await chain.Node.GetHeader(BlockId.At(cursor.FinalNo), CancellationToken.None);
        var (accepted, touched) = (await Accepted(positions), await Touched(positions, cursor.FinalNo));
        await Task.WhenAll(positions
            .Where(held => !accepted.Contains(held.Negotiation) || touched.Contains(held.OnChain) || held.Until < final?.Time.Seconds)
            .Select(held => Try(held.Job, job => GrainFactory.GetGrain<IJobGrain>(job).Recheck(held.Negotiation))));
    }

    private async Task<HashSet<string>> Accepted(Position[] positions)
    {
        var keys = positions.Select(held => ImmutableArray.Create<object>(held.Negotiation)).ToArray();
        var rows = await _rows.ReadKeys(JobRows.Negotiations, keys, CancellationToken.None);
        return [.. rows.Where(row => (NegotiationPhase)(long)row.Values[3]! is NegotiationPhase.Agreed or NegotiationPhase.Signed)
            .Select(row => (string)row.Key[0])];
    }

    private async Task<HashSet<Hash32?>> Touched(Position[] positions, ulong finalNo)
    {
        var facts = await _ledger.ReadStanding(
            _chainId, [.. positions.Select(held => Subject.Agreement(held.OnChain))], CancellationToken.None);
        return [.. EscrowFacts.Among(facts.Where(entry => entry.Fact.BlockNo <= finalNo)).Select(fact => fact.Event.About)];
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

    private sealed record Position(Hash32 OnChain, string Job, string Negotiation, ulong Until);
}
