using System.Numerics;
using Xunit.Abstractions;

namespace Braintrust.Chain;

/// <summary>Transactions of type 2: known bytes, and strangers' bytes.</summary>
public sealed class TransactionTests(ITestOutputHelper output)
{
    private static readonly Eip1559Transaction Some = new(31337, 5, 1, 2, 21_000, DevelopmentKeys.Address(1), 7, new byte[] { 1, 2, 3 });

    /// <summary>@ethersproject/testcases 5.8.0, typed-transactions, "eip1559-mask-000000000".</summary>
    [Fact]
    public async Task The_empty_transaction_has_its_published_bytes()
    {
        var signer = LocalSigner.FromHex("0x64f9e72be153b999887f9edb4f1b1ad18de75ae17f858259f161d71ce79cdf61", 0);
        Assert.Equal("0xaf1d958a3dce74fd7497ad1bdaabf1e80e646293", signer.Address.ToString().ToLowerInvariant());
        var signed = await new Eip1559Transaction(0, 0, 0, 0, 0, null, 0, default).Sign(signer, CancellationToken.None);
        Assert.Equal(
            "0x02f84c8080808080808080c001a02aee82ea0af0c26b13f3e0301dac9ff36190993e573d064f31a9cfc760839dc3a02c24527df5343e0c190094f5f1bddd19c0f8d5476459a74ad7cfd83bd500aa82",
            Hex.Of(signed.Raw.Span));
        Assert.True(SignedTransaction.TryDecode(signed.Raw.Span, SignatureRecovery.Instance, out var read));
        Assert.Equal((signer.Address, signed.Hash), (read.From, read.Hash));
    }

    /// <summary>Known deployments by one account: ethereum.stackexchange.com, question 760.</summary>
    [Theory]
    [InlineData(0, "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d")]
    [InlineData(1, "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8")]
    [InlineData(2, "0xf778b86fa74e846c4f0a1fbd1335fe81c00a0c91")]
    [InlineData(3, "0xfffd933a0bc612844eaf0c6fe3e5b8e9b6c1d19c")]
    public void A_deployment_goes_where_sender_and_nonce_say(ulong nonce, string address) =>
        Assert.Equal(Address.Parse(address), ContractAddress.Of(Address.Parse("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"), nonce));

    [Fact]
    public async Task A_decoded_transaction_has_every_field_of_the_signed_one()
    {
        var transaction = Some with { AccessList = [new AccessListEntry(DevelopmentKeys.Address(2), [Hash32.Keccak([1])])] };
        var signed = await transaction.Sign(DevelopmentKeys.Signer(0), CancellationToken.None);
        Assert.True(SignedTransaction.TryDecode(signed.Raw.Span, SignatureRecovery.Instance, out var read));
        Assert.Equal(transaction.SigningHash, read.Transaction.SigningHash);
        Assert.Equal((5UL, 7, DevelopmentKeys.Address(1)), (read.Transaction.Nonce, read.Transaction.Value, read.Transaction.To));
        Assert.Equal([1, 2, 3], read.Transaction.Data.ToArray());
    }

    [Fact]
    public async Task Other_types_trailing_bytes_and_excess_are_refused()
    {
        var raw = (await Some.Sign(DevelopmentKeys.Signer(0), CancellationToken.None)).Raw.ToArray();
        Assert.False(Decodes([0x01, .. raw[1..]]));
        Assert.False(Decodes([.. raw, 0]));
        Assert.False(Decodes(raw[..^1]));
        Assert.False(Decodes([]));
        Assert.False(Decodes(new byte[SignedTransaction.RawBytesMax + 1]));
    }

    [Fact]
    public async Task A_signer_that_signs_with_another_key_is_a_bug_found_at_once() =>
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Some.Sign(new Impostor(), CancellationToken.None));

    [Fact]
    public async Task What_decodes_from_mutated_bytes_encodes_to_the_same_bytes()
    {
        const int Seed = 7_003, Runs = 20_000;
        output.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        var transaction = Some with { AccessList = [new AccessListEntry(DevelopmentKeys.Address(2), [default, Hash32.Keccak([1])])] };
        var good = (await transaction.Sign(DevelopmentKeys.Signer(0), CancellationToken.None)).Raw.ToArray();
        var anybody = new Anybody();
        for (var run = 0; run < Runs; run++)
        {
            var raw = Mutation.Of(good, random);
            if (SignedTransaction.TryDecode(raw, anybody, out var signed)) Assert.Equal(Hex.Of(raw), Hex.Of(signed.Raw.Span));
        }
    }

    [Fact]
    public void Negative_fees_have_no_encoding() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => (Some with { MaxFeePerGas = BigInteger.MinusOne }).SigningHash);

    private static bool Decodes(byte[] raw) => SignedTransaction.TryDecode(raw, SignatureRecovery.Instance, out _);

    private sealed class Impostor : IEvmSigner
    {
        public Address Address => DevelopmentKeys.Address(3);

        public ValueTask<byte[]> Sign(Hash32 digest, CancellationToken ct) => DevelopmentKeys.Signer(0).Sign(digest, ct);
    }

    private sealed class Anybody : ISignatureRecovery
    {
        public Address? Recover(Hash32 digest, ReadOnlySpan<byte> signature) => default(Address);
    }
}
