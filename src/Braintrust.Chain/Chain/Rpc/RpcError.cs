namespace Braintrust.Chain;

/// <summary>A JSON-RPC error as the node said it; never leaves this folder.</summary>
internal sealed class RpcErrorException(string method, long code, string message, byte[]? data) : Exception
{
    private static readonly string[] Evm =
    [
        "revert", "out of gas", "invalid opcode", "vm execution error", "evm error", "gas required exceeds",
        "stack underflow", "stack overflow", "invalid jump", "insufficient funds",
    ];

    private static readonly string[] Rejected =
    [
        "nonce too low", "nonce is too low", "nonce too high", "nonce has max value", "underpriced", "insufficient funds",
        "insufficient balance", "intrinsic gas", "exceeds block gas limit", "gas limit", "exceeds the configured cap",
        "invalid sender", "invalid signature", "invalid transaction", "invalid chain", "chain id", "not supported",
        "less than block base fee", "base fee", "fee cap", "higher than max fee", "oversized", "initcode", "rlp",
        "failed to decode", "could not decode", "max fee per gas", "priority fee",
    ];

    private static readonly string[] Known = 
        ["already known", "known transaction", "already imported", "already in pool", "already exists"];

    private static readonly string[] Large =
        ["range", "more than", "too large", "too many", "results", "size exceed", "response size", "limit exceeded"];

    private static readonly string[] Busy = ["rate", "too many request", "throughput", "compute unit", "capacity", "quota"];

    private static readonly string[] Missing =
        ["block not found", "unknown block", "header not found", "header for hash not found", "not available yet"];

    private string Text { get; } = $"{method}: {(message.Length > 300 ? message[..300] : message)} ({code})";

    public override string Message => Text;

    /// <summary>The block asked for is not there (yet, or any more).</summary>
    public bool IsMissingBlock => code is -39001 || Says(Missing);

    /// <summary>The transaction is in the node's pool already.</summary>
    public bool IsAlreadyKnown => Says(Known);

    /// <summary>Of an eth_call or eth_estimateGas.</summary>
    public Exception OfExecution() =>
        code == 3 || data is not null || (!IsMissingBlock && Says(Evm)) ? new EvmRevertException(Text, data) : OfRead();

    /// <summary>Of an eth_sendRawTransaction.</summary>
    public Exception OfSending() =>
        code is -32003 or -32602 || (code is not -32603 and not -32005 && Says(Rejected))
            ? new TransactionRejectedException(Text)
            : OfRead();

    /// <summary>Of an eth_getLogs: providers refuse large ranges in words of their own.</summary>
    public Exception OfLogs() =>
        Says(Large) && code != 429 && !Says(Busy)
            ? new ChainUnavailableException(Text) { AnswerTooLarge = true }
            : OfRead();

    /// <summary>Of any other question: codes that say we speak wrongly (JSON-RPC 2.0), or trouble that may pass.</summary>
    public Exception OfRead() =>
        code is -32700 or -32600 or -32601 or -32602 ? new ChainProtocolException(Text) : new ChainUnavailableException(Text);

    private bool Says(string[] words) => words.Any(word => message.Contains(word, StringComparison.OrdinalIgnoreCase));
}
