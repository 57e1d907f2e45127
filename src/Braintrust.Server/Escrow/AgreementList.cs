using System.Collections.Immutable;
using Braintrust.Chain;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Escrow;

/// <summary>Answers ListAgreements from the rows that the projection of agreements keeps.</summary>
public sealed class AgreementList(ListingReader reader, IChainProgress progress)
{
    private static readonly ImmutableDictionary<string, long> Phases =
        Enum.GetValues<AgreementPhase>().Where(phase => phase != AgreementPhase.None)
            .ToImmutableDictionary(phase => phase.ToString().ToUpperInvariant(), phase => (long)phase);

    private static readonly ListingKind Kind = new(
        ListedAgreement.Table,
        [
            new("chain_id", "chain", ListingFieldKind.Number),
            new("phase", "phase", ListingFieldKind.Name) { Names = Phases },
            new("employer", "employer", ListingFieldKind.Address),
            new("manager", "manager", ListingFieldKind.Address),
            new("talent", "talent", ListingFieldKind.Address),
            new("token", "token", ListingFieldKind.Address),
            new("amount", "amount", ListingFieldKind.Amount) { Sortable = true },
            new("paid_in", "paid_in", ListingFieldKind.Amount),
            new("paid_to_talent", "paid_to_talent", ListingFieldKind.Amount),
            new("held", "held", ListingFieldKind.Amount) { Sortable = true },
            new("deadline_time", "deadline_ms", ListingFieldKind.Time) { Sortable = true },
            new("create_time", "created_ms", ListingFieldKind.Time) { Sortable = true },
            new("update_time", "changed_ms", ListingFieldKind.Time) { Sortable = true },
        ],
        [new ListingOrder("changed_ms", Descending: true)]);

    public async Task<V1.ListAgreementsResponse> Read(Caller caller, V1.ListAgreementsRequest request, CancellationToken ct)
    {
        var page = new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy);
        var (rows, next) = await reader.Read(
            Kind, caller.AccountId, $"agreements {request.Side}", [Own(caller, request.Side)], page, ct);
        return new()
        {
            Agreements = { rows.Select(ListedAgreement.Of).Select(Overview) },
            NextPageToken = next,
        };
    }

    /// <summary>Only agreements that a wallet of the caller takes part in.</summary>
    private static ListingCondition.Any Own(Caller caller, V1.AgreementSide side)
    {
        string[] columns = side switch
        {
            V1.AgreementSide.Unspecified => ["talent", "employer", "manager"],
            V1.AgreementSide.Talent => ["talent"],
            V1.AgreementSide.Employer => ["employer", "manager"],
            _ => throw Wire.Bad("side", "Name one of the enum's values."),
        };
        var wallets = caller.Wallets.Order().Select(wallet => (object)wallet.ToBytes()).ToArray();
        return new([.. columns.Select(column => ListingCondition.OneOf(column, wallets))]);
    }

    private V1.AgreementOverview Overview(ListedAgreement listed) => new()
    {
        Name = EscrowWire.Name(listed.ChainId, listed.Negotiation),
        ChainId = listed.ChainId,
        Agreement = listed.Agreement.ToString(),
        Employer = listed.Employer.ToString(),
        Manager = listed.Manager.ToString(),
        Talent = listed.Talent.ToString(),
        Token = listed.Token.ToString(),
        Phase = (V1.AgreementPhase)listed.Phase,
        MilestoneIndex = (uint)listed.Milestone,
        Milestones = (uint)listed.Milestones,
        MilestonesFunded = (uint)listed.MilestonesFunded,
        Amount = listed.Amount.ToString(),
        PaidIn = listed.PaidIn.ToString(),
        PaidToTalent = listed.PaidToTalent.ToString(),
        FeesKept = listed.FeesKept.ToString(),
        Refunded = listed.Refunded.ToString(),
        Held = listed.Held.ToString(),
        Deadline = listed.DeadlineOpens is { } opens
            ? new V1.Deadline { AtSeconds = (ulong)listed.DeadlineMs / 1_000, Opens = (V1.Move)opens }
            : null,
        CreateTime = Wire.BlockTime(listed.CreatedMs),
        UpdateTime = Wire.BlockTime(listed.ChangedMs),
        Final = progress.Latest(listed.ChainId) is { } cursor && listed.ChangedBlock <= cursor.FinalNo,
    };
}
