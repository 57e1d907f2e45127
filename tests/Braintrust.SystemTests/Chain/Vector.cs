using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Braintrust.Chain;

/// <summary>One line of a vector script, and what it asks of our code.</summary>
internal sealed class Vector(string line)
{
    private readonly JsonElement _json = JsonDocument.Parse(line).RootElement;

    public string Kind => Text("kind");

    public override string ToString() => line.Length > 2000 ? line[..2000] : line;

    public async Task Check()
    {
        switch (Kind)
        {
            case "checksum": Assert.Equal(Text("address"), Address.Parse(Text("address").ToLowerInvariant()).ToString()); break;
            case "account": Assert.Equal(Address.Parse(Text("address")), Signer().Address); break;
            case "keccak": Assert.Equal(Text("hash"), Hash32.Keccak(Bytes("data")).ToString()); break;
            case "selector": Assert.Equal(Text("selector"), Hex.Of(Hash32.Keccak(Encoding.ASCII.GetBytes(Text("signature"))).ToBytes().AsSpan(0, 4))); break;
            case "rlp": CheckRlp(); break;
            case "abi": CheckAbi(); break;
            case "typedData": await CheckTypedData(); break;
            case "personal": await CheckSigned(PersonalMessage.Hash(Bytes("message"))); break;
            case "transaction": await CheckTransaction(); break;
            case "create": Assert.Equal(Text("address"), ContractAddress.Of(Address.Parse(Text("from")), ulong.Parse(Text("nonce"), CultureInfo.InvariantCulture)).ToString()); break;
            default: Assert.Fail($"No check for {Kind}."); break;
        }
    }

    private void CheckAbi()
    {
        var types = _json.GetProperty("types").EnumerateArray().Select(type => AbiType.Parse(type.GetString()!)).ToArray();
        Assert.Equal(_json.GetProperty("types").EnumerateArray().Select(type => type.GetString()), types.Select(type => type.ToString()));
        var values = types.Zip(_json.GetProperty("values").EnumerateArray(), ValueOf).ToArray();
        Assert.Equal(Text("encoded"), Hex.Of(AbiCodec.Encode(types, values)));
        Assert.Equal(Text("encoded"), Hex.Of(AbiCodec.Encode(types, AbiCodec.Decode(types, Bytes("encoded")))));
    }

    private void CheckRlp()
    {
        Assert.Equal(Text("encoded"), Hex.Of(Encode(_json.GetProperty("decoded"))));
        var reader = new RlpReader(Bytes("encoded"));
        Read(_json.GetProperty("decoded"), ref reader);
        Assert.True(!reader.Failed && reader.AtEnd);
    }

    private static byte[] Encode(JsonElement decoded) => decoded.ValueKind == JsonValueKind.Array
        ? Rlp.List(decoded.EnumerateArray().Select(Encode))
        : Rlp.Bytes(Hex.Bytes(decoded.GetString()!));

    private static void Read(JsonElement expected, ref RlpReader reader)
    {
        if (expected.ValueKind != JsonValueKind.Array)
        {
            Assert.Equal(expected.GetString(), Hex.Of(reader.Bytes()));
            return;
        }

        var list = reader.List();
        foreach (var item in expected.EnumerateArray()) Read(item, ref list);
        Assert.True(!list.Failed && list.AtEnd);
    }

    private async Task CheckTypedData()
    {
        var data = TypedData.Parse(_json.GetProperty("data").GetRawText());
        Assert.Equal(Text("digest"), data.Digest.ToString());
        Assert.Equal(data.Digest, TypedData.Parse(data.ToJson()).Digest);
        if (_json.TryGetProperty("signature", out _)) await CheckSigned(data.Digest);
    }

    private async Task CheckSigned(Hash32 digest)
    {
        Assert.Equal(Text("digest"), digest.ToString());
        var signature = await Signer().Sign(digest, CancellationToken.None);
        Assert.Equal(Text("signature"), Hex.Of(signature));
        Assert.Equal(Address.Parse(Text("address")), SignatureRecovery.Instance.Recover(digest, signature));
    }

    private async Task CheckTransaction()
    {
        var accessList = _json.GetProperty("accessList").EnumerateArray().Select(entry => new AccessListEntry(
            Address.Parse(entry.GetProperty("address").GetString()),
            [.. entry.GetProperty("storageKeys").EnumerateArray().Select(slot => Hash32.Parse(slot.GetString()))]));
        var transaction = new Eip1559Transaction(
            (ulong)Big("chainId"), (ulong)Big("nonce"), Big("tip"), Big("cap"), (ulong)Big("gas"),
            _json.GetProperty("to").GetString() is { } to ? Address.Parse(to) : null, Big("value"), Bytes("data"))
        {
            AccessList = [.. accessList],
        };
        var signed = await transaction.Sign(Signer(), CancellationToken.None);
        Assert.Equal(Text("signed"), Hex.Of(signed.Raw.Span));
        if (_json.TryGetProperty("hash", out var hash)) Assert.Equal(hash.GetString(), signed.Hash.ToString());
        Assert.True(SignedTransaction.TryDecode(Bytes("signed"), SignatureRecovery.Instance, out var read));
        Assert.Equal((signed.Hash, Address.Parse(Text("address"))), (read.Hash, read.From));
    }

    private static object ValueOf(AbiType type, JsonElement json) => type.Kind switch
    {
        AbiKind.UInt or AbiKind.Int => BigInteger.Parse(json.GetString()!, CultureInfo.InvariantCulture),
        AbiKind.Address => Address.Parse(json.GetString()!.ToLowerInvariant()),
        AbiKind.Bool => json.GetBoolean(),
        AbiKind.String => json.GetString()!,
        AbiKind.Bytes or AbiKind.FixedBytes => Hex.Bytes(json.GetString()!),
        AbiKind.Array => json.EnumerateArray().Select(item => ValueOf(type.Element!, item)).ToArray(),
        _ => type.Members.Zip(json.EnumerateArray(), ValueOf).ToArray(),
    };

    private LocalSigner Signer() => LocalSigner.FromHex(Text("key"), 1);

    private string Text(string name) => _json.GetProperty(name).GetString()!;

    private byte[] Bytes(string name) => Hex.Bytes(Text(name));

    private BigInteger Big(string name) => BigInteger.Parse(Text(name), CultureInfo.InvariantCulture);
}
