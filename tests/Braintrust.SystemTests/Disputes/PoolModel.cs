using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Disputes;

/// <summary>Folds everything one court says into its pools.</summary>
internal sealed record PoolModel(
    ImmutableDictionary<Address, Pool> Pools, ImmutableHashSet<(Address, Address)> Arbiters,
    ImmutableDictionary<Hash32, Address> Cases, ImmutableDictionary<Hash32, uint> Tickets)
{
    public static readonly PoolModel Empty = new(
        ImmutableDictionary<Address, Pool>.Empty, ImmutableHashSet<(Address, Address)>.Empty,
        ImmutableDictionary<Hash32, Address>.Empty, ImmutableDictionary<Hash32, uint>.Empty);

    public Pool Of(Address arbitrable) => Pools.GetValueOrDefault(arbitrable) ?? new Pool();

    public PoolModel Apply(DisputeEvent happened, FactPlace at) => happened switch
    {
        DisputeEvent.CaseOpened e => this with { Cases = Cases.SetItem(e.CaseId, e.Opening.Arbitrable) },
        DisputeEvent.Enlisted e => Enlist(e),
        DisputeEvent.Retired e => With(e.Arbitrable, pool => pool with { Weight = pool.Weight - e.Seats }),
        DisputeEvent.DrawQueued e => (this with { Tickets = Tickets.SetItem(e.CaseId, e.Ticket) })
            .With(e.Arbitrable, pool => Queue(pool, e.Ticket, at.Seen.BlockNo)),
        DisputeEvent.SeedFixed e => With(e.Arbitrable, pool => pool with { SeedBlock = e.SeedBlock, Seeded = e.LastTicket }),
        DisputeEvent.PanelDrawn e => Draw(e.Arbitrable, Tickets[e.CaseId])
            .With(e.Arbitrable, pool => pool with { Weight = pool.Weight - (uint)e.Arbiters.Length }),
        DisputeEvent.PanelMissing e => Draw(e.Arbitrable, Tickets[e.CaseId]),
        DisputeEvent.SeatSettled { Forfeited: false } e when Cases.TryGetValue(e.CaseId, out var arbitrable) =>
            With(arbitrable, pool => pool with { Weight = pool.Weight + 1 }),
        _ => this,
    };

    /// <param name="ticket">The ticket that a draw was made for.</param>
    private PoolModel Draw(Address arbitrable, uint ticket) => With(arbitrable, pool => pool with { Drawn = ticket });

    private PoolModel Enlist(DisputeEvent.Enlisted e)
    {
        var known = Arbiters.Contains((e.Arbitrable, e.Arbiter));
        return (this with { Arbiters = Arbiters.Add((e.Arbitrable, e.Arbiter)) }).With(e.Arbitrable, pool => pool with
        {
            Weight = pool.Weight + e.Seats, Arbiters = known ? pool.Arbiters : pool.Arbiters + 1,
        });
    }

    /// <summary>It shares the seed block that is fixed unless that block can be known already.</summary>
    private static Pool Queue(Pool pool, uint ticket, ulong blockNo) => pool with
    {
        Queued = ticket, Seeded = pool.Drawn != pool.Seeded && blockNo < pool.SeedBlock ? ticket : pool.Seeded,
    };

    private PoolModel With(Address arbitrable, Func<Pool, Pool> change) =>
        this with { Pools = Pools.SetItem(arbitrable, change(Of(arbitrable))) };
}
