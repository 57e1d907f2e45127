namespace Braintrust.Chain;

/// <summary>
/// The contracts this deployment registered: money facts come from them alone, never from another contract that emits
/// the same event signature.
/// </summary>
public interface IContractRegistry
{
    ValueTask<IReadOnlyList<RegisteredContract>> Read(ulong chain, CancellationToken ct);

    /// <summary>
    /// Adds a contract; the same one again changes nothing. When the chain was read beyond its first block already, blocks
    /// are to be read again for it alone until it has caught up: a <see cref="Backfill"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The address is registered with another kind, block or code.
    /// </exception>
    ValueTask Register(RegisteredContract contract, CancellationToken ct);

    /// <summary>Contracts that were registered late and have not caught up.</summary>
    ValueTask<IReadOnlyList<Backfill>> ReadBackfills(ulong chain, CancellationToken ct);

    /// <summary>
    /// Forgets a chain altogether: contracts, ledger and cursor. Only for a development chain that was lost.
    /// </summary>
    ValueTask Forget(ulong chain, CancellationToken ct);
}

/// <param name="Kind">Name of the contract's artifact, such as "WorkAgreements".</param>
/// <param name="FromBlock">The block it was deployed in: following starts no later.</param>
/// <param name="CodeHash">keccak of its runtime code, checked against the chain at start.</param>
public sealed record RegisteredContract(ulong Chain, Address Address, string Kind, ulong FromBlock, Hash32 CodeHash);

/// <summary>
/// A contract that was registered late. It is read by itself, in the order of its blocks, and with all others only when it
/// has reached the head: what its logs mean depends on those before them.
/// </summary>
/// <param name="Next">The next block to read.</param>
public sealed record Backfill(Address Contract, ulong Next);
