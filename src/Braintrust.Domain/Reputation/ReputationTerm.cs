using System.Collections.Immutable;
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

    /// <summary>The chain's order, backwards: the first term's sum is the score.</summary>
    public static readonly ImmutableArray<ListingOrder> NewestFirst =
        [new("block_no", Descending: true), new("log_index", Descending: true)];

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

    /// <summary>Block and index of the release's log: a talent's terms are summed in this order.</summary>
    public required ulong BlockNo { get; init; }
    public required uint LogIndex { get; init; }
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
            BlockNo = (ulong)(long)row.Key[2],
            LogIndex = (uint)(long)row.Key[3],
            Pos = (long)values[0]!,
            Employer = new Address((byte[])values[1]!),
            Negotiation = new Hash32((byte[])values[2]!),
            Milestone = (int)(long)values[3]!,
            Token = new Address((byte[])values[4]!),
            Pay = ListingValue.Amount(values[5]!),
            Fee = ListingValue.Amount(values[6]!),
            Value = new((UInt128)ListingValue.Word(values[7]!)),
            SettledBefore = new((UInt128)ListingValue.Word(values[8]!)),
            EmployerFees = new((UInt128)ListingValue.Word(values[9]!)),
            Before = ListingValue.Word(values[10]!),
            After = ListingValue.Word(values[11]!),
            BlockHash = new Hash32((byte[])values[12]!),
            At = new BlockTime((ulong)(long)values[13]!),
            TxHash = new Hash32((byte[])values[14]!),
        };
    }

    public Row Row(ulong chainId) => new(
        Table, RowChange.Upsert, [(long)chainId, Talent.ToBytes(), (long)BlockNo, (long)LogIndex],
        [
            Pos, Employer.ToBytes(), Negotiation.ToBytes(), (long)Milestone, Token.ToBytes(), ListingValue.Of(Pay),
            ListingValue.Of(Fee), ListingValue.Of(Value.Millionths), ListingValue.Of(SettledBefore.Millionths),
            ListingValue.Of(EmployerFees.Millionths), ListingValue.Of(Before), ListingValue.Of(After), BlockHash.ToBytes(),
            (long)At.Seconds, TxHash.ToBytes(),
        ]);
}
