using System.Collections.Immutable;
using System.Numerics;

namespace Braintrust.Chain;

/// <param name="Slots">Storage slots that will be touched (EIP-2930).</param>
public sealed record AccessListEntry(Address Address, ImmutableArray<Hash32> Slots);

/// <summary>A transaction of type 2, unsigned. Source: EIP-1559 and EIP-2718.</summary>
/// <param name="MaxPriorityFeePerGas">Tip, wei per gas.</param>
/// <param name="MaxFeePerGas">Cap of base fee and tip together, wei per gas.</param>
/// <param name="To">Callee; null deploys <paramref name="Data"/>.</param>
/// <param name="Value">Wei sent along.</param>
public sealed record Eip1559Transaction(
    ulong ChainId, ulong Nonce, BigInteger MaxPriorityFeePerGas, BigInteger MaxFeePerGas, ulong GasLimit, Address? To,
    BigInteger Value, ReadOnlyMemory<byte> Data)
{
    internal const byte Type = 0x02;

    public ImmutableArray<AccessListEntry> AccessList { get; init; } = [];

    /// <summary>What the sender signs.</summary>
    public Hash32 SigningHash => Hash32.Keccak([Type, .. Rlp.List(Fields())]);

    /// <exception cref="InvalidOperationException">The signer signed something else: its key is not its address's.</exception>
    public async ValueTask<SignedTransaction> Sign(IEvmSigner signer, CancellationToken ct)
    {
        var signature = await signer.Sign(SigningHash, ct);
        if (SignatureRecovery.Instance.Recover(SigningHash, signature) != signer.Address)
            throw new InvalidOperationException($"The signature is not by {signer.Address}.");
        return Signed(signer.Address, signature);
    }

    internal SignedTransaction Signed(Address from, ReadOnlySpan<byte> signature)
    {
        var (r, s) = (Unsigned(signature[..32]), Unsigned(signature[32..64]));
        var odd = signature[64] is 1 or 28 ? BigInteger.One : BigInteger.Zero;
        byte[] raw = [Type, .. Rlp.List([.. Fields(), Rlp.Integer(odd), Rlp.Integer(r), Rlp.Integer(s)])];
        return new SignedTransaction(this, from, Hash32.Keccak(raw), raw);
    }

    private byte[][] Fields() =>
    [
        Rlp.Integer(ChainId), Rlp.Integer(Nonce), Rlp.Integer(MaxPriorityFeePerGas), Rlp.Integer(MaxFeePerGas),
        Rlp.Integer(GasLimit), Rlp.Bytes(To is { } to ? to.ToBytes() : []), Rlp.Integer(Value), Rlp.Bytes(Data.Span),
        Rlp.List(AccessList.Select(entry => Rlp.List(
            Rlp.Bytes(entry.Address.ToBytes()), Rlp.List(entry.Slots.Select(slot => Rlp.Bytes(slot.ToBytes())))))),
    ];

    private static BigInteger Unsigned(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
