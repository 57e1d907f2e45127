using Braintrust.Accounts;

namespace Braintrust.Jobs;

/// <summary>Who acts for an employer, and from which wallets it pays.</summary>
public sealed class Employers(IGrainFactory grains)
{
    private const OrganisationRoles Hires = OrganisationRoles.Owner | OrganisationRoles.HiringManager;

    public static Refusal RoleRequired { get; } =
        new(RefusalCode.RoleRequired, "Only an owner or hiring manager of the organisation can do that.", "job.employer");

    /// <summary>The person itself; an organisation's owners and hiring managers.</summary>
    public async Task<bool> ActsFor(Caller caller, string employer) =>
        Party.Account(employer) == caller.AccountId
        || (Party.Organisation(employer) is { } id
            && (await grains.GetGrain<IOrganisationGrain>(id).RoleOf(caller.AccountId) & Hires) != OrganisationRoles.None);

    /// <summary>Whether the wallet may be named as the one that pays: the person's own, or the organisation's payers.</summary>
    public async Task<bool> PaysFrom(Caller caller, string employer, Address wallet)
    {
        if (Party.Organisation(employer) is not { } id) return caller.Wallets.Contains(wallet);
        var outcome = await grains.GetGrain<IOrganisationGrain>(id).Read();
        return outcome.Accepted(out var organisation, out _) && organisation.Payers.Any(payer => payer.Wallet == wallet);
    }
}
