using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Braintrust.Chain;

/// <summary>A transaction that can be broadcast.</summary>
/// <param name="From">Who signed it.</param>
/// <param name="Hash">Names it on the chain.</param>
/// <param name="Raw">The bytes for <see cref="IEvmChain.SendRaw"/>.</param>
public sealed record SignedTransaction(Eip1559Transaction Transaction, Address From, Hash32 Hash, ReadOnlyMemory<byte> Raw)
{
    /// <summary>Longer transactions are refused; nodes relay at most 128 KiB.</summary>
    public const int RawBytesMax = 128 * 1024;

    /// <summary>Reads a raw transaction of type 2 and finds who signed it.</summary>
    /// <returns>False for any other type, a malformed or oversized one, and a signature that recovers to nothing.</returns>
    public static bool TryDecode(
        ReadOnlySpan<byte> raw, ISignatureRecovery recovery, [MaybeNullWhen(false)] out SignedTransaction signed)
    {
        signed = null;
        if (raw.Length is 0 or > RawBytesMax || raw[0] != Eip1559Transaction.Type) return false;
        var outer = new RlpReader(raw[1..]);
        var fields = outer.List();
        var transaction = ReadFields(ref fields);
        var signature = ReadSignature(ref fields);
        if (outer.Failed || !outer.AtEnd || fields.Failed || !fields.AtEnd) return false;
        if (recovery.Recover(transaction.SigningHash, signature) is not { } from) return false;
        signed = transaction.Signed(from, signature);
        return true;
    }

    private static Eip1559Transaction ReadFields(ref RlpReader fields)
    {
        var (chainId, nonce) = ((ulong)fields.Integer(8), (ulong)fields.Integer(8));
        var (tip, cap) = (fields.Integer(32), fields.Integer(32));
        var gas = (ulong)fields.Integer(8);
        var to = ReadAddress(ref fields, optional: true);
        var (value, data) = (fields.Integer(32), fields.Bytes().ToArray());
        return new Eip1559Transaction(chainId, nonce, tip, cap, gas, to, value, data) { AccessList = ReadAccessList(ref fields) };
    }

    private static Address? ReadAddress(ref RlpReader from, bool optional)
    {
        var bytes = from.Bytes();
        if (bytes.IsEmpty && optional) return null;
        if (bytes.Length == Address.Length) return new Address(bytes);
        from.Fail();
        return null;
    }

    private static ImmutableArray<AccessListEntry> ReadAccessList(ref RlpReader fields)
    {
        var list = fields.List();
        var entries = ImmutableArray.CreateBuilder<AccessListEntry>();
        while (!list.Failed && !list.AtEnd)
        {
            var entry = list.List();
            var address = ReadAddress(ref entry, optional: false);
            var slots = ReadSlots(ref entry);
            if (entry.Failed || !entry.AtEnd) list.Fail();
            entries.Add(new AccessListEntry(address ?? default, slots));
        }

        if (list.Failed) fields.Fail();
        return entries.ToImmutable();
    }

    private static ImmutableArray<Hash32> ReadSlots(ref RlpReader entry)
    {
        var list = entry.List();
        var slots = ImmutableArray.CreateBuilder<Hash32>();
        while (!list.Failed && !list.AtEnd)
        {
            var slot = list.Bytes();
            if (slot.Length == Hash32.Length) slots.Add(new Hash32(slot));
            else list.Fail();
        }

        if (list.Failed) entry.Fail();
        return slots.ToImmutable();
    }

    private static byte[] ReadSignature(ref RlpReader fields)
    {
        var parity = fields.Integer(1);
        var (r, s) = (fields.Integer(32), fields.Integer(32));
        if (parity > 1) fields.Fail();
        var writer = new AbiWriter();
        writer.UInt256(writer.Reserve(32), r, 256);
        writer.UInt256(writer.Reserve(32), s, 256);
        return [.. writer.ToArray(), parity.IsOne ? (byte)1 : (byte)0];
    }
}
