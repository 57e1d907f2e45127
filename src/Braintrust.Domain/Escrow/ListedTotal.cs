using System.Collections.Immutable;
using System.Numerics;

namespace Braintrust.Escrow;

/// <summary>
/// What one escrow contract did in one token, as of a final block. Sums are base units, beyond 128 bits if it takes them.
/// </summary>
public sealed record ListedTotal(ulong ChainId, Address Contract, Address Token)
{
    public const string Table = "total";

    public BigInteger Funded { get; init; }

    /// <summary>Paid to talents, what waits for them as a credit included.</summary>
    public BigInteger Released { get; init; }
    public BigInteger Refunded { get; init; }

    /// <summary>Fees kept of agreements, the origins' shares included.</summary>
    public BigInteger Fees { get; init; }

    /// <summary>Paid beside agreements, and the fees kept on that.</summary>
    public BigInteger Tips { get; init; }
    public BigInteger TipFees { get; init; }

    /// <summary>Of all fees, what went to origins, as credits.</summary>
    public BigInteger Shared { get; init; }

    /// <summary>Of all fees, what was sent on to where the policy says.</summary>
    public BigInteger Swept { get; init; }

    /// <summary>What waits for its party in the contract.</summary>
    public BigInteger Credited { get; init; }

    /// <summary>Agreements that can still move money, and those that are over.</summary>
    public long Open { get; init; }
    public long Finished { get; init; }

    /// <summary>Last block that changed anything of it.</summary>
    public ulong ChangedBlock { get; init; }

    /// <summary>What agreements hold.</summary>
    public BigInteger Held => Funded - Released - Refunded - Fees;

    /// <summary>Fees that the contract still has: its <c>feesOf</c>.</summary>
    public BigInteger FeesWaiting => Fees + TipFees - Shared - Swept;

    /// <summary>What the contract must have of the token. More of it is somebody's gift.</summary>
    public BigInteger Owed => Held + FeesWaiting + Credited;

    private static readonly BigInteger Most = BigInteger.Pow(2, 256) - 1;

    private ImmutableArray<object> Key => [(long)ChainId, Contract.ToBytes(), Token.ToBytes()];

    public Row Row => new(
        Table, RowChange.Upsert, Key,
        [
            // A token made to leave all bounds must not stop the sums of the others.
            .. Sums.Select(object? (sum) => ListingValue.Of(BigInteger.Clamp(sum, 0, Most))), Open, Finished, (long)ChangedBlock,
        ]);

    private IEnumerable<BigInteger> Sums => [Funded, Released, Refunded, Fees, Tips, TipFees, Shared, Swept, Credited];

    /// <summary>The sums after an agreement came to stand otherwise; null where there is none.</summary>
    public ListedTotal After(AgreementOnChain? before, AgreementOnChain? after) => With(before, -1).With(after, 1);

    /// <summary>The sums after one log that is about no agreement's own sums.</summary>
    public ListedTotal After(EscrowEvent happened) => happened switch
    {
        EscrowEvent.PaymentCredited e => this with { Credited = Credited + e.Sum.Units },
        EscrowEvent.FeeShared e => this with { Shared = Shared + e.Sum.Units, Credited = Credited + e.Sum.Units },
        EscrowEvent.CreditWithdrawn e => this with { Credited = Credited - e.Sum.Units },
        EscrowEvent.FeesSwept e => this with { Swept = Swept + e.Sum.Units },
        _ => this,
    };

    private ListedTotal With(AgreementOnChain? told, int sign) => told is not { } agreement ? this : this with
    {
        Funded = Funded + sign * (BigInteger)agreement.PaidIn.Units,
        Released = Released + sign * (BigInteger)agreement.PaidToTalent.Units,
        Refunded = Refunded + sign * (BigInteger)agreement.Refunded.Units,
        Fees = Fees + sign * (BigInteger)agreement.FeesKept.Units,
        Tips = Tips + sign * (BigInteger)agreement.Tips.Units,
        TipFees = TipFees + sign * (BigInteger)agreement.TipFees.Units,
        Open = Open + (agreement.Phase == AgreementPhase.Ended ? 0 : sign),
        Finished = Finished + (agreement.Phase == AgreementPhase.Ended ? sign : 0),
    };

    public static ListedTotal Of(StoredRow row)
    {
        var (key, values) = (row.Key, row.Values);
        return new((ulong)(long)key[0], new Address((byte[])key[1]), new Address((byte[])key[2]))
        {
            Funded = Sum(0),
            Released = Sum(1),
            Refunded = Sum(2),
            Fees = Sum(3),
            Tips = Sum(4),
            TipFees = Sum(5),
            Shared = Sum(6),
            Swept = Sum(7),
            Credited = Sum(8),
            Open = (long)values[9]!,
            Finished = (long)values[10]!,
            ChangedBlock = (ulong)(long)values[11]!,
        };

        BigInteger Sum(int at) => ListingValue.Word(values[at]!);
    }
}
