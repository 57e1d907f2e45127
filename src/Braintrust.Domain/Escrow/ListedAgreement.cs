using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>An agreement as listings tell it: a row that is made again from the ledger whenever the agreement is touched.</summary>
public sealed record ListedAgreement
{
    public const string Table = "agreement_listing";
    public const string DueTable = "due";
    public const string DueKind = "agreement";

    /// <summary>Stored where no window runs, so that those agreements sort behind all others.</summary>
    public const long NoDeadline = long.MaxValue;

    public required ulong ChainId { get; init; }
    public required Hash32 Negotiation { get; init; }

    /// <summary>EIP-712 hash of the terms in force.</summary>
    public required Hash32 Agreement { get; init; }
    public required Address Contract { get; init; }
    public required Address Employer { get; init; }
    public required Address Manager { get; init; }
    public required Address Talent { get; init; }
    public required Address Token { get; init; }
    public required AgreementPhase Phase { get; init; }

    /// <summary>Index of the current milestone.</summary>
    public required int Milestone { get; init; }
    public required int Milestones { get; init; }
    public required int MilestonesFunded { get; init; }

    /// <summary>Pay of all milestones together, the fee not included, base units.</summary>
    public required Amount Amount { get; init; }
    public required Amount PaidIn { get; init; }
    public required Amount PaidToTalent { get; init; }
    public required Amount FeesKept { get; init; }
    public required Amount Refunded { get; init; }
    public required Amount Held { get; init; }

    /// <summary>End of the running window, milliseconds since 1970, or <see cref="NoDeadline"/>.</summary>
    public required long DeadlineMs { get; init; }

    /// <summary>What opens after it; null when no window runs.</summary>
    public required EscrowMove? DeadlineOpens { get; init; }

    /// <summary>Block in which it was first funded, and its time in milliseconds since 1970.</summary>
    public required ulong CreatedBlock { get; init; }
    public required long CreatedMs { get; init; }

    /// <summary>Block of the last standing fact, its time, and the fact's ledger position.</summary>
    public required ulong ChangedBlock { get; init; }
    public required long ChangedMs { get; init; }
    public required long ChangedPos { get; init; }

    /// <summary>The rows of one negotiation: upserts when it has an agreement, deletions when it has none (any more).</summary>
    /// <param name="standing">Its standing facts in the chain's order, folded into nothing else than this.</param>
    public static ImmutableArray<Row> Rows(
        ulong chainId, Hash32 negotiation, IReadOnlyList<(EscrowEvent Event, FactPlace At)> standing)
    {
        var fold = standing.Aggregate(
            NegotiationOnChain.Empty, (view, fact) => EscrowFold.Apply(view, fact.Event, fact.At));
        ImmutableArray<object> key = [(long)chainId, negotiation.ToBytes()];
        ImmutableArray<object> dueKey = [(long)chainId, DueKind, negotiation.ToBytes()];
        if (fold.Agreement is not { } agreement)
            return [new(Table, RowChange.Delete, key, []), new(DueTable, RowChange.Delete, dueKey, [])];
        var listed = Of(chainId, negotiation, agreement, Funding(agreement, standing), standing[^1].At);
        var due = agreement.Deadline is { } deadline
            ? new Row(DueTable, RowChange.Upsert, dueKey, [(long)deadline.At.Seconds, (long)deadline.Opens])
            : new Row(DueTable, RowChange.Delete, dueKey, []);
        return [new(Table, RowChange.Upsert, key, listed.Values), due];
    }

