using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>Which contract keeps a credit; the numbers are stored and the API's.</summary>
public enum CreditHolder
{
    /// <summary>A payment that its token refused, or an origin's shares of fees.</summary>
    Escrow = 1,

    /// <summary>A deposit that its token refused to send back, or an arbiter's earnings.</summary>
    Court = 2,
}

/// <summary>What one log changes of a credit.</summary>
/// <param name="Added">Base units; null when its party took the whole of it.</param>
/// <param name="About">The negotiation or the case it came from; null when it was taken.</param>
public sealed record CreditChange(CreditHolder Holder, Address Party, Address Token, Amount? Added, Hash32? About)
{
    /// <summary>Null when the event changes no credit.</summary>
    public static CreditChange? Of(EscrowEvent happened) => happened switch
    {
        EscrowEvent.PaymentCredited e => new(CreditHolder.Escrow, e.Party, e.Token, e.Sum, e.Negotiation),
        EscrowEvent.FeeShared e => new(CreditHolder.Escrow, e.Origin, e.Token, e.Sum, e.Negotiation),
        EscrowEvent.CreditWithdrawn e => new(CreditHolder.Escrow, e.Party, e.Token, null, null),
        // More than our sums hold: told as the most that they do, until it is taken.
        EscrowEvent.Oversized { Party: { } party, Token: { } token } e =>
            new(CreditHolder.Escrow, party, token, e.Negotiation is null ? null : new Amount(UInt128.MaxValue), e.Negotiation),
        _ => null,
    };
}

/// <summary>What a contract keeps for an address in one token, until the address withdraws it.</summary>
public sealed record ListedCredit(ulong ChainId, Address Contract, Address Party, Address Token)
{
    public const string Table = "credit";

    public CreditHolder Holder { get; init; }

    /// <summary>Base units; at 2^128 - 1 it stops growing.</summary>
    public Amount Amount { get; init; }

    /// <summary>The negotiation or the case that it grew by last.</summary>
    public Hash32 About { get; init; }

    /// <summary>Block of the last standing fact, and its time in milliseconds since 1970.</summary>
    public ulong ChangedBlock { get; init; }
    public long ChangedMs { get; init; }

    public ImmutableArray<object> Key => [(long)ChainId, Contract.ToBytes(), Party.ToBytes(), Token.ToBytes()];

    /// <summary>An upsert while anything is credited, a deletion otherwise.</summary>
    public Row Row => Amount.IsZero
        ? new(Table, RowChange.Delete, Key, [])
        : new(Table, RowChange.Upsert, Key, [(long)Holder, ListingValue.Of(Amount), About.ToBytes(), (long)ChangedBlock, ChangedMs]);

    /// <summary>The credit after one more log, in the chain's order.</summary>
    public ListedCredit After(CreditChange change, FactPlace at) => this with
    {
        Holder = change.Holder,
        Amount = change.Added is { } sum ? Amount.PlusCapped(sum) : Amount.Zero,
        About = change.About ?? About,
        ChangedBlock = at.Seen.BlockNo,
        ChangedMs = ListingValue.Of(at.Seen.BlockTime),
    };

    public static ListedCredit Of(StoredRow row) =>
        new((ulong)(long)row.Key[0], Address(row.Key[1]), Address(row.Key[2]), Address(row.Key[3]))
        {
            Holder = (CreditHolder)(long)row.Values[0]!,
            Amount = ListingValue.Amount(row.Values[1]!),
            About = new Hash32((byte[])row.Values[2]!),
            ChangedBlock = (ulong)(long)row.Values[3]!,
            ChangedMs = (long)row.Values[4]!,
        };

    private static Address Address(object value) => new((byte[])value);
}
