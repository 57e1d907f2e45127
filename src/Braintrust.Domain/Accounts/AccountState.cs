using System.Collections.Immutable;
using Orleans;

namespace Braintrust.Accounts;

/// <summary>A person. The account id lasts; wallets come and go.</summary>
[GenerateSerializer, Immutable, Alias("accounts.AccountState")]
public sealed record AccountState
{
    public const int WalletsMax = 16;

    /// <summary>Grows by one a change; 0 means the account does not exist.</summary>
    [Id(0)] public long Version { get; init; }

    /// <summary>Wallets that may act for the account, in the order they were linked; never empty once opened.</summary>
    [Id(1)] public ImmutableArray<Address> Wallets { get; init; } = [];
    [Id(2)] public DateTimeOffset OpenedAt { get; init; }
}
