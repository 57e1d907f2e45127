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

    private static readonly int[] Rotations =
        [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];

    private static readonly int[] Lanes =
        [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];

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

    private static void Permute(ulong[] a)
    {
        var c = new ulong[5];
        foreach (var constant in RoundConstants)
        {
            for (var x = 0; x < 5; x++) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
            for (var x = 0; x < 5; x++)
            {
                var d = c[(x + 4) % 5] ^ RotateLeft(c[(x + 1) % 5], 1);
                for (var y = 0; y < 25; y += 5) a[y + x] ^= d;
            }

            var carried = a[1];
            for (var i = 0; i < 24; i++)
            {
                var kept = a[Lanes[i]];
                a[Lanes[i]] = RotateLeft(carried, Rotations[i]);
                carried = kept;
            }

            for (var y = 0; y < 25; y += 5)
            {
                for (var x = 0; x < 5; x++) c[x] = a[y + x];
                for (var x = 0; x < 5; x++) a[y + x] = c[x] ^ (~c[(x + 1) % 5] & c[(x + 2) % 5]);
            }

            a[0] ^= constant;
        }
    }

    private static ulong RotateLeft(ulong value, int count) => (value << count) | (value >> (64 - count));
}
