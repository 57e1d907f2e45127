using System.Globalization;
using Braintrust.Escrow;
using Orleans.Concurrency;

namespace Braintrust.Disputes;

/// <summary>
/// What the courts of a chain say of one address: pools, locked seats, credits. Open to everybody. Key:
/// <see cref="ArbiterKey"/>.
/// </summary>
[Alias("disputes.IArbiterGrain")]
public interface IArbiterGrain : IGrainWithStringKey
{
    /// <summary>Empty for an address that no court ever named.</summary>
    [Alias("Read"), AlwaysInterleave]
    Task<ArbiterView> Read();

    /// <summary>
    /// Builds and simulates a transaction for the address to sign. Refused with the rule's reason when the court would refuse
    /// it at the chain's present time, ChainMismatch for a court that is not followed, NotAParty, SimulationReverted,
    /// InsufficientFunds, ChainHalted.
    /// </summary>
    [Alias("Prepare"), AlwaysInterleave]
    Task<Outcome<PreparedMove>> Prepare(Caller caller, ArbiterRequest request);

    /// <summary>The present view, then every newer one, conflated.</summary>
    /// <exception cref="EnumerationAbortedException">It ended while nobody was reading: reopen.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<ArbiterView> Watch(CancellationToken ct = default);

    /// <summary>The ledger has entries up to <paramref name="pos"/> that may concern this address: read them.</summary>
    [Alias("Look"), AlwaysInterleave]
    Task Look(long pos);
}

/// <summary><c>{chain id}-{address}</c>, with the checksum of EIP-55.</summary>
public static class ArbiterKey
{
    public static string Of(ulong chain, Address account) => string.Create(CultureInfo.InvariantCulture, $"{chain}-{account}");

    /// <exception cref="FormatException">Not such a key.</exception>
    public static (ulong Chain, Address Account) Parse(string key) =>
        key.Split('-') is [var digits, var account]
        && ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var chain)
        && Address.TryParse(account, out var address) && Of(chain, address) == key
            ? (chain, address)
            : throw new FormatException($"'{key}' is no key of the form <chain id>-<address>.");
}
