using System.Buffers.Binary;
using System.Text;

namespace Braintrust.Chain;

/// <summary>
/// Names what a fact is about in 64 bits: the first eight bytes of keccak(kind ":" key). Readers filter the rare
/// collision by decoding.
/// </summary>
public static class Subject
{
    public static ulong Agreement(Hash32 negotiation) => Of("agreement", negotiation.ToBytes());
    public static ulong Talent(Address talent) => Of("talent", talent.ToBytes());
    public static ulong Employer(Address employer) => Of("employer", employer.ToBytes());

    /// <summary>Whoever has a credit in the contract: talent or employer, the event does not say which.</summary>
    public static ulong Party(Address party) => Of("party", party.ToBytes());
    /// <summary>One policy contract and all its versions.</summary>
    public static ulong Policy(Address contract) => Of("policy", contract.ToBytes());
    /// <summary>A case at a court, under the name that the escrow and the court compute alike.</summary>
    public static ulong Case(Hash32 caseId) => Of("case", caseId.ToBytes());
    public static ulong Arbiter(Address arbiter) => Of("arbiter", arbiter.ToBytes());

    /// <summary>The arbiters who hear cases of one contract.</summary>
    public static ulong Pool(Address arbitrable) => Of("pool", arbitrable.ToBytes());

    /// <summary>One batch of sealed reviews.</summary>
    public static ulong Batch(Address contract, ulong batch) => Of("batch", [.. contract.ToBytes(), .. Word(batch)]);

    /// <summary>Whose credentials of work are told.</summary>
    public static ulong Credentials(Address talent) => Of("credentials", talent.ToBytes());
    public static ulong Token(Address token) => Of("token", token.ToBytes());

    private static byte[] Word(ulong number)
    {
        var word = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(word, number);
        return word;
    }

    private static ulong Of(string kind, byte[] key) =>
        Hash32.Keccak([.. Encoding.ASCII.GetBytes(kind), (byte)':', .. key]).Prefix;
}
