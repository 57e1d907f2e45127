using System.Globalization;
using System.Numerics;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Braintrust;

/// <summary>
/// Reads request fields strictly. Whatever is not exactly right is refused as INVALID_ARGUMENT with the path of the
/// field.
/// </summary>
public static class Wire
{
    /// <summary>Digits of 2^256 - 1.</summary>
    private const int WordDigitsMax = 78;

    /// <summary>Longest text echoed in no answer and looked at by no parser.</summary>
    public const int TextLengthMax = 128;

    public static Grpc.Core.RpcException Bad(string field, string message) =>
        new Refusal(RefusalCode.InvalidArgument, message, field).ToRpc();

    public static Address Address(string text, string field) =>
        Braintrust.Address.TryParse(text, out var address)
            ? address
            : throw Bad(field, "An address is 0x and 40 hexadecimal digits with a right EIP-55 checksum.");

    public static Address Address(string text, string field, Address whenEmpty) =>
        text.Length == 0 ? whenEmpty : Address(text, field);

    public static Amount Amount(string text, string field) =>
        Braintrust.Amount.TryParse(text, out var amount)
            ? amount
            : throw Bad(field, "A sum is decimal base units: digits only, no sign, no leading zero, below 2^128.");

    /// <summary>A decimal number below 2^256.</summary>
    public static BigInteger Word(string text, string field)
    {
        var shaped = text.Length is > 0 and <= WordDigitsMax && !text.AsSpan().ContainsAnyExceptInRange('0', '9')
            && (text.Length == 1 || text[0] != '0');
        if (shaped)
        {
            var value = BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
            if (value.GetBitLength() <= 256) return value;
        }

        throw Bad(field, "A number is decimal digits only, no sign, no leading zero, below 2^256.");
    }

    public static Hash32 Hash(string text, string field) =>
        Hash32.TryParse(text, out var hash) ? hash : throw Bad(field, "A hash is 0x and 64 hexadecimal digits.");

    public static Hash32 Hash(string text, string field, Hash32 whenEmpty) =>
        text.Length == 0 ? whenEmpty : Hash(text, field);

    public static ReadOnlyMemory<byte> Bytes(ByteString bytes, string field, int min, int max) =>
        bytes.Length >= min && bytes.Length <= max
            ? bytes.Memory
            : throw Bad(field, $"Between {min} and {max} bytes, not {bytes.Length}.");

    public static int Count(uint value, string field, int min, int max) =>
        value >= min && value <= max ? (int)value : throw Bad(field, $"Between {min} and {max}, not {value}.");

    public static TEnum Enum<TEnum>(System.Enum wire, string field) where TEnum : struct, System.Enum
    {
        var number = Convert.ToInt32(wire, CultureInfo.InvariantCulture);
        return number != 0 && System.Enum.IsDefined(typeof(TEnum), number)
            ? (TEnum)System.Enum.ToObject(typeof(TEnum), number)
            : throw Bad(field, "Name one of the enum's values.");
    }

    /// <summary>The mutation's identity: the id as sent, and a hash over everything else, the kind of request included.</summary>
    public static RequestKey Request<T>(T request, string requestId) where T : IMessage<T>
    {
        if (requestId.Length != 36 || !Guid.TryParseExact(requestId, "D", out var id) || id == Guid.Empty)
            throw Bad("request_id", "A UUID of 32 hexadecimal digits in five groups, not nil.");
        var body = request.Clone();
        body.Descriptor.FindFieldByName("request_id").Accessor.Clear(body);
        var kind = System.Text.Encoding.ASCII.GetBytes(body.Descriptor.FullName);
        return new RequestKey(id, Hash32.Keccak([.. kind, 0, .. body.ToByteArray()]));
    }

    /// <summary>The chain and hash of a name such as <c>agreements/1-0x…</c>, in the one spelling we write.</summary>
    public static (ulong Chain, Hash32 Hash) ChainName(string name, string collection, string field)
    {
        var prefix = collection + "/";
        if (name.Length <= TextLengthMax && name.StartsWith(prefix, StringComparison.Ordinal))
        {
            var rest = name.AsSpan(prefix.Length);
            var dash = rest.IndexOf('-');
            if (dash > 0 && TryNumber(rest[..dash], out var chain) && Hash32.TryParse(rest[(dash + 1)..], out var hash)
                && rest[(dash + 1)..].SequenceEqual(hash.ToString()))
                return (chain, hash);
        }

        throw Bad(field, $"A name is {collection}/{{chain id}}-{{hash, 0x and 64 lower-case digits}}.");
    }

    /// <summary>The ULID of a name such as <c>accounts/01H…</c>.</summary>
    public static string UlidName(string name, string collection, string field) =>
        name.Length == collection.Length + 1 + Ulids.Length && name.StartsWith(collection, StringComparison.Ordinal)
        && name[collection.Length] == '/' && Ulids.IsUlid(name.AsSpan(collection.Length + 1))
            ? name[(collection.Length + 1)..]
            : throw Bad(field, $"A name is {collection}/{{ULID}}.");

    public static ulong ChainNumber(string name, string field) =>
        name.StartsWith("chains/", StringComparison.Ordinal) && TryNumber(name.AsSpan("chains/".Length), out var chain)
            ? chain
            : throw Bad(field, "A name is chains/{chain id}.");

    /// <summary>Key of the grain behind a chain name.</summary>
    public static string Key(ulong chain, Hash32 hash) => string.Create(CultureInfo.InvariantCulture, $"{chain}-{hash}");

    public static string Etag(ViewVersion version) =>
        string.Create(CultureInfo.InvariantCulture, $"{version.State}-{version.Pos}");

    /// <summary>The state's version in an etag that the caller read, or null for an empty one: then anything is replaced.</summary>
    public static long? ExpectedState(string etag, string field)
    {
        if (etag.Length == 0) return null;
        var dash = etag.IndexOf('-');
        return dash > 0 && long.TryParse(etag.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : throw new Refusal(RefusalCode.EtagMismatch, "Not an etag of this resource: read it again.", field).ToRpc();
    }

    public static Timestamp Time(DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);

    /// <summary>A block's time, which a chain may set beyond every calendar: then the calendar's end.</summary>
    public static Timestamp BlockTime(long milliseconds) =>
        Time(DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(milliseconds, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())));

    private static bool TryNumber(ReadOnlySpan<char> digits, out ulong number)
    {
        number = 0;
        return digits.Length is > 0 and <= 20 && digits[0] != '0'
            && ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
