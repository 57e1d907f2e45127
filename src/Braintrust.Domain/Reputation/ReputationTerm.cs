using System.Numerics;
using Braintrust.Chain;

namespace Braintrust.Reputation;

/// <summary>
/// What one release added to a talent's score, and everything it was computed from: whoever has the ledger can compute it
/// again.
/// </summary>
public sealed record ReputationTerm
{
    public const string Table = "reputation_term";

    public required Address Talent { get; init; }

    /// <summary>Ledger position of the release.</summary>
    public required long Pos { get; init; }
    public required Address Employer { get; init; }
    public required Hash32 Negotiation { get; init; }
    public required int Milestone { get; init; }
    public required Address Token { get; init; }

    /// <summary>Base units of the token.</summary>
    public required Amount Pay { get; init; }
    public required Amount Fee { get; init; }

    /// <summary>Value of the pay; zero for a token that the policy did not price.</summary>
    public required ReferenceValue Value { get; init; }

    /// <summary>Value of what talent and employer had settled before.</summary>
    public required ReferenceValue SettledBefore { get; init; }

    /// <summary>Value of all fees the employer had paid, this one included.</summary>
    public required ReferenceValue EmployerFees { get; init; }

    /// <summary>Sum of the talent's points before and after, as they count at the epoch.</summary>
    public required BigInteger Before { get; init; }
    public required BigInteger After { get; init; }
    public required ulong BlockNo { get; init; }
    public required Hash32 BlockHash { get; init; }
    public required BlockTime At { get; init; }
    public required Hash32 TxHash { get; init; }

    public long Gain => ReputationMath.Gain(SettledBefore, Value);
    public long Trust => ReputationMath.Trust(EmployerFees);

    /// <summary>
    /// Millionths of a point that this release counts at a moment. Told as the difference of two rounded sums, so that the
    /// terms of a talent sum exactly to the score.
    /// </summary>
    public long Shown(BlockTime now) => ReputationMath.Shown(After, now) - ReputationMath.Shown(Before, now);

    public static ReputationTerm Of(StoredRow row)
    {
        var values = row.Values;
        return new ReputationTerm
        {
            Talent = new Address((byte[])row.Key[1]),
            Pos = (long)row.Key[2],
            Employer = new Address((byte[])values[0]!),
            Negotiation = new Hash32((byte[])values[1]!),
            Milestone = (int)(long)values[2]!,
            Token = new Address((byte[])values[3]!),
            Pay = ListingValue.Amount(values[4]!),
            Fee = ListingValue.Amount(values[5]!),
            Value = new((UInt128)ListingValue.Word(values[6]!)),
            SettledBefore = new((UInt128)ListingValue.Word(values[7]!)),
            EmployerFees = new((UInt128)ListingValue.Word(values[8]!)),
            Before = ListingValue.Word(values[9]!),
            After = ListingValue.Word(values[10]!),
            BlockNo = (ulong)(long)values[11]!,
            BlockHash = new Hash32((byte[])values[12]!),
            At = new BlockTime((ulong)(long)values[13]!),
            TxHash = new Hash32((byte[])values[14]!),
        };
    }

    public Row Row(ulong chainId) => new(
        Table, RowChange.Upsert, [(long)chainId, Talent.ToBytes(), Pos],
        [
            Employer.ToBytes(), Negotiation.ToBytes(), (long)Milestone, Token.ToBytes(), ListingValue.Of(Pay),
            ListingValue.Of(Fee), ListingValue.Of(Value.Millionths), ListingValue.Of(SettledBefore.Millionths),
            ListingValue.Of(EmployerFees.Millionths), ListingValue.Of(Before), ListingValue.Of(After), (long)BlockNo,
            BlockHash.ToBytes(), (long)At.Seconds, TxHash.ToBytes(),
        ]);
}
