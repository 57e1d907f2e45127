namespace Braintrust;

/// <summary>Names of those who can be an employer: a person (accounts/{ulid}) or an organisation (organisations/{ulid}).</summary>
public static class Party
{
    private const string Accounts = "accounts/";
    private const string Organisations = "organisations/";

    public static string OfAccount(string accountId) => Accounts + accountId;

    /// <summary>The account's id, or null when the party is no person.</summary>
    public static string? Account(string party) => Id(party, Accounts);

    /// <summary>The organisation's id, or null when the party is no organisation.</summary>
    public static string? Organisation(string party) => Id(party, Organisations);

    private static string? Id(string party, string collection) =>
        party.StartsWith(collection, StringComparison.Ordinal) && Ulids.IsUlid(party.AsSpan(collection.Length))
            ? party[collection.Length..]
            : null;
}
