using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Braintrust.Api.Disputes.V1;
using Org.BouncyCastle.Crypto.Digests;

namespace Braintrust.Api;

/// <summary>
/// Seals an arbiter's vote on the arbiter's own machine: the salt is made here and goes nowhere. Only the commitment is sent;
/// vote and salt are, once the time to seal votes is over.
/// </summary>
public static class VoteSeal
{
    public const int SaltBytes = 32;

    /// <summary>A salt from the system's source of randomness. New for each vote, and kept until the vote was opened.</summary>
    public static byte[] NewSalt() => RandomNumberGenerator.GetBytes(SaltBytes);

    /// <summary>
    /// keccak256(abi.encode(chain id, court, case id, round, arbiter, vote, salt)), 0x and 64 digits: what PanelCourt opens.
    /// </summary>
    /// <param name="talentBps">The vote: the talent's share in basis points, at most 10,000.</param>
    /// <exception cref="ArgumentException">Not such a vote, or not such a salt.</exception>
    /// <exception cref="FormatException">The fields are not as the server tells them.</exception>
    public static string Commitment(VoteFields fields, uint talentBps, ReadOnlySpan<byte> salt)
    {
        if (talentBps > 10_000) throw new ArgumentException("A vote is at most 10,000 basis points.", nameof(talentBps));
        if (salt.Length != SaltBytes) throw new ArgumentException($"A salt has {SaltBytes} bytes.", nameof(salt));
        byte[] words =
        [
            .. Word(fields.ChainId), .. Word(fields.Court), .. Word(fields.CaseId), .. Word(fields.Round), .. Word(fields.Arbiter),
            .. Word(talentBps), .. salt,
        ];
        var keccak = new KeccakDigest(256);
        keccak.BlockUpdate(words);
        var hash = new byte[32];
        keccak.DoFinal(hash);
        return "0x" + Convert.ToHexStringLower(hash);
    }

    private static byte[] Word(ulong number)
    {
        var word = new byte[32];
        BinaryPrimitives.WriteUInt64BigEndian(word.AsSpan(24), number);
        return word;
    }

    /// <summary>An address or a hash.</summary>
    private static byte[] Word(string hex)
    {
        if (!hex.StartsWith("0x", StringComparison.Ordinal) || hex.Length > 66) throw new FormatException($"{hex} is no word.");
        return Convert.FromHexString(hex.AsSpan(2).ToString().PadLeft(64, '0').ToLower(CultureInfo.InvariantCulture));
    }
}
