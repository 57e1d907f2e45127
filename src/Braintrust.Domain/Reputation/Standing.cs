using System.Numerics;

namespace Braintrust.Reputation;

/// <summary>What final payments say of one address, as a talent and as an employer.</summary>
public sealed record Standing(Address Address)
{
    public const string Table = "standing";

    /// <summary>Value of what it was paid as a talent.</summary>
    public ReferenceValue Earned { get; init; }

    /// <summary>Releases that paid it, and different employers behind them.</summary>
    public long Releases { get; init; }
    public long Employers { get; init; }

    /// <summary>
    /// Sum of the points of those releases, as they count at the epoch: <see cref="ReputationMath.Shown"/> tells what they
    /// count at another time.
    /// </summary>
    public BigInteger Points { get; init; }

    /// <summary>Value of what it paid as an employer, and of the fees on top.</summary>
    public ReferenceValue Paid { get; init; }
    public ReferenceValue Fees { get; init; }

    /// <summary>Releases it paid, and different talents behind them.</summary>
    public long Payments { get; init; }
    public long Talents { get; init; }

    /// <summary>How much its word counts for the talents it pays; fraction bits as in <see cref="ReputationMath"/>.</summary>
    public long Trust => ReputationMath.Trust(Fees);

    public static Standing Of(StoredRow row) => new(new Address((byte[])row.Key[1]))
    {
        Earned = new((UInt128)ListingValue.Word(row.Values[0]!)),
        Releases = (long)row.Values[1]!,
        Employers = (long)row.Values[2]!,
        Points = ListingValue.Word(row.Values[3]!),
        Paid = new((UInt128)ListingValue.Word(row.Values[4]!)),
        Fees = new((UInt128)ListingValue.Word(row.Values[5]!)),
        Payments = (long)row.Values[6]!,
        Talents = (long)row.Values[7]!,
    };

    public Row Row(ulong chainId) => new(
        Table, RowChange.Upsert, [(long)chainId, Address.ToBytes()],
        [
            ListingValue.Of(Earned.Millionths), Releases, Employers, ListingValue.Of(Points),
            ListingValue.Of(Paid.Millionths), ListingValue.Of(Fees.Millionths), Payments, Talents,
        ]);
}

/// <summary>What a talent and an employer have settled with each other.</summary>
/// <param name="Settled">Value of all releases between them.</param>
public sealed record Dealing(Address Talent, Address Employer, ReferenceValue Settled = default)
{
    public const string Table = "dealing";

    public static Dealing Of(StoredRow row) => new(
        new Address((byte[])row.Key[1]), new Address((byte[])row.Key[2]), new((UInt128)ListingValue.Word(row.Values[0]!)));

    public Row Row(ulong chainId) => new(
        Table, RowChange.Upsert, [(long)chainId, Talent.ToBytes(), Employer.ToBytes()], [ListingValue.Of(Settled.Millionths)]);
}
