namespace Braintrust.Chain;

public sealed class ContractSignatureTests
{
    private static readonly Hash32 Digest = Hash32.Keccak([1]);
    private static readonly Address Wallet = DevelopmentKeys.Address(9);
    private readonly ScriptedChain _chain = new();

    [Fact]
    public async Task A_key_is_recognised_without_asking_the_chain()
    {
        _chain.FailNext(1);
        Assert.True(await IsValid(DevelopmentKeys.Address(0), await Signature()));
    }

    [Fact]
    public async Task Another_key_is_refused_where_no_contract_stands() => Assert.False(await IsValid(Wallet, await Signature()));

    [Fact]
    public async Task A_wallet_is_asked_with_digest_and_signature_and_must_answer_the_magic_word()
    {
        byte[] asked = [];
        ReadOnlyMemory<byte> answer = Word("1626ba7e");
        _chain.OnCall(Wallet, (call, block) =>
        {
            asked = call.Data.ToArray();
            return answer;
        });
        Assert.True(await IsValid(Wallet, [1, 2, 3]));
        Assert.Equal(AbiCodec.EncodeCall("isValidSignature(bytes32,bytes)", Digest, new byte[] { 1, 2, 3 }), asked);
        foreach (var wrong in new[] { Word("ffffffff"), Word("1626ba7e")[..4], [], [.. Word("1626ba7e"), 0], [.. Word("1626ba7e")[..31], 1] })
        {
            answer = wrong;
            Assert.False(await IsValid(Wallet, [1, 2, 3]));
        }
    }

    [Fact]
    public async Task A_wallet_that_reverts_says_no_and_an_unreachable_node_says_nothing()
    {
        _chain.OnCall(Wallet, (call, block) => throw new EvmRevertException("no", default));
        Assert.False(await IsValid(Wallet, [1]));
        _chain.FailNext(1);
        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await IsValid(Wallet, [1]));
    }

    [Fact]
    public async Task A_signature_beyond_the_limit_is_refused_unread()
    {
        _chain.OnCall(Wallet, (call, block) => Word("1626ba7e"));
        Assert.False(await IsValid(Wallet, new byte[ContractSignatures.SignatureBytesMax + 1]));
    }

    private ValueTask<bool> IsValid(Address signer, byte[] signature) => ContractSignatures.IsValid(
        _chain, SignatureRecovery.Instance, signer, Digest, signature, BlockId.Latest, CancellationToken.None);

    private static ValueTask<byte[]> Signature() => DevelopmentKeys.Signer(0).Sign(Digest, CancellationToken.None);

    private static byte[] Word(string start) => Convert.FromHexString(start.PadRight(64, '0'));
}
