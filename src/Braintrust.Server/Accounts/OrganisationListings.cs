using System.Collections.Immutable;
using V1 = Braintrust.Api.Accounts.V1;

namespace Braintrust.Accounts;

/// <summary>Pages over the rows that an organisation's commits write.</summary>
public sealed class OrganisationListings(ListingReader listings, TimeProvider clock)
{
    private static readonly ListingField Account = new("account", "account", ListingFieldKind.Text);
    private static readonly ListingField Invited = new("invited", "invited", ListingFieldKind.Boolean);
    private static readonly ListingField Since = new("since", "since_ms", ListingFieldKind.Time) { Sortable = true };

    private static readonly ListingKind Memberships = new(
        "organisation_member",
        [new("display_name", "display_name", ListingFieldKind.Text) { Sortable = true }, Invited, Since],
        [new ListingOrder("display_name")]);

    private static readonly ListingKind People = new("organisation_member", [Account, Invited, Since], [new ListingOrder("account")]);

    private static readonly ListingKind Payments = new(
        "organisation_approval",
        [
            new("agreement", "agreement", ListingFieldKind.Text), new("requester", "requester", ListingFieldKind.Text),
            new("state", "status", ListingFieldKind.Name)
            {
                Names = Enum.GetValues<ApprovalStatus>().Except([ApprovalStatus.Expired])
                    .ToImmutableDictionary(status => status.ToString().ToUpperInvariant(), status => (long)status),
            },
            new("create_time", "requested_ms", ListingFieldKind.Time) { Sortable = true },
        ],
        [new ListingOrder("requested_ms", Descending: true)]);

    public async Task<V1.ListOrganisationsResponse> Organisations(
        string caller, V1.ListOrganisationsRequest request, CancellationToken ct)
    {
        var (rows, next) = await listings.Read(
            Memberships, caller, nameof(Organisations), [ListingCondition.Equal("account", caller)],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), ct);
        return new() { Memberships = { rows.Select(Membership) }, NextPageToken = next };
    }

    public async Task<V1.ListMembersResponse> Members(
        string caller, string organisation, V1.ListMembersRequest request, CancellationToken ct)
    {
        var (rows, next) = await listings.Read(
            People, caller, nameof(Members) + organisation, [ListingCondition.Equal("organisation", organisation)],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), ct);
        return new() { Members = { rows.Select(Member) }, NextPageToken = next };
    }

    public async Task<V1.ListApprovalsResponse> Approvals(
        string caller, string organisation, V1.ListApprovalsRequest request, CancellationToken ct)
    {
        var (rows, next) = await listings.Read(
            Payments, caller, nameof(Approvals) + organisation, [ListingCondition.Equal("organisation", organisation)],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), ct);
        var now = clock.GetUtcNow();
        return new()
        {
            Approvals = { rows.Select(row => OrganisationsWire.Approval(organisation, ApprovalRules.Read(row), now)) },
            NextPageToken = next,
        };
    }

    private static V1.Membership Membership(StoredRow row) => new()
    {
        Organisation = $"{OrganisationsWire.Collection}/{row.Key[1]}",
        DisplayName = (string)row.Values[0]!,
        Roles = { OrganisationsWire.Roles(Roles(row)) },
        Invited = (long)row.Values[2]! == 1,
        Since = Wire.Time(At(row)),
    };

    private static V1.ListedMember Member(StoredRow row) => new()
    {
        Member = OrganisationsWire.Member(new Member((string)row.Key[0], Roles(row), At(row))),
        Invited = (long)row.Values[2]! == 1,
    };

    private static OrganisationRoles Roles(StoredRow row) => (OrganisationRoles)(long)row.Values[1]!;

    private static DateTimeOffset At(StoredRow row) => DateTimeOffset.FromUnixTimeMilliseconds((long)row.Values[3]!);
}
