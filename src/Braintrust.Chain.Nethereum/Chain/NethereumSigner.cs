using Nethereum.Signer;

namespace Braintrust.Chain;

/// <summary>Signs with Nethereum's key, in this process's memory: what <see cref="LocalSigner"/> does, bit for bit.</summary>
public sealed class NethereumSigner : IEvmSigner
{
    private readonly EthECKey _key;

    /// <param name="privateKey">32 bytes, big-endian.</param>
    /// <param name="chainId">The chain this signer is used on.</param>
    /// <exception cref="ArgumentException">
    /// Not 32 bytes, or one of <see cref="DevelopmentKeys"/> on a chain id other than 31337: everybody knows those.
    /// </exception>
    public NethereumSigner(ReadOnlySpan<byte> privateKey, ulong chainId)
    {
        if (privateKey.Length != 32) throw new ArgumentException($"A private key has 32 bytes, not {privateKey.Length}.");
        _key = new EthECKey(privateKey.ToArray(), true);
        Address = Address.Parse(_key.GetPublicAddress().ToLowerInvariant());
        if (chainId != DevelopmentKeys.ChainId && DevelopmentKeys.Owns(Address))
            throw new ArgumentException($"The key of {Address} is public; it is refused on chain {chainId}.");
    }

    public Address Address { get; }

    public ValueTask<byte[]> Sign(Hash32 digest, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var signed = _key.SignAndCalculateV(digest.ToBytes());
        var signature = new byte[65];
        signed.R.CopyTo(signature, 32 - signed.R.Length);
        signed.S.CopyTo(signature, 64 - signed.S.Length);
        signature[64] = signed.V[^1];
        return new ValueTask<byte[]>(signature);
    }

    /// <summary>The address only.</summary>
    public override string ToString() => Address.ToString();
}
