using System.Numerics;
using System.Text;
using Xunit.Abstractions;

namespace Braintrust.Chain;

public sealed class TypedDataTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, IReadOnlyList<TypedDataField>> MailTypes = new()
    {
        ["Person"] = TypedData.Fields("string name,address wallet"),
        ["Mail"] = TypedData.Fields("Person from,Person to,string contents"),
    };

    /// <summary>EIP-712, the Mail example and its signature by the key keccak("cow").</summary>
    [Fact]
    public async Task The_mail_of_the_standard_has_the_hashes_of_the_standard()
    {
        var mail = Mail();
        Assert.Equal("Mail(Person from,Person to,string contents)Person(string name,address wallet)", mail.EncodeType("Mail"));
        Assert.Equal("0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f", mail.DomainSeparator.ToString());
        Assert.Equal("0xc52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e", mail.StructHash.ToString());
        Assert.Equal("0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2", mail.Digest.ToString());

        var cow = new LocalSigner(Hash32.Keccak("cow"u8).ToBytes(), 1);
        Assert.Equal("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826", cow.Address.ToString());
        Assert.Equal(
            "0x4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b915621c",
            Hex.Of(await cow.Sign(mail.Digest, CancellationToken.None)));
    }

    [Fact]
    public void What_a_wallet_is_given_reads_back_as_the_same_data()
    {
        var mail = Mail();
        var read = TypedData.Parse(mail.ToJson());
        Assert.Equal(mail.Digest, read.Digest);
        Assert.Equal(mail.ToJson(), read.ToJson());
        Assert.Contains("\"chainId\":1,", mail.ToJson());
        Assert.Contains("{\"name\":\"chainId\",\"type\":\"uint256\"}", mail.ToJson());
    }

    [Fact]
    public void Arrays_of_integers_bytes_and_structs_are_signed_and_written_as_strings()
    {
        var types = new Dictionary<string, IReadOnlyList<TypedDataField>>
        {
            ["Part"] = TypedData.Fields("uint128[] amounts,bytes4[2] tags,bool last"),
            ["Whole"] = TypedData.Fields("Part[] parts,int64 shift,bytes32 hash,bytes raw"),
        };
        var part = new Dictionary<string, object>
        {
            ["amounts"] = new[] { UInt128.MaxValue, UInt128.One }, ["tags"] = new[] { new byte[4], [1, 2, 3, 4] }, ["last"] = true,
        };
        var data = new TypedData(types, "Whole", new Dictionary<string, object> { ["name"] = "x" }, new Dictionary<string, object>
        {
            ["parts"] = new[] { part, part }, ["shift"] = -5L, ["hash"] = Hash32.Keccak([1]), ["raw"] = new byte[] { 9 },
        });
        Assert.Equal(data.Digest, TypedData.Parse(data.ToJson()).Digest);
        Assert.Contains("\"340282366920938463463374607431768211455\"", data.ToJson());
        Assert.Contains("\"shift\":\"-5\"", data.ToJson());
    }

    [Theory]
    [InlineData("""{"types":{"Mail":[{"name":"x","type":"Person"}]},"primaryType":"Mail","domain":{},"message":{"x":{}}}""")]
    [InlineData("""{"types":{"Mail":[{"name":"x","type":"uint8"}]},"primaryType":"Mail","domain":{},"message":{"x":256}}""")]
    [InlineData("""{"types":{"Mail":[{"name":"x","type":"uint8"}]},"primaryType":"Mail","domain":{},"message":{}}""")]
    [InlineData("""{"types":{"Mail":[{"name":"x","type":"uint8[2]"}]},"primaryType":"Mail","domain":{},"message":{"x":[1]}}""")]
    [InlineData("""{"types":{"Mail":[{"name":"x","type":"address"}]},"primaryType":"Mail","domain":{},"message":{"x":"0x12"}}""")]
    [InlineData("""{"types":{"Mail":[{"name":"x","type":"uint"}]},"primaryType":"Mail","domain":{},"message":{"x":1}}""")]
    [InlineData("""{"types":{"Mail":[{"name":"x","type":"Mail"}]},"primaryType":"Mail","domain":{},"message":{"x":null}}""")]
    [InlineData("""{"types":{},"primaryType":"Mail","domain":{},"message":{}}""")]
    [InlineData("""{"types":[],"primaryType":"Mail"}""")]
    [InlineData("""{"types":{"Mail":[{"name":"x","type":null}]},"primaryType":"Mail","domain":{},"message":{"x":1}}""")]
    [InlineData("""{"types":{"Mail":[{"name":"x","type":"]"}]},"primaryType":"Mail","domain":{},"message":{"x":[1]}}""")]
    [InlineData("not json")]
    [InlineData("{}")]
    public void Bad_typed_data_is_one_kind_of_error(string json) => Assert.Throws<FormatException>(() => TypedData.Parse(json));

    [Fact]
    public void Mutated_json_is_read_or_refused_and_nothing_else()
    {
        const int Seed = 7_004, Runs = 10_000;
        output.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        var good = Encoding.UTF8.GetBytes(Mail().ToJson());
        for (var run = 0; run < Runs; run++)
        {
            var json = Encoding.UTF8.GetString(Mutation.Of(good, random));
            try
            {
                TypedData.Parse(json);
            }
            catch (FormatException)
            {
                // The one kind of refusal.
            }
        }
    }

    [Fact]
    public void A_field_nobody_declared_is_refused_because_it_would_not_be_signed()
    {
        var extra = new Dictionary<string, object>(Person("Bob", 1)) { ["memo"] = "pay me" };
        Assert.Throws<ArgumentException>(() => new TypedData(MailTypes, "Person", new Dictionary<string, object>(), extra));
    }

    [Fact]
    public void Types_that_name_each_other_in_a_long_chain_are_refused_and_end_no_process()
    {
        const int Types = 6_000;
        var types = string.Concat(Enumerable.Range(0, Types).Select(i => $"\"T{i}\":[{{\"name\":\"n\",\"type\":\"T{i + 1}[]\"}}],"));
        var json = $"{{\"types\":{{{types}\"T{Types}\":[]}},\"primaryType\":\"T0\",\"domain\":{{}},\"message\":{{\"n\":[]}}}}";
        Assert.True(json.Length <= TypedData.JsonCharactersMax);
        Assert.Throws<FormatException>(() => TypedData.Parse(json));
    }

    private static TypedData Mail() => new(
        MailTypes, "Mail",
        TypedData.ContractDomain("Ether Mail", "1", 1, Address.Parse("0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC")),
        new Dictionary<string, object>
        {
            ["from"] = new Dictionary<string, object>
            {
                ["name"] = "Cow", ["wallet"] = Address.Parse("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"),
            },
            ["to"] = new Dictionary<string, object>
            {
                ["name"] = "Bob", ["wallet"] = Address.Parse("0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"),
            },
            ["contents"] = "Hello, Bob!",
        });

    private static Dictionary<string, object> Person(string name, BigInteger wallet)
    {
        var writer = new AbiWriter();
        writer.UInt256(writer.Reserve(32), wallet, 160);
        return new() { ["name"] = name, ["wallet"] = new Address(writer.ToArray().AsSpan(12)) };
    }
}
