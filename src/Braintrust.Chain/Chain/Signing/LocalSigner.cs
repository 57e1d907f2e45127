using Org.BouncyCastle.Math;

namespace Braintrust.Chain;

/// <summary>
/// Signs with a key in this process's memory, in time that depends on the key: for development, tests and small
/// operators. A key that guards more belongs behind another <see cref="IEvmSigner"/> (keystore, KMS).
/// </summary>
public sealed class LocalSigner : IEvmSigner
{
    private readonly BigInteger _key;

    /// <param name="privateKey">32 bytes, big-endian.</param>
    /// <param name="chainId">The chain this signer is used on.</param>
    /// <exception cref="ArgumentException">
    /// No key of the curve, or one of <see cref="DevelopmentKeys"/> on a chain id other than 31337: everybody knows those.
    /// </exception>
    public LocalSigner(ReadOnlySpan<byte> privateKey, ulong chainId)
    {
        if (privateKey.Length != 32) throw new ArgumentException($"A private key has 32 bytes, not {privateKey.Length}.");
        _key = new BigInteger(1, privateKey.ToArray());
        if (!Secp256k1.IsPrivateKey(_key)) throw new ArgumentException("The private key is out of the curve's range.");
        Address = Secp256k1.AddressOf(_key);
        if (chainId != DevelopmentKeys.ChainId && DevelopmentKeys.Owns(Address))
            throw new ArgumentException($"The key of {Address} is public; it is refused on chain {chainId}.");
    }

    public Address Address { get; }

    /// <param name="privateKey">0x and 64 hexadecimal digits.</param>
    /// <exception cref="ArgumentException">Malformed (the message never repeats it), or as the constructor says.</exception>
    public static LocalSigner FromHex(string privateKey, ulong chainId) =>
        Hash32.TryParse(privateKey, out var key)
            ? new LocalSigner(key.ToBytes(), chainId)
            : throw new ArgumentException("A private key is 0x and 64 hexadecimal digits.");

    public ValueTask<byte[]> Sign(Hash32 digest, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return new ValueTask<byte[]>(Secp256k1.Sign(_key, digest));
    }

    /// <summary>The address only.</summary>
    public override string ToString() => Address.ToString();
}
