using System.Numerics;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Escrow;

/// <summary>A court of one case, one arbiter and one credit, whose storage can be told otherwise than its logs.</summary>
internal sealed class ToldCourt
{
    public const int Credited = 7;

    /// <summary>The case's deposit, two seats and the credit, all in one token.</summary>
    public const int Owed = Cost + 2 * Seat + Credited;

    public static readonly Address Contract = Address.Parse("0x0000000000000000000000000000000000c0c402");
    public static readonly Address Party = DevelopmentKeys.Address(2);
    public static readonly Hash32 CaseId = Hash32.Keccak("a told case"u8);

    private const int Cost = 50;
    private const int Seat = 1_000;

    private static readonly Address Employer = DevelopmentKeys.Address(1);

    public ulong Since { get; set; }
    public byte Round { get; set; }
    public uint Locked { get; set; }
    public BigInteger Credit { get; set; } = Credited;

    public static ScriptedLog[] Logs() =>
    [
        Log(new Law.CaseOpenedEvent(CaseId, Employer, Party, new Law.Opening(
            TestChain.Escrow, Hash32.Keccak("an agreement"u8), 0, 1, TestChain.Token, 1_000, Cost, 2_000)).Encode()),
        Log(new Law.EnlistedEvent(TestChain.Escrow, Party, 2).Encode()),
        Log(new Law.CreditedEvent(Party, TestChain.Token, CaseId, Credited).Encode()),
    ];

    public ReadOnlyMemory<byte> Answer(CallRequest call)
    {
        var data = call.Data.Span;
        if (data.StartsWith(Law.RulesOf.SelectorBytes)) return Law.RulesOf.EncodeResult(new(500, 500, 500, 500, 500, 500, 500));
        if (data.StartsWith(Law.Btrst.SelectorBytes)) return Law.Btrst.EncodeResult(TestChain.Token);
        if (data.StartsWith(Law.Seat.SelectorBytes)) return Law.Seat.EncodeResult(Seat);
        if (data.StartsWith(Law.CreditOf.SelectorBytes)) return Law.CreditOf.EncodeResult(Credit);
        if (data.StartsWith(Law.ArbiterOf.SelectorBytes)) return Law.ArbiterOf.EncodeResult(new(Party, 2, Locked), new(0, 0));
        return data.StartsWith(Law.CaseOf.SelectorBytes)
            ? Law.CaseOf.EncodeResult(new(
                Employer, 2_000, 0, 1, Round, ushort.MaxValue, 0, Party, Since, 1, false, 0, TestChain.Escrow, Cost, TestChain.Token))
            : ReadOnlyMemory<byte>.Empty;
    }

    private static ScriptedLog Log((Hash32[] Topics, byte[] Data) encoded) => ScriptedLog.Of(Contract, encoded);
}
