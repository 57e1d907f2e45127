namespace Braintrust.Chain;

/// <summary>
/// The contracts this deployment registered: money facts come from them alone, never from another contract that emits
/// the same event signature.
/// </summary>
public interface IContractRegistry
{
    ValueTask<IReadOnlyList<RegisteredContract>> Read(ulong chain, CancellationToken ct);

    /// <summary>Adds a contract; the same one again changes nothing.</summary>
    /// <exception cref="InvalidOperationException">
    /// The address is registered with another kind, block or code.
    /// </exception>
    ValueTask Register(RegisteredContract contract, CancellationToken ct);

    /// <summary>
    /// Forgets a chain altogether: contracts, ledger and cursor. Only for a development chain that was lost.
    /// </summary>
    ValueTask Forget(ulong chain, CancellationToken ct);
}

/// <param name="Kind">Name of the contract's artifact, such as "WorkAgreements".</param>
/// <param name="FromBlock">The block it was deployed in: following starts no later.</param>
/// <param name="CodeHash">keccak of its runtime code, checked against the chain at start.</param>
public sealed record RegisteredContract(ulong Chain, Address Address, string Kind, ulong FromBlock, Hash32 CodeHash);
