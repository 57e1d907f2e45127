using System.Collections.Immutable;

namespace Braintrust.Escrow;

/// <summary>What two accounts of money can differ about; the numbers are stored.</summary>
public enum DifferenceKind
{
    /// <summary>One agreement's state or its listing.</summary>
    Agreement = 1,

    /// <summary>What one contract has of one token.</summary>
    Token = 2,

    /// <summary>What one contract keeps for one party in one token.</summary>
    Credit = 3,

    /// <summary>One case of a court.</summary>
    Case = 4,

    /// <summary>One arbiter's seats in one pool of a court.</summary>
    Bench = 5,
}

/// <summary>Whom a difference stops: its money is not prepared to be moved.</summary>
/// <param name="Key">
/// The negotiation; the contract and the token; these and the party; the case; or the court, the arbitrable contract and the arbiter.
/// </param>
public readonly record struct DifferenceSubject(DifferenceKind Kind, string Key)
{
    public static DifferenceSubject Agreement(Hash32 negotiation) => new(DifferenceKind.Agreement, negotiation.ToString());

    public static DifferenceSubject Token(Address contract, Address token) => new(DifferenceKind.Token, Joined(contract, token));

    public static DifferenceSubject Credit(Address contract, Address token, Address party) =>
        new(DifferenceKind.Credit, Joined(contract, token, party));

    public static DifferenceSubject Case(Hash32 caseId) => new(DifferenceKind.Case, caseId.ToString());

    public static DifferenceSubject Bench(Address court, Address arbitrable, Address arbiter) =>
        new(DifferenceKind.Bench, Joined(court, arbitrable, arbiter));

    /// <summary>As it is told and typed: agreement:0x..., token:0x..., credit:0x..., case:0x..., bench:0x...</summary>
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()}:{Key}";

    private static string Joined(params ReadOnlySpan<Address> addresses)
    {
        var bytes = new List<byte>();
        foreach (var address in addresses) bytes.AddRange(address.ToBytes());
        return "0x" + Convert.ToHexStringLower([.. bytes]);
    }
}

/// <summary>A difference between the contracts and what this system tells of them, kept until a later look agrees.</summary>
/// <param name="What">Which value, by whom; the same text means the same difference.</param>
/// <param name="Block">The final block at which it was seen last.</param>
/// <param name="Since">When it was seen first.</param>
public sealed record ListedDifference(
    ulong ChainId, DifferenceSubject Subject, string What, ulong Block, DateTimeOffset Since)
{
    public const string Table = "difference";

    /// <summary>Who let payments go on nevertheless, and why; null while they are stopped.</summary>
    public (string Who, string Why)? Lifted { get; init; }

    public Row Row => new(
        Table, RowChange.Upsert, Key(ChainId, Subject),
        [What, (long)Block, Since.ToUnixTimeMilliseconds(), Lifted?.Who, Lifted?.Why]);

    public Row Gone => new(Table, RowChange.Delete, Key(ChainId, Subject), []);

    public static ImmutableArray<object> Key(ulong chainId, DifferenceSubject subject) =>
        [(long)chainId, (long)subject.Kind, subject.Key];

    public static ListedDifference Of(StoredRow row) => new(
        (ulong)(long)row.Key[0], new((DifferenceKind)(long)row.Key[1], (string)row.Key[2]), (string)row.Values[0]!,
        (ulong)(long)row.Values[1]!, DateTimeOffset.FromUnixTimeMilliseconds((long)row.Values[2]!))
    {
        Lifted = row.Values[3] is string who ? (who, (string)row.Values[4]!) : null,
    };
}
