namespace Braintrust.Chain;

/// <summary>Whether somebody, a person's key or a contract wallet (ERC-1271), consents to a digest.</summary>
public static class ContractSignatures
{
    /// <summary>Longer signatures are refused unread; a wallet of many owners needs about 65 bytes for each.</summary>
    public const int SignatureBytesMax = 8192;

    /// <summary>Gas a wallet may use to look at a signature: a stranger's code runs on our node.</summary>
    public const ulong GasMax = 3_000_000;

    private static readonly AbiType[] Parameters = [AbiType.Parse("bytes32"), AbiType.Parse("bytes")];

    /// <summary>isValidSignature(bytes32,bytes), which is also what a wallet answers to consent.</summary>
    private static readonly byte[] Magic = [0x16, 0x26, 0xBA, 0x7E];

    /// <summary>
    /// Tries key recovery first and asks the signer's contract, at that block, only when that fails: most signers are
    /// keys, and a delegated account (EIP-7702) is both.
    /// </summary>
    /// <exception cref="ChainUnavailableException">The contract could not be asked.</exception>
    public static async ValueTask<bool> IsValid(
        IEvmChain chain, ISignatureRecovery recovery, Address signer, Hash32 digest, ReadOnlyMemory<byte> signature,
        BlockId at, CancellationToken ct)
    {
        if (signature.Length > SignatureBytesMax) return false;
        if (recovery.Recover(digest, signature.Span) == signer) return !signer.IsZero;
        if ((await chain.GetCode(signer, at, ct)).IsEmpty) return false;
        byte[] input = [.. Magic, .. AbiCodec.Encode(Parameters, [digest, signature.ToArray()])];
        try
        {
            var answer = await chain.Call(new CallRequest(null, signer, input, Gas: GasMax), at, ct);
            return answer.Length == 32 && answer.Span.StartsWith(Magic) && !answer.Span[4..].ContainsAnyExcept((byte)0);
        }
        catch (EvmRevertException)
        {
            return false;
        }
    }
}
