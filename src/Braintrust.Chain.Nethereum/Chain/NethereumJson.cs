using System.Globalization;
using System.Numerics;
using Nethereum.Hex.HexTypes;
using Nethereum.RPC.Eth.DTOs;

namespace Braintrust.Chain;

/// <summary>Our values to Nethereum's and back, strictly: what cannot be is <see cref="ChainProtocolException"/>.</summary>
internal static class NethereumJson
{
    private const ulong BoundedMax = 1UL << 53;

    public static BlockHeader Header(this BlockWithTransactionHashes block) => new(
        Bounded(block.Number), Hash(block.BlockHash), Hash(block.ParentHash), new BlockTime(Bounded(block.Timestamp)));

    public static TxReceipt Receipt(this TransactionReceipt receipt) => new(
        Hash(receipt.TransactionHash), Bounded(receipt.BlockNumber), Hash(receipt.BlockHash), Number(receipt.Status) == 1,
        Address(receipt.From), AddressOrNull(receipt.To), Bounded(receipt.GasUsed), AddressOrNull(receipt.ContractAddress));

    public static BigInteger Number(HexBigInteger? told) => told?.Value ?? throw Bad("a quantity", null);

    /// <summary>A block number, a time, a nonce or gas: far below 64 bits on any real chain.</summary>
    public static ulong Bounded(HexBigInteger? told) =>
        Number(told) is var value && value >= 0 && value <= BoundedMax ? (ulong)value : throw Bad("a number below 2^53", told);

    public static Hash32 Hash(string? told) => Hash32.TryParse(told, out var hash) ? hash : throw Bad("a hash", told);

    /// <summary>In any case: not every node writes checksums.</summary>
    public static Address Address(string? told) =>
        Braintrust.Address.TryParse(told?.ToLowerInvariant(), out var address) ? address : throw Bad("an address", told);

    public static byte[] Bytes(string? told)
    {
        try
        {
            return Hex.Bytes(told ?? throw Bad("bytes", told));
        }
        catch (FormatException)
        {
            throw Bad("bytes", told);
        }
    }

    /// <summary>The bytes that an error carries in one of the ways nodes have, or null.</summary>
    public static byte[]? RevertData(object? told)
    {
        var digits = told?.ToString()?.Split(' ')[^1] ?? "";
        var bytes = new byte[Math.Max(0, digits.Length / 2 - 1)];
        return Hex.TryParse(digits, bytes) ? bytes : null;
    }

    /// <summary>A tag, a number, or a hash that must be on the canonical chain (EIP-1898).</summary>
    public static object Block(BlockId id) => id switch
    {
        { Number: { } number } => Quantity(number),
        { Hash: { } hash } => new Dictionary<string, object> { ["blockHash"] = hash.ToString(), ["requireCanonical"] = true },
        _ => id.Tag ?? throw new ArgumentException("The block is not named."),
    };

    public static Dictionary<string, object> Call(CallRequest call)
    {
        var json = new Dictionary<string, object> { ["data"] = Hex.Of(call.Data.Span) };
        if (call.From is { } from) json["from"] = from.ToString();
        if (call.To is { } to) json["to"] = to.ToString();
        if (!call.Value.IsZero) json["value"] = Quantity(call.Value);
        if (call.Gas is { } gas) json["gas"] = Quantity(gas);
        return json;
    }

    public static Dictionary<string, object> Filter(LogFilter filter)
    {
        var json = new Dictionary<string, object> { ["address"] = filter.Contracts.Select(contract => contract.ToString()).ToArray() };
        if (filter.BlockHash is { } hash) json["blockHash"] = hash.ToString();
        if (filter.FromBlock is { } from) json["fromBlock"] = Quantity(from);
        if (filter.ToBlock is { } to) json["toBlock"] = Quantity(to);
        return json;
    }

    public static ChainProtocolException Bad(string wanted, object? told) =>
        new($"The node's answer has '{told}' where {wanted} is expected.");

    private static Address? AddressOrNull(string? told) => string.IsNullOrEmpty(told) ? null : Address(told);

    private static string Quantity(BigInteger value)
    {
        var digits = value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
        return digits.Length == 0 ? "0x0" : "0x" + digits;
    }
}
