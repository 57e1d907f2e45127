using System.Numerics;
using Braintrust.Chain.Contracts;

namespace Braintrust.Chain;

/// <summary>The bindings of the committed artifacts, against bytes written by hand from the ABI specification.</summary>
public sealed class BindingsTests
{
    private static readonly Address Alice = Address.Parse("0x00000000000000000000000000000000000000aa");

    [Fact]
    public void A_call_is_its_selector_and_its_words()
    {
        var encoded = BraintrustTokenContract.Transfer.Encode(Alice, 258);
        Assert.Equal(
            "0xa9059cbb"
            + "00000000000000000000000000000000000000000000000000000000000000aa"
            + "0000000000000000000000000000000000000000000000000000000000000102",
            Hex.Of(encoded));
    }

    [Fact]
    public void The_transfer_event_has_the_topic_everybody_knows() =>
        Assert.Equal(
            "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
            BraintrustTokenContract.TransferEvent.Topic.ToString());

    [Fact]
    public void An_event_with_the_full_terms_survives_its_encoding()
    {
        var funded = new WorkAgreementsContract.AgreementFundedEvent(
            Hash32.Keccak([1]), Alice, Alice, Hash32.Keccak([2]), SomeTerms(), 2, BigInteger.Pow(2, 200));
        var (topics, data) = funded.Encode();
        Assert.True(WorkAgreementsContract.AgreementFundedEvent.TryDecode(topics, data, out var decoded));
        Assert.Equal(Hex.Of(data), Hex.Of(decoded.Encode().Data));
        Assert.Equal(topics, decoded.Encode().Topics);
        Assert.Equal([10, UInt128.MaxValue], decoded.Terms.Amounts.AsEnumerable());
    }

    [Fact]
    public void A_tuple_with_arrays_is_encoded_as_the_specification_lays_it_out()
    {
        var words = SomeTerms().Encode().Chunk(32).Select(word => Hex.Of(word)[2..].TrimStart('0')).ToArray();
        Assert.Equal(
            ["20", "7", "", "", "aa", "aa", "aa", "aa", "aa", "3", "5dc", "aa", "6", "3f480", "3f481", "2", "aa", "4", "5", "1388",
                "ff", "", "2e0", "340",
                "2", "a", "ffffffffffffffffffffffffffffffff", "2", "e10", "1c20"],
            words.Select((word, at) => at == 3 ? "" : word));
    }

    [Fact]
    public void An_event_with_arrays_of_tuples_survives_its_encoding()
    {
        var published = new PolicyContract.PolicyPublishedEvent(
            2, new PolicyContract.Parameters(Alice, 1500, 1, 2, 3, 4, 5, Alice),
            [new(Alice, 5, 6), new(Address.Zero, UInt128.MaxValue, 7)], [Alice], [new(ShortText.Word("Treasury"), Alice)]);
        var (topics, data) = published.Encode();
        Assert.True(PolicyContract.PolicyPublishedEvent.TryDecode(topics, data, out var decoded));
        Assert.Equal(Hex.Of(data), Hex.Of(decoded.Encode().Data));
        Assert.Equal(published.Listed.AsEnumerable(), decoded.Listed);
        Assert.Equal("Treasury", ShortText.Read(decoded.Officials[0].Kind));
    }

    [Fact]
    public void An_error_is_told_by_its_selector_and_read_with_its_arguments()
    {
        var data = new WorkAgreementsContract.TooEarlyError(1234).Encode();
        Assert.Equal("TooEarly", WorkAgreementsContract.ErrorName(data));
        Assert.True(WorkAgreementsContract.TooEarlyError.TryDecode(data, out var error));
        Assert.Equal(1234, error.OpensAfter);
        Assert.False(WorkAgreementsContract.TooLateError.TryDecode(data, out _));
        Assert.Null(WorkAgreementsContract.ErrorName([1, 2, 3, 4]));
    }

    [Fact]
    public void A_log_of_another_event_or_a_cut_one_is_refused()
    {
        var (topics, data) = new BraintrustTokenContract.TransferEvent(Alice, Alice, 1).Encode();
        Assert.False(BraintrustTokenContract.ApprovalEvent.TryDecode(topics, data, out _));
        Assert.False(BraintrustTokenContract.TransferEvent.TryDecode(topics, data.AsSpan(1), out _));
        Assert.False(BraintrustTokenContract.TransferEvent.TryDecode(topics.AsSpan(0, 2), data, out _));
        topics[1] = Hash32.Keccak([1]);
        Assert.False(BraintrustTokenContract.TransferEvent.TryDecode(topics, data, out _));
    }

    [Fact]
    public void An_input_is_read_back_with_all_its_arguments()
    {
        var input = WorkAgreementsContract.Fund.Encode(SomeTerms(), [1, 2, 3], 2);
        Assert.True(WorkAgreementsContract.Fund.TryDecodeInput(input, out var terms, out var signature, out var count));
        Assert.Equal([3600u, 7200u], terms.WorkTimes.AsEnumerable());
        Assert.Equal([1, 2, 3], signature);
        Assert.Equal(2, count);
    }

    [Fact]
    public void Deployment_is_the_creation_code_then_the_arguments()
    {
        var data = WorkAgreementsContract.DeployData(Alice);
        Assert.Equal(WorkAgreementsContract.Bytecode, data[..^32]);
        Assert.Equal("aa", Hex.Of(data[^32..])[2..].TrimStart('0'));
    }

    internal static WorkAgreementsContract.Terms SomeTerms() => new(
        7, 0, default, Alice, Alice, Alice, Alice, Alice, 3, 1500, Alice, 6, 259200, 259201, 2, Alice, 4, 5, 5000, 255, default,
        [10, UInt128.MaxValue], [3600, 7200]);
}
