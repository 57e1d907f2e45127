namespace Braintrust.Jobs;

/// <summary>Who acts for an employer, and from which wallets it pays.</summary>
public sealed class Employers
{
    public static Refusal RoleRequired { get; } =
        new(RefusalCode.PermissionDenied, "Only an owner or hiring manager of the organisation can do that.", "job.employer");

    /// <summary>The person itself.</summary>
    public Task<bool> ActsFor(Caller caller, string employer) =>
        Task.FromResult(Party.Account(employer) == caller.AccountId);

    /// <summary>Whether the wallet may be named as the one that pays.</summary>
    public Task<bool> PaysFrom(Caller caller, string employer, Address wallet) =>
        Task.FromResult(caller.Wallets.Contains(wallet));
}