    public static ListedAgreement Of(StoredRow row)
    {
        var values = row.Values;
        return new ListedAgreement
        {
            ChainId = (ulong)(long)row.Key[0],
            Negotiation = new Hash32((byte[])row.Key[1]),
            Agreement = new Hash32((byte[])values[0]!),
            Contract = Address(values[1]),
            Employer = Address(values[2]),
            Manager = Address(values[3]),
            Talent = Address(values[4]),
            Token = Address(values[5]),
            Phase = (AgreementPhase)Number(values[6]),
            Milestone = (int)Number(values[7]),
            Milestones = (int)Number(values[8]),
            MilestonesFunded = (int)Number(values[9]),
            Amount = ListingValue.Amount(values[10]!),
            PaidIn = ListingValue.Amount(values[11]!),
            PaidToTalent = ListingValue.Amount(values[12]!),
            FeesKept = ListingValue.Amount(values[13]!),
            Refunded = ListingValue.Amount(values[14]!),
            Held = ListingValue.Amount(values[15]!),
            DeadlineMs = Number(values[16]),
            DeadlineOpens = Number(values[17]) is 0 ? null : (EscrowMove)Number(values[17]),
            CreatedBlock = (ulong)Number(values[18]),
            CreatedMs = Number(values[19]),
            ChangedBlock = (ulong)Number(values[20]),
            ChangedMs = Number(values[21]),
            ChangedPos = Number(values[22]),
        };
    }

    private ImmutableArray<object?> Values =>
    [
        Agreement.ToBytes(), Contract.ToBytes(), Employer.ToBytes(), Manager.ToBytes(), Talent.ToBytes(), Token.ToBytes(),
        (long)Phase, (long)Milestone, (long)Milestones, (long)MilestonesFunded,
        ListingValue.Of(Amount), ListingValue.Of(PaidIn), ListingValue.Of(PaidToTalent), ListingValue.Of(FeesKept),
        ListingValue.Of(Refunded), ListingValue.Of(Held), DeadlineMs, (long)(DeadlineOpens ?? 0),
        (long)CreatedBlock, CreatedMs, (long)ChangedBlock, ChangedMs, ChangedPos,
    ];

    private static ListedAgreement Of(
        ulong chainId, Hash32 negotiation, AgreementOnChain agreement, FactPlace created, FactPlace changed)
    {
        var terms = agreement.Funded.Terms;
        return new ListedAgreement
        {
            ChainId = chainId,
            Negotiation = negotiation,
            Agreement = agreement.Funded.Agreement,
            Contract = agreement.Contract,
            Employer = terms.Employer,
            Manager = terms.Manager,
            Talent = terms.Talent,
            Token = terms.Token,
            Phase = agreement.Phase,
            Milestone = agreement.Milestone,
            Milestones = agreement.Milestones.Length,
            MilestonesFunded = agreement.MilestonesFunded,
            Amount = terms.Amounts.Aggregate(Braintrust.Amount.Zero, (sum, amount) => sum + amount),
            PaidIn = agreement.PaidIn,
            PaidToTalent = agreement.PaidToTalent,
            FeesKept = agreement.FeesKept,
            Refunded = agreement.Refunded,
            Held = agreement.Held,
            DeadlineMs = agreement.Deadline is { } deadline ? ListingValue.Of(deadline.At) : NoDeadline,
            DeadlineOpens = agreement.Deadline?.Opens,
            CreatedBlock = created.Seen.BlockNo,
            CreatedMs = ListingValue.Of(created.Seen.BlockTime),
            ChangedBlock = changed.Seen.BlockNo,
            ChangedMs = ListingValue.Of(changed.Seen.BlockTime),
            ChangedPos = changed.Pos,
        };
    }

    /// <summary>Where the funding that began this agreement stands: an earlier one may have been left out of the fold.</summary>
    private static FactPlace Funding(
        AgreementOnChain agreement, IReadOnlyList<(EscrowEvent Event, FactPlace At)> standing) =>
        standing.First(fact => fact.Event is EscrowEvent.AgreementFunded funded
            && funded.Agreement == agreement.FirstTerms && fact.At.Contract == agreement.Contract).At;

    private static long Number(object? value) => (long)value!;

    private static Address Address(object? value) => new((byte[])value!);
}
