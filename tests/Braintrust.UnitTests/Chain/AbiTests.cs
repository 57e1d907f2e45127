using System.Numerics;
using System.Text;
using Braintrust.Chain.Contracts;
using Xunit.Abstractions;

namespace Braintrust.Chain;

/// <summary>The ABI codec, against the specification's own examples and against hostile bytes.</summary>
public sealed class AbiTests(ITestOutputHelper output)
{
    /// <summary>Solidity documentation, "Contract ABI Specification", Examples.</summary>
    [Theory]
    [InlineData("baz(uint32,bool)", "0xcdcd77c0", "45,01")]
    [InlineData("sam(bytes,bool,uint256[])", "0xa5643bf2",
        "60,01,a0,04,6461766500000000000000000000000000000000000000000000000000000000,03,01,02,03")]
    [InlineData("f(uint256,uint32[],bytes10,bytes)", "0x8be65246",
        "0123,80,3132333435363738393000000000000000000000000000000000000000000000,e0,02,0456,0789,0d,48656c6c6f2c20776f726c642100000000000000000000000000000000000000")]
    [InlineData("g(uint256[][],string[])", "0x2289b18c",
        "40,0140,02,40,a0,02,01,02,01,03,03,60,a0,e0,03,6f6e650000000000000000000000000000000000000000000000000000000000,"
        + "03,74776f0000000000000000000000000000000000000000000000000000000000,05,7468726565000000000000000000000000000000000000000000000000000000")]
    public void Calls_are_encoded_as_the_specification_shows(string signature, string selector, string words)
    {
        object[] values = signature[..3] switch
        {
            "baz" => [69, true],
            "sam" => ["dave"u8.ToArray(), true, new[] { 1, 2, 3 }],
            "f(u" => [0x123, new[] { 0x456, 0x789 }, "1234567890"u8.ToArray(), "Hello, world!"u8.ToArray()],
            _ => [new[] { new[] { 1, 2 }, [3] }, new[] { "one", "two", "three" }],
        };
        var expected = selector + string.Concat(words.Split(',').Select(word => word.PadLeft(64, '0')));
        Assert.Equal(expected, Hex.Of(AbiCodec.EncodeCall(signature, values)));
    }

    [Theory]
    [InlineData("uint257")]
    [InlineData("uint7")]
    [InlineData("uint08")]
    [InlineData("uint")]
    [InlineData("bytes33")]
    [InlineData("bytes0")]
    [InlineData("uint256[0]")]
    [InlineData("uint256[01]")]
    [InlineData("uint256[-1]")]
    [InlineData("uint256[")]
    [InlineData("(uint256")]
    [InlineData("()")]
    [InlineData("uint256 ")]
    [InlineData("uint256[100000][100000]")]
    [InlineData("")]
    public void What_is_no_type_is_refused(string type) => Assert.Throws<FormatException>(() => AbiType.Parse(type));

    [Fact]
    public void Types_nested_beyond_reason_are_refused()
    {
        Assert.Throws<FormatException>(() => AbiType.Parse(new string('(', 10_000) + "bool" + new string(')', 10_000)));
        Assert.Throws<FormatException>(() => AbiType.Parse("bool" + string.Concat(Enumerable.Repeat("[]", 10_000))));
    }

    [Theory]
    [InlineData("uint8", 256)]
    [InlineData("uint8", -1)]
    [InlineData("int8", 128)]
    [InlineData("int8", -129)]
    public void Values_out_of_range_are_refused(string type, int value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => AbiCodec.Encode([AbiType.Parse(type)], [value]));

