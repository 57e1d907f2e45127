namespace Braintrust.Chain;

/// <summary>Decodes a call's answer, or throws <see cref="AbiFormatException"/>.</summary>
public delegate T AbiDecoder<out T>(ReadOnlySpan<byte> answer);

/// <summary>What generated bindings share.</summary>
public static class ContractCalls
{
    /// <summary>eth_call with an ABI-encoded input.</summary>
    /// <exception cref="ChainProtocolException">
    /// The answer is not what the function returns: usually no such contract stands at the address.
    /// </exception>
    public static async ValueTask<T> Read<T>(
        IEvmChain chain, Address contract, byte[] input, BlockId at, AbiDecoder<T> decode, CancellationToken ct)
    {
        var answer = await chain.Call(new CallRequest(null, contract, input), at, ct);
        try
        {
            return decode(answer.Span);
        }
        catch (AbiFormatException wrong)
        {
            throw new ChainProtocolException(
                $"{contract} answered {answer.Length} bytes that do not decode at {at}; is it the right contract?", wrong);
        }
    }
}
