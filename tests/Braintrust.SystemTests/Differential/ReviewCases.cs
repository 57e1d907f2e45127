using System.Numerics;
using System.Text;
using Braintrust.Chain;

namespace Braintrust.Differential;

/// <summary>Seals of reviews, by the general EIP-712 encoder, and proofs in trees that are built as RFC 9162 defines them.</summary>
internal static class ReviewCases
{
    private const int BatchesSlot = 2;
    private const int LeavesMax = 40;

    private const string Fields =
        "address escrow,bytes32 negotiation,bytes32 agreement,uint256 milestone,address reviewer,uint8 overall,uint8 quality,"
        + "uint8 communication,uint8 punctuality,uint8 fairness,uint8 again,SkillRating[] skills,bytes32 text,bytes32 salt";

    private static readonly string HashReview =
        "hashReview((address,bytes32,bytes32,uint256,address,uint8,uint8,uint8,uint8,uint8,uint8,(string,uint8)[],bytes32,bytes32))";

    private static readonly Dictionary<string, IReadOnlyList<TypedDataField>> Types = new()
    {
        ["Review"] = TypedData.Fields(Fields), ["SkillRating"] = TypedData.Fields("string skill,uint8 rating"),
    };

    public static Kind Seals { get; } = new("review seals", (dice, stage) =>
    {
        var skills = Enumerable.Range(0, dice.Even(0, 11)).Select(_ => (Name: Skill(dice), Rating: (byte)dice.Even(0, 255))).ToArray();
        object[] review =
        [
            dice.Address(), dice.Hash(), dice.Hash(), dice.Big(BigInteger.Pow(2, 256) - 1), dice.Address(),
            .. Enumerable.Range(0, 6).Select(_ => (object)(byte)dice.Even(0, 255)),
            skills.Select(skill => (object)new object[] { skill.Name, skill.Rating }).ToArray(), dice.Hash(), dice.Hash(),
        ];
        var message = Types["Review"].Zip(review).ToDictionary(pair => pair.First.Name, pair => pair.Second);
        message["skills"] = skills.Select(skill => (object)new Dictionary<string, object> { ["skill"] = skill.Name, ["rating"] = skill.Rating }).ToArray();
        var domain = TypedData.ContractDomain("Braintrust Reputation", "1", stage.Node.ChainId, stage.Node.Reputation);
        return new Case(
            () => string.Join(',', review), new Question(stage.Node.Parties[0], stage.Node.Reputation, AbiCodec.EncodeCall(HashReview, [review])),
            new TypedData(Types, "Review", domain, message).Digest.ToString(), seen => new Hash32(seen.Answer).ToString());
    });

    public static Kind Proofs { get; } = new("review proofs", (dice, stage) =>
    {
        var leaves = Enumerable.Range(0, dice.Even(1, LeavesMax)).Select(_ => dice.Hash()).ToArray();
        var (batch, index) = (stage.Index + 1, dice.Even(0, leaves.Length - 1));
        var (seal, at, proof) = (leaves[index], (long)index, Path(leaves, index));
        var fault = dice.Even(0, 9);
        if (fault == 0) seal = dice.Hash();
        if (fault == 1) at = dice.Of(index + 1L, leaves.Length, int.MaxValue);
        if (fault == 2) proof = [.. proof, dice.Hash()];
        if (fault == 3 && proof.Length > 0) proof = proof[..^1];
        if (fault == 4 && proof.Length > 0) proof[dice.Even(0, proof.Length - 1)] = dice.Hash();
        var holds = fault > 4 || (fault > 2 && leaves.Length == 1);
        var slot = ProbeNode.Number(ProbeNode.SlotOf(ProbeNode.Word(batch), ProbeNode.Word(BatchesSlot)).ToBytes());
        var call = AbiCodec.EncodeCall(
            "verifyReview(uint256,uint256,bytes32,bytes32[])", batch, at, seal, proof.Select(hash => (object)hash).ToArray());
        var question = new Question(stage.Node.Parties[0], stage.Node.Reputation, call)
        {
            Storage =
            [
                (stage.Node.Reputation, ProbeNode.Word(slot), Root(leaves)),
                (stage.Node.Reputation, ProbeNode.Word(slot + 1), ProbeNode.Word(leaves.Length)),
            ],
        };
        return new Case(
            () => $"leaf {at} of {leaves.Length}, fault {fault}, proof {string.Join(',', proof)}", question, holds ? "Holds" : "Fails",
            seen => !seen.Done ? "reverted" : ProbeNode.Number(seen.Answer).IsZero ? "Fails" : "Holds");
    });

    private static string Skill(Dice dice) => dice.OneIn(3) ? "" : dice.OneIn(2) ? "C# 中文 ∑" : Encoding.ASCII.GetString([.. dice.Bytes(dice.Even(1, 200)).Select(one => (byte)(32 + one % 95))]);

    /// <summary>MTH of RFC 9162, section 2.1.1, with keccak256.</summary>
    private static Hash32 Root(ReadOnlySpan<Hash32> leaves)
    {
        if (leaves.Length == 1) return Hash32.Keccak([0, .. leaves[0].ToBytes()]);
        var left = Left(leaves.Length);
        return Hash32.Keccak([1, .. Root(leaves[..left]).ToBytes(), .. Root(leaves[left..]).ToBytes()]);
    }

    /// <summary>PATH of RFC 9162, section 2.1.3.1.</summary>
    private static Hash32[] Path(ReadOnlySpan<Hash32> leaves, int index)
    {
        if (leaves.Length == 1) return [];
        var left = Left(leaves.Length);
        return index < left
            ? [.. Path(leaves[..left], index), Root(leaves[left..])]
            : [.. Path(leaves[left..], index - left), Root(leaves[..left])];
    }

    /// <summary>The largest power of two below the count.</summary>
    private static int Left(int count) => 1 << (BitOperations.Log2((uint)count - 1));
}
