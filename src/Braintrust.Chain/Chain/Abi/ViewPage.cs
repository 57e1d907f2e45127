using System.Buffers.Binary;

namespace Braintrust.Chain;

/// <summary>
/// Asks one contract many small questions in one eth_call, without any contract deployed for it: the call "deploys" a loop that
/// puts each question to the contract and answers the first word of each answer. Nothing is ever sent.
/// </summary>
public static class ViewPage
{
    /// <summary>Questions in one page: their answers stay below EIP-170's 24,576 bytes, they below EIP-3860's 49,152.</summary>
    public const int QuestionsMax = 500;

    /// <summary>Bytes of a question: they are copied below the answers.</summary>
    public const int QuestionBytesMax = 0x7f;

    /// <summary>Where the questions begin in the call's data, and where the loop names the contract and their length.</summary>
    public const int Questions = 0x55;
    public const int ContractAt = 0x1d;
    public const int LengthAt = 0x0e;

    private const int LengthAgainAt = 0x18;
    private const int StepAt = 0x41;

    /// <summary>
    /// Stack: where the next answer goes, where the next question is. A zero byte stands before the answers, since deployed code must
    /// not begin with 0xEF (EIP-3541); a question that fails, or is answered with less than a word, fails the page.
    /// </summary>
    private static readonly byte[] Loop = Convert.FromHexString(
        "6080610055" + "5b803811156" + "04c57" // while the question is in the code
        + "6100008160003960208261000060007300000000000000000000000000000000000000005afa" // ask it
        + "3d601f1016603f57600080fd" // unless a word came back, fail
        + "5b6100000190602001906005565b50607f900360" + "7ff3"); // go on; at the end answer

    /// <summary>The first word of each answer, in order.</summary>
    /// <param name="questions">ABI-encoded calls, all of one length, at most <see cref="QuestionsMax"/>.</param>
    /// <exception cref="ChainProtocolException">The answers are not as many as the questions.</exception>
    /// <exception cref="EvmRevertException">A question failed: usually no such contract stands at the address.</exception>
    public static async ValueTask<Hash32[]> Ask(
        IEvmChain node, Address contract, IReadOnlyList<byte[]> questions, BlockId at, CancellationToken ct)
    {
        if (questions.Count == 0) return [];
        var answer = await node.Call(new CallRequest(null, null, Encode(contract, questions)), at, ct);
        if (answer.Length != 1 + questions.Count * Hash32.Length)
            throw new ChainProtocolException($"{questions.Count} questions to {contract} were answered with {answer.Length} bytes at {at}.");
        return [.. Enumerable.Range(0, questions.Count).Select(i => new Hash32(answer.Span.Slice(1 + i * Hash32.Length, Hash32.Length)))];
    }

    private static byte[] Encode(Address contract, IReadOnlyList<byte[]> questions)
    {
        var length = questions[0].Length;
        if (questions.Count > QuestionsMax || length > QuestionBytesMax || questions.Any(question => question.Length != length))
            throw new ArgumentException($"A page is at most {QuestionsMax} questions of one length up to {QuestionBytesMax} bytes.");
        var code = new byte[Questions + questions.Count * length];
        Loop.CopyTo(code, 0);
        contract.ToBytes().CopyTo(code, ContractAt);
        foreach (var place in (int[])[LengthAt, LengthAgainAt, StepAt])
            BinaryPrimitives.WriteUInt16BigEndian(code.AsSpan(place), (ushort)length);
        for (var i = 0; i < questions.Count; i++) questions[i].CopyTo(code, Questions + i * length);
        return code;
    }
}
