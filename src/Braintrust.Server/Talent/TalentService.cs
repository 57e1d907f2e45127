using Braintrust.Accounts;
using Braintrust.Security;
using Grpc.Core;
using V1 = Braintrust.Api.Talent.V1;

namespace Braintrust.Talent;

public sealed class TalentService(Callers callers, ListingReader listings, IGrainFactory grains) : V1.TalentService.TalentServiceBase
{
    private static readonly ListingKind Kind = new(
        "talent_listing",
        [
            new("display_name", "display_name", ListingFieldKind.Text) { Sortable = true },
            new("skills", "skill", ListingFieldKind.Text) { ChildTable = "talent_skill" },
            new("languages", "language", ListingFieldKind.Text) { ChildTable = "talent_language" },
            new("rate_unit", "rate_unit", ListingFieldKind.Text),
            new("rate", "rate", ListingFieldKind.Amount) { Sortable = true },
            new("hours_per_week", "hours_per_week", ListingFieldKind.Number) { Sortable = true },
            new("available_from", "available_from_ms", ListingFieldKind.Time) { Sortable = true },
            new("time_zone", "time_zone", ListingFieldKind.Text),
            new("update_time", "updated_ms", ListingFieldKind.Time) { Sortable = true },
        ],
        [new ListingOrder("updated_ms", Descending: true)]);

    public override async Task<V1.GetProfileResponse> GetProfile(V1.GetProfileRequest request, ServerCallContext context)
    {
        var id = TalentWire.Id(request.Name, "name");
        var (caller, _) = await callers.Account(context);
        var profile = (await grains.GetGrain<ITalentGrain>(id).Read(caller)).OrThrow();
        return new() { Profile = TalentWire.Profile(id, await Owned(id, profile)) };
    }

    public override async Task<V1.UpdateProfileResponse> UpdateProfile(V1.UpdateProfileRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var wanted = request.Profile ?? throw Wire.Bad("profile", "A profile is required.");
        var id = TalentWire.Id(wanted.Name, "profile.name");
        var fields = TalentWire.Fields(request.UpdateMask, wanted);
        var state = TalentWire.State(wanted, fields);
        var expected = Wire.ExpectedState(wanted.Etag, "profile.etag");
        var caller = await callers.Of(context);
        if (caller.AccountId != id)
            throw new Refusal(RefusalCode.NotAParty, "A profile is written by its owner alone.", "profile.name").ToRpc();
        if (!state.Wallets.All(caller.Wallets.Contains)) throw Wire.Bad("profile.wallets", "Show only wallets of your account.");
        var outcome = await grains.GetGrain<ITalentGrain>(id).Update(key, state, fields, expected);
        return new() { Profile = TalentWire.Profile(id, await Owned(id, outcome.OrThrow())) };
    }

    public override async Task<V1.ListTalentsResponse> ListTalents(V1.ListTalentsRequest request, ServerCallContext context)
    {
        var (caller, _) = await callers.Account(context);
        var (rows, next) = await listings.Read(
            Kind, caller, nameof(ListTalents), [],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), context.CancellationToken);
        return new() { Talents = { rows.Select(TalentWire.Summary) }, NextPageToken = next };
    }

    /// <summary>Without wallets that left the account since they were chosen: their reputation is no longer its.</summary>
    private async Task<TalentState> Owned(string id, TalentState profile)
    {
        if (profile.Wallets.IsEmpty) return profile;
        var account = (await grains.GetGrain<IAccountGrain>(id).Read()).OrThrow();
        return profile with { Wallets = [.. profile.Wallets.Intersect(account.Wallets)] };
    }
}