    [Fact]
    public void Values_of_another_type_are_refused()
    {
        Assert.Throws<ArgumentException>(() => AbiCodec.Encode([AbiType.Parse("address")], ["0x00"]));
        Assert.Throws<ArgumentException>(() => AbiCodec.Encode([AbiType.Parse("uint8[2]")], [new[] { 1 }]));
        Assert.Throws<ArgumentException>(() => AbiCodec.Encode([AbiType.Parse("uint8")], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => AbiCodec.Encode([AbiType.Parse("bytes4")], [new byte[5]]));
    }

    [Theory]
    [InlineData("uint8", "0000000000000000000000000000000000000000000000000000000000000100")]
    [InlineData("bool", "0000000000000000000000000000000000000000000000000000000000000002")]
    [InlineData("address", "0000000000000000000000010000000000000000000000000000000000000000")]
    [InlineData("int8", "0000000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("bytes4", "0000000001000000000000000000000000000000000000000000000000000000")]
    [InlineData("uint256", "00000000000000000000000000000000000000000000000000000000000001")]
    public void Dirty_padding_and_short_words_are_refused(string type, string word) =>
        Assert.Throws<AbiFormatException>(() => AbiCodec.Decode([AbiType.Parse(type)], Convert.FromHexString(word)));

    [Theory]
    [InlineData("40")]
    [InlineData("1f")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("20,21")]
    [InlineData("20,ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("20,7fffffff")]
    [InlineData("20,01,0000000000000000000000000000000000000000000000000000000000000001")]
    [InlineData("20,01")]
    public void Offsets_lengths_and_tails_out_of_place_are_refused(string words) =>
        Assert.Throws<AbiFormatException>(() => AbiCodec.Decode([AbiType.Parse("bytes")], Words(words)));

    [Fact]
    public void Tails_that_overlap_are_refused_before_they_grow()
    {
        // Each level points sixteen times at the next: 160 words that would decode into 16^9 values.
        var levels = new StringBuilder("20");
        for (var level = 0; level < 9; level++) levels.Append(",10").Append(string.Concat(Enumerable.Repeat(",0200", 16)));
        var type = AbiType.Parse("uint256" + string.Concat(Enumerable.Repeat("[]", 10)));
        Assert.Throws<AbiFormatException>(() => AbiCodec.Decode([type], Words(levels.ToString())));
    }

    [Fact]
    public void Bad_utf8_is_replaced_and_not_refused()
    {
        var bytes = AbiCodec.Encode([AbiType.Parse("bytes")], [new byte[] { 0x61, 0xFF }]);
        Assert.Equal("a\uFFFD", AbiCodec.Decode([AbiType.Parse("string")], bytes)[0]);
    }

    [Fact]
    public void Mutated_bytes_are_decoded_or_refused_and_nothing_else()
    {
        const int Seed = 7_001, Runs = 50_000;
        output.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        AbiType[] types = [AbiType.Parse("(uint8,bytes,(string,int16[])[],bool[2][])"), AbiType.Parse("bytes3"), AbiType.Parse("string[2]")];
        object[] inner = ["x", new[] { -1, 2 }];
        var good = AbiCodec.Encode(types, [new object[] { 1, new byte[40], new object[] { inner, inner }, new[] { new[] { true, false } } }, new byte[3], new[] { "a", "b" }]);
        var refused = 0;
        for (var run = 0; run < Runs; run++)
        {
            var bytes = Mutation.Of(good, random);
            try
            {
                // What decodes is canonical but for bytes that nothing points at.
                Assert.Equal(types.Length, AbiCodec.Decode(types, bytes).Length);
            }
            catch (AbiFormatException)
            {
                refused++;
            }
        }

        Assert.True(refused > Runs / 2);
    }

    [Fact]
    public void Mutated_logs_never_throw_in_generated_decoders()
    {
        const int Seed = 7_002, Runs = 50_000;
        output.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        var funded = new WorkAgreementsContract.AgreementFundedEvent(default, default, default, default, BindingsTests.SomeTerms(), 1, 2);
        var (topics, data) = funded.Encode();
        for (var run = 0; run < Runs; run++)
            if (WorkAgreementsContract.AgreementFundedEvent.TryDecode(topics, Mutation.Of(data, random), out var decoded))
                Assert.False(decoded.Terms.Amounts.IsDefault);
    }

    [Fact]
    public void The_dynamic_codec_and_the_bindings_agree()
    {
        var terms = BindingsTests.SomeTerms();
        AbiType[] types = [AbiType.Parse(
            "(uint256,uint256,bytes32,address,address,address,address,address,uint32,uint16,address,uint16,uint32,uint32,uint8,address,"
            + "uint256,uint32,uint16,uint64,bytes32,uint128[],uint32[])")];
        var values = (object[])AbiCodec.Decode(types, terms.Encode())[0];
        Assert.Equal((BigInteger)7, values[0]);
        Assert.Equal(Hex.Of(terms.Encode()), Hex.Of(AbiCodec.Encode(types, [values])));
    }

    private static byte[] Words(string words) =>
        Convert.FromHexString(string.Concat(words.Split(',').Select(word => word.PadLeft(64, '0'))));
}
