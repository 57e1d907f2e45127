using Orleans.Concurrency;

namespace Braintrust.Accounts;

/// <summary>A person's account. Key: ULID.</summary>
[Alias("accounts.IAccountGrain")]
public interface IAccountGrain : IGrainWithStringKey
{
    /// <summary>Opens the account with its first wallet. Refused: AddressTaken. The same wallet again changes nothing.</summary>
    [Alias("Open")]
    Task<Outcome<AccountState>> Open(Address wallet);

    /// <summary>Refused: AddressTaken, LimitReached. The service proved that the wallet signed for this account.</summary>
    [Alias("LinkWallet")]
    Task<Outcome<AccountState>> LinkWallet(RequestKey request, Address wallet);

    /// <summary>Refused: NotFound, LastWallet.</summary>
    [Alias("UnlinkWallet")]
    Task<Outcome<AccountState>> UnlinkWallet(RequestKey request, Address wallet);

    /// <summary>Refused: NotFound when it was never opened.</summary>
    [Alias("Read"), AlwaysInterleave]
    Task<Outcome<AccountState>> Read();

    /// <summary>The present state, then every newer one, conflated. Ends when the grain deactivates: reopen.</summary>
    /// <exception cref="EnumerationAbortedException">It ended while nobody was reading: reopen.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<AccountState> Watch(CancellationToken ct = default);
}
