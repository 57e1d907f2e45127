using System.Numerics;
using System.Text;
using Braintrust.Chain;
using Braintrust.Reputation;

namespace Braintrust.Differential;

/// <summary>Seals of reviews, and their proofs in a batch: right ones, and ones with a fault.</summary>
internal static class ReviewCases
{
    private const int BatchesSlot = 2;
    private const int LeavesMax = 40;

    private static readonly string HashReview =
        "hashReview((address,bytes32,bytes32,uint256,address,uint8,uint8,uint8,uint8,uint8,uint8,(string,uint8)[],bytes32,bytes32))";

    public static Kind Seals { get; } = new("review seals", (dice, stage) =>
    {
        byte Rating() => (byte)dice.Even(0, 255);
        var review = new Review
        {
            Escrow = dice.Address(), Negotiation = dice.Hash(), Agreement = dice.Hash(), Milestone = dice.Even(0, int.MaxValue - 1),
            Reviewer = dice.Address(), Ratings = new Ratings(Rating(), Rating(), Rating(), Rating(), Rating(), Rating()),
            Skills = [.. Enumerable.Range(0, dice.Even(0, 11)).Select(_ => new SkillRating(Skill(dice), Rating()))],
            Text = dice.Hash(), Salt = dice.Hash(),
        };
        var r = review.Ratings;
        object[] words =
        [
            review.Escrow, review.Negotiation, review.Agreement, review.Milestone, review.Reviewer, r.Overall, r.Quality,
            r.Communication, r.Punctuality, r.Fairness, r.Again,
            review.Skills.Select(skill => (object)new object[] { skill.Skill, skill.Rating }).ToArray(), review.Text, review.Salt,
        ];
        return new Case(
            () => review.ToString(), new Question(stage.Node.Parties[0], stage.Node.Reputation, AbiCodec.EncodeCall(HashReview, [words])),
            ReviewTypedData.Of(review, stage.Node.ChainId, stage.Node.Reputation).Digest.ToString(),
            seen => new Hash32(seen.Answer).ToString());
    });

    public static Kind Proofs { get; } = new("review proofs", (dice, stage) =>
    {
        var leaves = Enumerable.Range(0, dice.Even(1, LeavesMax)).Select(_ => dice.Hash()).ToArray();
        var (batch, index) = (stage.Index + 1, dice.Even(0, leaves.Length - 1));
        var (seal, at, proof) = (leaves[index], index, MerkleLog.Proof(leaves, index).ToArray());
        var fault = dice.Even(0, 9);
        if (fault == 0) seal = dice.Hash();
        if (fault == 1) at = dice.Of(index + 1, leaves.Length, int.MaxValue);
        if (fault == 2) proof = [.. proof, dice.Hash()];
        if (fault == 3 && proof.Length > 0) proof = proof[..^1];
        if (fault == 4 && proof.Length > 0) proof[dice.Even(0, proof.Length - 1)] = dice.Hash();
        var holds = MerkleLog.Includes(MerkleLog.Root(leaves), leaves.Length, at, seal, proof);
        var slot = ProbeNode.Number(ProbeNode.SlotOf(ProbeNode.Word(batch), ProbeNode.Word(BatchesSlot)).ToBytes());
        var call = AbiCodec.EncodeCall(
            "verifyReview(uint256,uint256,bytes32,bytes32[])", batch, at, seal, proof.Select(hash => (object)hash).ToArray());
        var question = new Question(stage.Node.Parties[0], stage.Node.Reputation, call)
        {
            Storage =
            [
                (stage.Node.Reputation, ProbeNode.Word(slot), MerkleLog.Root(leaves)),
                (stage.Node.Reputation, ProbeNode.Word(slot + 1), ProbeNode.Word(leaves.Length)),
            ],
        };
        return new Case(
            () => $"leaf {at} of {leaves.Length}, fault {fault}, proof {string.Join(',', proof)}", question, holds ? "Holds" : "Fails",
            seen => !seen.Done ? "reverted" : ProbeNode.Number(seen.Answer).IsZero ? "Fails" : "Holds");
    });

    private static string Skill(Dice dice) => dice.OneIn(3) ? "" : dice.OneIn(2) ? "C# 中文 ∑" : Encoding.ASCII.GetString([.. dice.Bytes(dice.Even(1, 200)).Select(one => (byte)(32 + one % 95))]);
}
