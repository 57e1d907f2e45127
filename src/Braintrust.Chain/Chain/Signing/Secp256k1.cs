using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;
using Org.BouncyCastle.Math.EC.Multiplier;

namespace Braintrust.Chain;

/// <summary>ECDSA on secp256k1 (SEC 2) with deterministic nonces (RFC 6979), low s (EIP-2) and key recovery (SEC 1, 4.1.6).</summary>
internal static class Secp256k1
{
    public const int SignatureBytes = 65;

    private static readonly X9ECParameters Curve = CustomNamedCurves.GetByName("secp256k1");
    private static readonly BigInteger Order = Curve.N;
    private static readonly BigInteger HalfOrder = Curve.N.ShiftRight(1);
    private static readonly FixedPointCombMultiplier Generator = new();

    public static bool IsPrivateKey(BigInteger key) => key.SignValue > 0 && key.CompareTo(Order) < 0;

    public static Address AddressOf(BigInteger key) => AddressOf(Generator.Multiply(Curve.G, key).Normalize());

    /// <summary>r, s and v, where v is 27 or 28.</summary>
    public static byte[] Sign(BigInteger key, Hash32 digest)
    {
        var message = digest.ToBytes();
        var nonces = new HMacDsaKCalculator(new Sha256Digest());
        nonces.Init(Order, key, message);
        while (true)
        {
            var k = nonces.NextK();
            // R is at hand here, and with it the recovery id; trying the candidates afterwards costs a recovery each.
            var point = Generator.Multiply(Curve.G, k).Normalize();
            var x = point.AffineXCoord.ToBigInteger();
            var r = x.Mod(Order);
            var s = k.ModInverse(Order).Multiply(new BigInteger(1, message).Add(key.Multiply(r))).Mod(Order);
            // v has room for the parity only: an x beyond the order (one in 2^127) takes the next nonce.
            if (r.SignValue == 0 || s.SignValue == 0 || x.CompareTo(Order) >= 0) continue;
            var odd = point.AffineYCoord.ToBigInteger().TestBit(0);
            var high = s.CompareTo(HalfOrder) > 0;
            return Join(r, high ? Order.Subtract(s) : s, odd != high);
        }
    }

    /// <summary>The signer, or null when there is none: out-of-range or high s, or no point of the curve.</summary>
    public static Address? Recover(Hash32 digest, ReadOnlySpan<byte> signature, bool odd)
    {
        var r = new BigInteger(1, signature[..32].ToArray());
        var s = new BigInteger(1, signature[32..64].ToArray());
        if (!IsPrivateKey(r) || s.SignValue == 0 || s.CompareTo(HalfOrder) > 0) return null;
        if (Lift(r, odd) is not { } point) return null;
        var inverse = r.ModInverse(Order);
        var z = new BigInteger(1, digest.ToBytes());
        var signer = ECAlgorithms.SumOfTwoMultiplies(
            Curve.G, Order.Subtract(z.Mod(Order)).Multiply(inverse).Mod(Order), point, s.Multiply(inverse).Mod(Order)).Normalize();
        return signer.IsInfinity ? null : AddressOf(signer);
    }

    private static ECPoint? Lift(BigInteger x, bool odd)
    {
        var compressed = new byte[33];
        compressed[0] = odd ? (byte)3 : (byte)2;
        Fill(x, compressed.AsSpan(1));
        try
        {
            return Curve.Curve.DecodePoint(compressed);
        }
        catch (ArgumentException)
        {
            // Half of all x have no point; the library has no other way to say so.
            return null;
        }
    }

    private static Address AddressOf(ECPoint point) =>
        new(Keccak256.Hash(point.GetEncoded(compressed: false)[1..]).AsSpan(12));

    private static byte[] Join(BigInteger r, BigInteger s, bool odd)
    {
        var signature = new byte[SignatureBytes];
        Fill(r, signature.AsSpan(0, 32));
        Fill(s, signature.AsSpan(32, 32));
        signature[64] = odd ? (byte)28 : (byte)27;
        return signature;
    }

    private static void Fill(BigInteger value, Span<byte> into)
    {
        var bytes = value.ToByteArrayUnsigned();
        bytes.CopyTo(into[(into.Length - bytes.Length)..]);
    }
}
