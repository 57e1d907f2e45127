using Orleans.Concurrency;

namespace Braintrust.Chain;

/// <summary>Follows one transaction. Key: <c>{chain id}-{transaction hash, 0x and 64 lower-case digits}</c>.</summary>
[Alias("chain.IOperationGrain")]
public interface IOperationGrain : IGrainWithStringKey
{
    /// <summary>
    /// Stores the signed bytes, then broadcasts them. Refused: ChainMismatch, SignatureInvalid, NotAParty (the sender is
    /// not one of the caller's wallets), TransactionRejected. The same bytes again answer the same operation, and are
    /// broadcast again when the chain lost them.
    /// </summary>
    [Alias("Submit")]
    Task<Outcome<OperationState>> Submit(Caller caller, RequestKey request, byte[] raw);

    /// <summary>Follows a transaction that the wallet broadcast itself. Refused: NotAParty.</summary>
    [Alias("Follow")]
    Task<Outcome<OperationState>> Follow(Caller caller, RequestKey request, Address sender, ulong nonce);

    /// <summary>
    /// Follows a transaction that this deployment signed and sent for an account. Refused: NotAParty (it is followed for
    /// another one).
    /// </summary>
    [Alias("Adopt")]
    Task<Outcome<OperationState>> Adopt(string accountId, Address sender, ulong nonce);

    /// <summary>The deployment sent the same call again, with its nonce and a higher fee.</summary>
    [Alias("Supersede")]
    Task Supersede(Hash32 by);

    /// <summary>Refused: NotFound, NotAParty.</summary>
    [Alias("Read"), AlwaysInterleave]
    Task<Outcome<OperationState>> Read(Caller caller);

    /// <summary>The present state, then every newer one, conflated. Ends when the grain deactivates: reopen.</summary>
    /// <exception cref="EnumerationAbortedException">It ended while nobody was reading: reopen.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<OperationState> Watch(CancellationToken ct = default);

    /// <summary>The chain's cursor moved: look where the transaction is now.</summary>
    [Alias("Look"), AlwaysInterleave]
    Task Look(ChainCursor cursor);
}
