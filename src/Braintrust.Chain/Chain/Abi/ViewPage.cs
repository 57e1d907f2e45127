using System.Buffers.Binary;

namespace Braintrust.Chain;

/// <summary>
/// Asks one contract many small questions in a few eth_calls, without any contract deployed for it: a call "deploys" a loop that
/// puts each question to the contract and answers the first words of each answer. Nothing is ever sent.
/// </summary>
public static class ViewPage
{
    /// <summary>Words that one call answers: they stay below EIP-170's 24,576 bytes, the questions below EIP-3860's 49,152.</summary>
    public const int WordsMax = 500;

    /// <summary>Bytes of a question: they are copied below the answers.</summary>
    public const int QuestionBytesMax = 0x7f;

    /// <summary>Where the questions begin in the call's data, and where the loop names the contract and the lengths.</summary>
    public const int Questions = 0x58;
    public const int ContractAt = 0x1e;
    public const int LengthAt = 0x0e;
    public const int WidthAt = 0x15;

    private const int LengthAgainAt = 0x19;
    private const int LeastAt = 0x35;
    private const int StepAt = 0x43;
    private const int WidthAgainAt = 0x48;

    /// <summary>
    /// Stack: where the next answer goes, where the next question is. A zero byte stands before the answers, since deployed code must
    /// not begin with 0xEF (EIP-3541); a question that fails, or is answered with fewer words, fails the page.
    /// </summary>
    private static readonly byte[] Loop = Convert.FromHexString(
        "6080610058" + "5b8038111560" + "4f57" // while the question is in the code
        + "61000081600039610000826100006000730000000000000000000000000000000000000000" + "5afa" // ask it
        + "6100003d1116604157600080fd" // unless so many words came back, fail
        + "5b61000001906100000190600556" + "5b50607f900360" + "7ff3"); // go on; at the end answer

    /// <summary>The first word of each answer, in order; fails as <see cref="AskWide"/> does.</summary>
    public static async ValueTask<Hash32[]> Ask(
        IEvmChain node, Address contract, IReadOnlyList<byte[]> questions, BlockId at, CancellationToken ct) =>
        [.. (await AskWide(node, contract, questions, 1, at, ct)).Select(answer => new Hash32(answer.Span))];

    /// <summary>The first words of each answer, in order.</summary>
    /// <param name="questions">ABI-encoded calls, all of one length.</param>
    /// <param name="words">32-byte words of each answer, 1 to <see cref="WordsMax"/>.</param>
    /// <exception cref="ChainProtocolException">The answers are not as many as the questions.</exception>
    /// <exception cref="EvmRevertException">A question failed: usually no such contract stands at the address.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>[]> AskWide(
        IEvmChain node, Address contract, IReadOnlyList<byte[]> questions, int words, BlockId at, CancellationToken ct)
    {
        var width = words * Hash32.Length;
        var answers = new List<ReadOnlyMemory<byte>>(questions.Count);
        foreach (var page in questions.Chunk(WordsMax / words))
        {
            var answer = await node.Call(new CallRequest(null, null, Encode(contract, page, width)), at, ct);
            if (answer.Length != 1 + page.Length * width)
                throw new ChainProtocolException($"{page.Length} questions to {contract} were answered with {answer.Length} bytes at {at}.");
            for (var i = 0; i < page.Length; i++) answers.Add(answer.Slice(1 + i * width, width));
        }

        return [.. answers];
    }

    private static byte[] Encode(Address contract, byte[][] questions, int width)
    {
        var length = questions[0].Length;
        if (length > QuestionBytesMax || questions.Any(question => question.Length != length))
            throw new ArgumentException($"A page's questions are of one length up to {QuestionBytesMax} bytes.");
        var code = new byte[Questions + questions.Length * length];
        Loop.CopyTo(code, 0);
        contract.ToBytes().CopyTo(code, ContractAt);
        foreach (var place in (int[])[LengthAt, LengthAgainAt, StepAt]) Put(place, length);
        foreach (var place in (int[])[WidthAt, WidthAgainAt]) Put(place, width);
        Put(LeastAt, width - 1);
        for (var i = 0; i < questions.Length; i++) questions[i].CopyTo(code, Questions + i * length);
        return code;

        void Put(int place, int number) => BinaryPrimitives.WriteUInt16BigEndian(code.AsSpan(place), (ushort)number);
    }
}
