using System.Globalization;
using System.Text;

namespace Braintrust.Chain;

/// <summary>What wallets sign with personal_sign. Source: EIP-191, version 0x45.</summary>
public static class PersonalMessage
{
    public static Hash32 Hash(ReadOnlySpan<byte> message)
    {
        var length = Encoding.ASCII.GetBytes(message.Length.ToString(CultureInfo.InvariantCulture));
        return Hash32.Keccak([.. "\u0019Ethereum Signed Message:\n"u8, .. length, .. message]);
    }

    /// <summary>Of the text's UTF-8 bytes.</summary>
    public static Hash32 Hash(string message) => Hash(Encoding.UTF8.GetBytes(message));
}
