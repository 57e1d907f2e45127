using System.Runtime.CompilerServices;

namespace Braintrust;

/// <summary>
/// Keccak-256 as Ethereum uses it: Keccak[c=512] with the original 0x01 padding, not FIPS 202 SHA-3.
/// Source: "The Keccak reference", version 3.0.
/// </summary>
/// <remarks>Also compiled into the bindings generator (netstandard2.0), hence arrays and no spans in the core.</remarks>
public static class Keccak256
{
    private const int RateBytes = 136;

    private static readonly ulong[] RoundConstants =
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
        0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
        0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
        0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    /// <summary>The 32-byte digest of <paramref name="data"/>.</summary>
    public static byte[] Hash(byte[] data)
    {
        var state = new ulong[25];
        var at = 0;
        for (; data.Length - at >= RateBytes; at += RateBytes)
        {
            Absorb(state, data, at);
            Permute(state);
        }

        var last = new byte[RateBytes];
        System.Array.Copy(data, at, last, 0, data.Length - at);
        last[data.Length - at] = 0x01;
        last[RateBytes - 1] |= 0x80;
        Absorb(state, last, 0);
        Permute(state);

        var digest = new byte[32];
        for (var i = 0; i < 32; i++) digest[i] = (byte)(state[i / 8] >> (8 * (i % 8)));
        return digest;
    }

    private static void Absorb(ulong[] state, byte[] block, int at)
    {
        for (var lane = 0; lane < RateBytes / 8; lane++)
        {
            ulong word = 0;
            for (var i = 7; i >= 0; i--) word = (word << 8) | block[at + lane * 8 + i];
            state[lane] ^= word;
        }
    }

    /// <remarks>
    /// Unrolled by rows of the rotated state, because every log of a followed chain is hashed several times: the loops
    /// of the reference, with their tables and remainders, take five times as long.
    /// </remarks>
    private static void Permute(ulong[] state)
    {
        var (from, to) = (state, new ulong[25]);
        foreach (var constant in RoundConstants)
        {
            Round(from, to);
            to[0] ^= constant;
            (from, to) = (to, from);
        }
    }

    private static void Round(ulong[] a, ulong[] to)
    {
        // theta
        var c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
        var c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
        var c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
        var c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
        var c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
        var d0 = c4 ^ Rotate(c1, 1);
        var d1 = c0 ^ Rotate(c2, 1);
        var d2 = c1 ^ Rotate(c3, 1);
        var d3 = c2 ^ Rotate(c4, 1);
        var d4 = c3 ^ Rotate(c0, 1);

        // rho and pi choose and turn the lanes of a row, chi mixes them
        Chi(to, 0, a[0] ^ d0, Rotate(a[6] ^ d1, 44), Rotate(a[12] ^ d2, 43), Rotate(a[18] ^ d3, 21), Rotate(a[24] ^ d4, 14));
        Chi(to, 5, Rotate(a[3] ^ d3, 28), Rotate(a[9] ^ d4, 20), Rotate(a[10] ^ d0, 3), Rotate(a[16] ^ d1, 45), Rotate(a[22] ^ d2, 61));
        Chi(to, 10, Rotate(a[1] ^ d1, 1), Rotate(a[7] ^ d2, 6), Rotate(a[13] ^ d3, 25), Rotate(a[19] ^ d4, 8), Rotate(a[20] ^ d0, 18));
        Chi(to, 15, Rotate(a[4] ^ d4, 27), Rotate(a[5] ^ d0, 36), Rotate(a[11] ^ d1, 10), Rotate(a[17] ^ d2, 15), Rotate(a[23] ^ d3, 56));
        Chi(to, 20, Rotate(a[2] ^ d2, 62), Rotate(a[8] ^ d3, 55), Rotate(a[14] ^ d4, 39), Rotate(a[15] ^ d0, 41), Rotate(a[21] ^ d1, 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Chi(ulong[] to, int at, ulong b0, ulong b1, ulong b2, ulong b3, ulong b4)
    {
        to[at + 4] = b4 ^ (~b0 & b1);
        to[at] = b0 ^ (~b1 & b2);
        to[at + 1] = b1 ^ (~b2 & b3);
        to[at + 2] = b2 ^ (~b3 & b4);
        to[at + 3] = b3 ^ (~b4 & b0);
    }

    private static ulong Rotate(ulong value, int count) => (value << count) | (value >> (64 - count));
}
