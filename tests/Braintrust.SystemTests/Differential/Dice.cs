using System.Numerics;
using System.Text;

namespace Braintrust.Differential;

/// <summary>
/// The numbers of one case, out of seed, kind and index alone, so that any case can be thrown again. What sits at an edge
/// comes up more often: zero, one, the most, powers of two and their neighbours, small odd sums.
/// </summary>
internal sealed class Dice(int seed, string kind, long index)
{
    private readonly Random _random = new(unchecked(
        seed ^ (int)Hash32.Keccak(Encoding.ASCII.GetBytes($"{kind}/{index}")).Prefix));

    public bool OneIn(int times) => _random.Next(times) == 0;

    /// <summary>From <paramref name="least"/> to <paramref name="most"/>, all alike.</summary>
    public int Even(int least, int most) => _random.Next(least, most + 1);

    public T Of<T>(params IReadOnlyList<T> choices) => choices[_random.Next(choices.Count)];

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    public Address Address() => new(Bytes(Braintrust.Address.Length));

    public Hash32 Hash() => new(Bytes(Hash32.Length));

    /// <summary>From zero on, edges first.</summary>
    public BigInteger Big(BigInteger most)
    {
        var bits = (int)most.GetBitLength();
        var power = BigInteger.One << _random.Next(bits + 1);
        var number = _random.Next(10) switch
        {
            0 => _random.Next(4),
            1 => most - _random.Next(3),
            2 => power + _random.Next(-1, 2),
            3 or 4 => _random.Next(10_000),
            5 => most / 10_000 * _random.Next(10_001) + _random.Next(-1, 2),
            6 => power - new BigInteger(Bytes(4), isUnsigned: true),
            _ => new BigInteger(Bytes(32), isUnsigned: true) >> (256 - _random.Next(1, bits + 1)),
        };
        return BigInteger.Clamp(number, 0, most);
    }

    public UInt128 Sum(UInt128 least, UInt128 most) => least + (UInt128)Big(most - least);

    public ulong Number(ulong least, ulong most) => least + (ulong)Big(most - least);

    public ushort Share(ushort most) => (ushort)Big(most);

    /// <summary>The second itself or one beside it, and at times any other of the range.</summary>
    public ulong Edge(ulong second, ulong least, ulong most) => OneIn(4)
        ? Number(least, most)
        : Math.Clamp((ulong)Math.Max(0, (long)second + _random.Next(-1, 2)), least, most);
}
