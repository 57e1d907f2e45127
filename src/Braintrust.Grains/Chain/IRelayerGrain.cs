using System.Globalization;
using Orleans.Concurrency;

namespace Braintrust.Chain;

/// <summary>
/// The account of this deployment that sends calls for people who have no coin. Key: <c>{chain id}-{address}</c>. It is
/// trusted with nothing but its own coin: what it sends was signed by its party, or is open to everybody.
/// </summary>
[Alias("chain.IRelayerGrain")]
public interface IRelayerGrain : IGrainWithStringKey
{
    /// <summary>
    /// Writes the transaction with its nonce, then sends it, and follows it as an operation of the account. The same intent again
    /// answers the same operation. Refused: LimitReached, RelayUnavailable (balance, fees, too many wait), WrongState (another
    /// account had what anyone can do sent).
    /// </summary>
    [Alias("Relay")]
    Task<Outcome<OperationState>> Relay(RequestKey request, RelayOrder order);

    /// <summary>The operation of an intent that was taken before. Refused: NotFound; WrongState, another account's.</summary>
    [Alias("Find")]
    Task<Outcome<OperationState>> Find(string accountId, Hash32 intent);

    [Alias("Status"), AlwaysInterleave]
    Task<RelayerStatus> Status();

    /// <summary>Sends again what was lost, unless it just looked; called by every silo's pulse.</summary>
    [Alias("Wake")]
    Task Wake();
}

public static class RelayerKey
{
    public static string Of(ulong chainId, Address address) =>
        string.Create(CultureInfo.InvariantCulture, $"{chainId}-{address}");

    /// <exception cref="FormatException">Not such a key.</exception>
    public static (ulong Chain, Address Address) Parse(string key)
    {
        var dash = key.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && ulong.TryParse(key.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var chain)
            && Address.TryParse(key.AsSpan(dash + 1), out var address)
            ? (chain, address)
            : throw new FormatException($"'{key}' is no key of the form <chain id>-<address>.");
    }
}
