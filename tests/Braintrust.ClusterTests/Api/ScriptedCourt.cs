using System.Numerics;
using Braintrust.Chain;
using Braintrust.Disputes;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust;

/// <summary>A court on a scripted chain: the logs that it would write of one case, and what it answers.</summary>
public sealed class ScriptedCourt
{
    public const uint Day = 86_400;
    public const uint Rules = 1;

    public static readonly Address Contract = Address.Parse("0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0");
    public static readonly Address Btrst = Address.Parse("0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9");
    public static readonly byte[] Code = [0x60, 0x80, 0x60, 0x41];
    public static readonly BigInteger Seat = 1_000;

    /// <summary>The block that decides draws.</summary>
    public ulong SeedBlock { get; set; }

    /// <summary>The ticket of every case that is asked for, which is next.</summary>
    public uint Ticket { get; set; }

    public ScriptedSource On(ScriptedSource source)
    {
        source.Chain.SetCode(Contract, Code);
        source.Chain.OnCall(Contract, (call, _) => Answer(call));
        source.Court = Contract;
        return source;
    }

    /// <summary>The case that the scripted escrow would open about an agreement's first milestone.</summary>
    public static Hash32 CaseId(Terms terms, Address? arbitrable = null) => Hash32.Keccak(
        [.. new byte[12], .. (arbitrable ?? ScriptedSource.Contract).ToBytes(), .. Negotiation(terms).ToBytes(), .. new byte[32]]);

    /// <summary>The escrow says that the first milestone is disputed.</summary>
    public static ScriptedLog Disputed(Terms terms, ulong deadline) => ScriptedLog.Of(
        ScriptedSource.Contract, new Braintrust.Chain.Contracts.WorkAgreementsContract.MilestoneDisputedEvent(
            Negotiation(terms), terms.Employer, terms.Talent, TermsHash.Of(terms, ScriptedSource.ChainId, ScriptedSource.Contract), 0,
            2_000, 50, deadline, CaseId(terms)).Encode());

    public static ScriptedLog Opened(Terms terms, Address? arbitrable = null) => Log(new Law.CaseOpenedEvent(
        CaseId(terms, arbitrable), terms.Manager, terms.Talent, new Law.Opening(
            arbitrable ?? ScriptedSource.Contract, Negotiation(terms), 0, Rules, terms.Token,
            (BigInteger)terms.Amounts[0].Units, 50, 2_000)).Encode());

    public static ScriptedLog[] Answered(Terms terms, uint talentBps = 9_000) =>
    [
        Log(new Law.ResponseNamedEvent(CaseId(terms), terms.Talent, talentBps).Encode()),
        Log(new Law.ResponsePaidEvent(CaseId(terms), terms.Talent, 50).Encode()),
        Log(new Law.DrawQueuedEvent(CaseId(terms), ScriptedSource.Contract, 0, 1).Encode()),
        Log(new Law.SeedFixedEvent(ScriptedSource.Contract, 1_000, 1).Encode()),
    ];

    public static ScriptedLog Enlisted(Address arbiter, int seats) =>
        Log(new Law.EnlistedEvent(ScriptedSource.Contract, arbiter, seats).Encode());

    public static ScriptedLog Drawn(Terms terms, int round, params Address[] arbiters) =>
        Log(new Law.PanelDrawnEvent(CaseId(terms), ScriptedSource.Contract, round, [.. arbiters]).Encode());

    public static ScriptedLog Committed(Terms terms, Address arbiter, Hash32 commitment) =>
        Log(new Law.VoteCommittedEvent(CaseId(terms), arbiter, 0, commitment).Encode());

    public static ScriptedLog Revealed(Terms terms, Address arbiter, uint talentBps) =>
        Log(new Law.VoteRevealedEvent(CaseId(terms), arbiter, 0, talentBps).Encode());

    public static ScriptedLog Settled(Terms terms, Address arbiter, bool forfeited, int fee, int reward) =>
        Log(new Law.SeatSettledEvent(CaseId(terms), arbiter, 0, forfeited, fee, reward).Encode());

    public static ScriptedLog Credited(Terms terms, Address party, Address token, int sum) =>
        Log(new Law.CreditedEvent(party, token, CaseId(terms), sum).Encode());

    public static ScriptedLog Concluded(Terms terms, uint ruling, int employerBack, int talentBack) => Log(new Law.CaseConcludedEvent(
        CaseId(terms), terms.Manager, terms.Talent, true, ruling, employerBack, talentBack, 0, 50).Encode());

    private static Hash32 Negotiation(Terms terms) => TermsHash.Negotiation(terms.Talent, terms.Nonce);

    private static ScriptedLog Log((Hash32[] Topics, byte[] Data) encoded) => ScriptedLog.Of(Contract, encoded);

    private ReadOnlyMemory<byte> Answer(CallRequest call)
    {
        var data = call.Data.Span;
        if (data.StartsWith(Law.RulesOf.SelectorBytes))
            return Law.RulesOf.EncodeResult(new(500, 500, 5 * Day, Day, 2 * Day, Day, 2 * Day));
        if (data.StartsWith(Law.PoolOf.SelectorBytes)) return Law.PoolOf.EncodeResult(new(3, 1, 3, SeedBlock, 0, Ticket, Ticket));
        if (data.StartsWith(Law.CaseOf.SelectorBytes))
            return Law.CaseOf.EncodeResult(new(default, 0, 0, 0, 0, 0, Ticket, default, 0, 0, false, 0, default, 0, default));
        if (data.StartsWith(Law.Btrst.SelectorBytes)) return Law.Btrst.EncodeResult(Btrst);
        return data.StartsWith(Law.Seat.SelectorBytes) ? Law.Seat.EncodeResult(Seat) : Array.Empty<byte>();
    }
}
