using Orleans;

namespace Braintrust.Disputes;

/// <summary>The arbiters of one arbitrable contract at one court, and its row of draws: as <c>IPanelCourt.Pool</c>.</summary>
/// <param name="Arbiters">Different addresses that ever enlisted.</param>
/// <param name="Weight">Seats that can be drawn.</param>
/// <param name="SeedBlock">The one block whose hash decides tickets up to <paramref name="Seeded"/>.</param>
/// <param name="Drawn">Last ticket that was drawn.</param>
/// <param name="Seeded">Last ticket that the seed block decides.</param>
/// <param name="Queued">Last ticket that was given.</param>
[GenerateSerializer, Immutable, Alias("disputes.Pool")]
public sealed record Pool(
    [property: Id(0)] uint Arbiters = 0, [property: Id(1)] uint Weight = 0, [property: Id(2)] ulong SeedBlock = 0,
    [property: Id(3)] uint Drawn = 0, [property: Id(4)] uint Seeded = 0, [property: Id(5)] uint Queued = 0)
{
    /// <summary>Reach of BLOCKHASH.</summary>
    public const ulong SeedReach = 256;

    /// <summary>Levels of the contract's sum tree, eight branches each.</summary>
    public int Levels
    {
        get
        {
            if (Arbiters == 0) return 0;
            var (levels, room) = (1, 8UL);
            for (; room < Arbiters; room *= 8) levels++;
            return levels;
        }
    }

    /// <summary>
    /// Whether in a call mined in that block a seed can be known whose draws are not done: then who can be drawn must not
    /// change.
    /// </summary>
    public bool IsSeedPending(ulong blockNo) =>
        Drawn != Seeded && blockNo >= SeedBlock && blockNo <= SeedBlock + SeedReach;
}
