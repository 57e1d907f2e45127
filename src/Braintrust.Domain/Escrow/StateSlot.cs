using System.Buffers.Binary;

namespace Braintrust.Escrow;

/// <summary>
/// The contract's one state slot of an agreement (<c>IWorkTypes.State</c>), as the fold of its events tells it. The word is
/// what signatures of calls are bound to.
/// </summary>
/// <param name="Phase">The contract's number: None, Idle, Funded, Submitted, Disputed, Ended, Amended.</param>
/// <param name="Flags">
/// Sum of 1: the employer asked to cancel the current milestone; 2: it is the last; 4 for each milestone that paid.
/// </param>
/// <param name="Since">Second, block time.</param>
/// <param name="Deadline">Funded: last second to answer a request to cancel; Disputed: to rule; else 0.</param>
/// <param name="Claimed">In Submitted and Disputed, base units; else zero.</param>
public readonly record struct StateSlot(
    byte Phase, byte Milestone, byte Funded, byte Revisions, byte Flags, byte PayoutMoves, ulong Since, ulong Deadline,
    Amount Claimed)
{
    private const byte CancelAsked = 1;
    private const byte Ending = 2;
    private const byte Paid = 4;
    private const int SecondsBytes = 5;

    /// <summary>All zero for an agreement that was never funded.</summary>
    public static StateSlot Of(AgreementOnChain? told)
    {
        if (told is not { } agreement) return default;
        var current = agreement.Current;
        var claims = agreement.Phase is AgreementPhase.Submitted or AgreementPhase.Disputed;
        return new StateSlot(
            Number(agreement.Phase), (byte)agreement.Milestone, (byte)agreement.MilestonesFunded,
            (byte)(current?.Revisions ?? 0),
            Flagged(agreement),
            (byte)agreement.PayoutMoves, agreement.Since.Seconds,
            agreement.Phase switch
            {
                AgreementPhase.Funded => current?.AnswerBy?.Seconds ?? 0,
                AgreementPhase.Disputed => current?.Dispute?.Deadline.Seconds ?? 0,
                _ => 0,
            },
            claims && current is not null ? current.Claimed : default);
    }

    /// <summary>The contract's <c>stateWord</c>: the fields as Solidity packs them, the first lowest.</summary>
    public Hash32 Word()
    {
        Span<byte> word = stackalloc byte[Hash32.Length];
        BinaryPrimitives.WriteUInt128BigEndian(word, Claimed.Units);
        WriteSeconds(word[16..], Deadline);
        WriteSeconds(word[21..], Since);
        ReadOnlySpan<byte> bytes = [PayoutMoves, Flags, Revisions, Funded, Milestone, Phase];
        bytes.CopyTo(word[26..]);
        return new Hash32(word);
    }

    private static byte Flagged(AgreementOnChain agreement) => (byte)(
        (agreement.Current?.CancelAsked == true ? CancelAsked : 0)
        + (agreement.Ending ? Ending : 0)
        + Paid * agreement.Milestones.Count(milestone => !milestone.Pay.IsZero));

    private static void WriteSeconds(Span<byte> at, ulong seconds)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(word, seconds);
        word[^SecondsBytes..].CopyTo(at);
    }

    private static byte Number(AgreementPhase phase) => phase switch
    {
        AgreementPhase.Disputed => 4,
        AgreementPhase.Ended => 5,
        _ => (byte)phase,
    };
}
