using System.Security.Cryptography;
using System.Text;

namespace Braintrust.Chain;

/// <summary>Keys, signatures and digests against published vectors.</summary>
public sealed class SigningTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    /// <summary>EIP-55, "Test Cases".</summary>
    [Theory]
    [InlineData("0x52908400098527886E0F7030069857D2E4169EE7")]
    [InlineData("0x8617E340B3D01FA5F11F306F4090FD50E238070D")]
    [InlineData("0xde709f2102306220921060314715629080e2fb77")]
    [InlineData("0x27b1fdb04752bbc536007a920d24acb045561c26")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")]
    [InlineData("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")]
    [InlineData("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")]
    public void Addresses_are_written_with_their_checksum(string address)
    {
        Assert.Equal(address, Address.Parse(address.ToLowerInvariant()).ToString());
        Assert.Equal(address, Address.Parse(address).ToString());
    }

    [Fact]
    public void A_wrong_checksum_is_no_address() =>
        Assert.False(Address.TryParse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", out _));

    /// <summary>RFC 6979 on secp256k1 with SHA-256: the vectors of Bitcoin's libraries (for instance Trezor's and haskoin's).</summary>
    [Theory]
    [InlineData("1", "Satoshi Nakamoto",
        "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d82442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5")]
    [InlineData("1", "All those moments will be lost in time, like tears in rain. Time to die...",
        "8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21")]
    [InlineData("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140", "Satoshi Nakamoto",
        "fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d06b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5")]
    public async Task Signatures_are_deterministic_with_a_low_s(string key, string message, string signature)
    {
        var signer = LocalSigner.FromHex("0x" + key.PadLeft(64, '0'), 1);
        var signed = await signer.Sign(new Hash32(SHA256.HashData(Encoding.ASCII.GetBytes(message))), Ct);
        Assert.Equal(signature, Convert.ToHexStringLower(signed)[..128]);
    }

    [Fact]
    public async Task The_signer_is_found_again_for_many_keys_and_messages()
    {
        for (var i = 1; i <= 50; i++)
        {
            var digest = Hash32.Keccak(BitConverter.GetBytes(i));
            var signer = new LocalSigner(Hash32.Keccak([(byte)i]).ToBytes(), 1);
            var signature = await signer.Sign(digest, Ct);
            Assert.Equal(signer.Address, SignatureRecovery.Instance.Recover(digest, signature));
            signature[64] -= 27;
            Assert.Equal(signer.Address, SignatureRecovery.Instance.Recover(digest, signature));
            signature[64] ^= 1;
            Assert.NotEqual(signer.Address, SignatureRecovery.Instance.Recover(digest, signature));
        }
    }

    [Fact]
    public async Task A_high_s_a_zero_an_unknown_v_and_a_wrong_length_recover_to_nothing()
    {
        var digest = Hash32.Keccak([1]);
        var good = await DevelopmentKeys.Signer(0).Sign(digest, Ct);
        Assert.Null(SignatureRecovery.Instance.Recover(digest, HighS(good)));
        Assert.Null(SignatureRecovery.Instance.Recover(digest, new byte[65]));
        Assert.Null(SignatureRecovery.Instance.Recover(digest, [.. good[..64], 29]));
        Assert.Null(SignatureRecovery.Instance.Recover(digest, good.AsSpan(0, 64)));
        Assert.Null(SignatureRecovery.Instance.Recover(digest, [.. Enumerable.Repeat((byte)0xFF, 64), 27]));
    }

    /// <summary>The documentation of ethers (hashMessage) and of web3.js (accounts.sign).</summary>
    [Fact]
    public async Task Personal_messages_are_hashed_and_signed_as_wallets_do()
    {
        Assert.Equal(
            "0xa1de988600a42c4b4ab089b619297c17d53cffae5d5120d82d8a92d0bb3b78f2", PersonalMessage.Hash("Hello World").ToString());
        var digest = PersonalMessage.Hash("Some data");
        Assert.Equal("0x1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655", digest.ToString());
        var signer = LocalSigner.FromHex("0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318", 1);
        Assert.Equal(
            "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c",
            Hex.Of(await signer.Sign(digest, Ct)));
    }

    [Fact]
    public void Development_keys_are_the_well_known_accounts_and_sign_for_no_other_chain()
    {
        Assert.Equal("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", DevelopmentKeys.Address(0).ToString());
        Assert.Equal("0x8626f6940E2eb28930eFb4CeF49B2d1F2C9C1199", DevelopmentKeys.Address(19).ToString());
        foreach (var key in DevelopmentKeys.PrivateKeys) Assert.Throws<ArgumentException>(() => LocalSigner.FromHex(key, 1));
    }

    [Theory]
    [InlineData("0x0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")]
    [InlineData("secret")]
    public void A_key_out_of_range_is_refused_without_repeating_it(string key)
    {
        var refused = Assert.Throws<ArgumentException>(() => LocalSigner.FromHex(key, 1));
        Assert.DoesNotContain(key, refused.Message);
    }

    private static byte[] HighS(byte[] signature)
    {
        var order = System.Numerics.BigInteger.Parse(
            "00fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", System.Globalization.NumberStyles.HexNumber);
        var s = order - new System.Numerics.BigInteger(signature.AsSpan(32, 32), isUnsigned: true, isBigEndian: true);
        var writer = new AbiWriter();
        writer.UInt256(writer.Reserve(32), s, 256);
        return [.. signature[..32], .. writer.ToArray(), (byte)(55 - signature[64])];
    }
}
