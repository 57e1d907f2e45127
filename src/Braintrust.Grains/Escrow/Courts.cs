using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;

namespace Braintrust.Escrow;

/// <summary>
/// Asks the court that terms name. Anything may stand there: whoever does not answer as <c>ICourt</c> does hears no case and
/// has ruled nothing, which is how the escrow takes it.
/// </summary>
public static class Courts
{
    /// <summary>Gas that the escrow lends a court for its word. Source: <c>CALL_GAS</c> of Transfers.sol.</summary>
    private const ulong RulingGas = 200_000;

    private const int WordBytes = 32;

    /// <summary>Null when the move reads no court.</summary>
    /// <exception cref="ChainUnavailableException">The node is away.</exception>
    public static async Task<CourtWord?> Ask(IEvmChain node, EscrowMove move, AgreementOnChain? agreement, CancellationToken ct)
    {
        if (agreement is not { Current: { } milestone, Funded.Terms: { Court.IsZero: false } terms }) return null;
        return move switch
        {
            EscrowMove.Dispute => await Quote(node, terms, milestone.Claimed, ct),
            EscrowMove.Resolve when milestone.Dispute is { } dispute => await Ruling(node, terms, dispute.CaseId, ct),
            _ => null,
        };
    }

    /// <summary>Seconds that a case under these rules takes at most, or null when nobody there says so.</summary>
    /// <exception cref="ChainUnavailableException">The node is away.</exception>
    public static async Task<ulong?> Longest(IEvmChain node, Address court, BigInteger rules, CancellationToken ct)
    {
        try
        {
            var longest = await PanelCourtContract.Longest.Call(node, court, rules, BlockId.Latest, ct);
            return longest > ulong.MaxValue ? null : (ulong)longest;
        }
        catch (Exception odd) when (IsNoCourt(odd))
        {
            return null;
        }
    }

    private static async Task<CourtWord?> Quote(IEvmChain node, Terms terms, Amount claimed, CancellationToken ct)
    {
        try
        {
            var longest = await PanelCourtContract.Longest.Call(node, terms.Court, terms.CourtRules, BlockId.Latest, ct);
            var cost = await PanelCourtContract.Cost.Call(
                node, terms.Court, terms.CourtRules, terms.Token, claimed.Units, BlockId.Latest, ct);
            return longest > ulong.MaxValue || cost > UInt128.MaxValue
                ? null
                : new CourtWord(new Amount((UInt128)cost), (ulong)longest, null);
        }
        catch (Exception odd) when (IsNoCourt(odd))
        {
            return null;
        }
    }

    /// <summary>
    /// Heard as the escrow hears it (<c>_rulingOn</c>): with no more gas, and the first two words of any answer. A ruling that we heard
    /// and the escrow would not is a wrong sum in front of who signs.
    /// </summary>
    private static async Task<CourtWord?> Ruling(IEvmChain node, Terms terms, Hash32 caseId, CancellationToken ct)
    {
        var input = PanelCourtContract.Ruling.Encode(caseId);
        try
        {
            var answer = await node.Call(new CallRequest(null, terms.Court, input, Gas: RulingGas + Intrinsic(input)), BlockId.Latest, ct);
            if (answer.Length < 2 * WordBytes) return null;
            var (isFinal, talentBps) = (Word(answer.Span), Word(answer.Span[WordBytes..]));
            return isFinal == 1 && talentBps <= Amount.BasisPoints ? new CourtWord(null, 0, (int)talentBps) : null;
        }
        catch (EvmRevertException)
        {
            return null;
        }
    }

    /// <summary>What a transaction costs before its first step. Sources: yellow paper, EIP-2028.</summary>
    private static ulong Intrinsic(byte[] input) => 21_000 + (ulong)input.Sum(one => one == 0 ? 4 : 16);

    private static BigInteger Word(ReadOnlySpan<byte> answer) => new(answer[..WordBytes], isUnsigned: true, isBigEndian: true);

    private static bool IsNoCourt(Exception odd) =>
        odd is EvmRevertException or ChainProtocolException { InnerException: AbiFormatException };
}
