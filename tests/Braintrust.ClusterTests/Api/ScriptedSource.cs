using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Disputes;
using Braintrust.Escrow;
using Braintrust.Governance;
using Braintrust.Reputation;

namespace Braintrust;

/// <summary>A scripted chain with a registered escrow on it, and the logs that the escrow would write.</summary>
public sealed class ScriptedSource : IChainSource
{
    public const ulong ChainId = 31337;
    public const ushort FeeBps = WorkStory.FeeBps;
    public const int ConfirmationsMin = 4;

    private static readonly byte[] Code = [0x60, 0x80, 0x60, 0x40];

    public static readonly Address Contract = Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3");
    public static readonly Address Token = Address.Parse("0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512");

    private IContractRegistry? _registry;

    public ScriptedSource(ScriptedChain? chain = null)
    {
        Chain = chain ?? new ScriptedChain(ChainId);
        Chain.SetCode(Contract, Code);
        Chain.SetCode(Token, Code);
        Chain.SetCode(ScriptedPolicy.Contract, Code);
        Chain.OnCall(Contract, Answer);
        Policy.Answer(Chain);
    }

    public ScriptedChain Chain { get; }

    public ScriptedPolicy Policy { get; } = new(Token);

    /// <summary>A court that is registered with the others; null for none.</summary>
    public Address? Court { get; set; }

    /// <summary>Set before the server opens the chain, reviews are anchored in it.</summary>
    public ScriptedReputation? Reputation { get; init; }

    public ScriptedSource With(IContractRegistry registry)
    {
        _registry = registry;
        return this;
    }

    public async Task<IReadOnlyList<FollowedChain>> Open(CancellationToken ct)
    {
        await _registry!.Register(
            new RegisteredContract(ChainId, Contract, EscrowFacts.ContractKind, 1, Hash32.Keccak(Code)), ct);
        await _registry.Register(
            new RegisteredContract(ChainId, ScriptedPolicy.Contract, PolicyFacts.ContractKind, 1, Hash32.Keccak(Code)), ct);
        if (Court is { } court)
            await _registry.Register(
                new RegisteredContract(ChainId, court, DisputeFacts.ContractKind, 1, Hash32.Keccak(ScriptedCourt.Code)), ct);
        if (Reputation is not null)
            await _registry.Register(
                new RegisteredContract(ChainId, ScriptedReputation.Contract, ReputationFacts.ContractKind, 1, Hash32.Keccak([0xFE])), ct);
        var settings = new ChainSettings
        {
            ChainId = ChainId, ConfirmationsMin = ConfirmationsMin, PollIntervalMs = 50, AnchorIntervalMs = 0,
        };
        return [new FollowedChain(settings, Chain, Reputation is null ? null : ScriptedReputation.Anchor)];
    }

    public Task Close(CancellationToken ct) => Task.CompletedTask;

    public static ScriptedLog Funded(Terms terms, int count)
    {
        var (negotiation, agreement) = (TermsHash.Negotiation(terms.Talent, terms.Nonce), TermsHash.Of(terms, ChainId, Contract));
        return ScriptedLog.Of(Contract, new WorkAgreementsContract.AgreementFundedEvent(
            negotiation, terms.Employer, terms.Talent, agreement, EscrowCalls.Of(terms), count,
            (BigInteger)Fees.Price(terms, 0, count).Units).Encode());
    }

    public static ScriptedLog NonceBurned(Terms terms) => ScriptedLog.Of(Contract, new WorkAgreementsContract.NonceBurnedEvent(
        TermsHash.Negotiation(terms.Talent, terms.Nonce), terms.Talent, terms.Nonce).Encode());

    public static ScriptedLog Submitted(Terms terms, int milestone) => ScriptedLog.Of(
        Contract, new WorkAgreementsContract.MilestoneSubmittedEvent(
            TermsHash.Negotiation(terms.Talent, terms.Nonce), terms.Employer, terms.Talent,
            TermsHash.Of(terms, ChainId, Contract), milestone, (BigInteger)terms.Amounts[milestone].Units,
            Hash32.Keccak("work"u8)).Encode());

    /// <summary>The milestone was closed at the whole claim.</summary>
    public static ScriptedLog Closed(Terms terms, int milestone)
    {
        var split = Fees.Close(terms.Amounts[milestone], terms.FeeBps, terms.Amounts[milestone]);
        return ScriptedLog.Of(Contract, new WorkAgreementsContract.MilestoneClosedEvent(
            TermsHash.Negotiation(terms.Talent, terms.Nonce), terms.Employer, terms.Talent, TermsHash.Of(terms, ChainId, Contract),
            milestone, (byte)Closing.Ruled, split.Pay.Units, split.Fee.Units, split.Refund.Units, 1).Encode());
    }

    private static ReadOnlyMemory<byte> Answer(CallRequest call, BlockHeader at) =>
        call.Data.Span.StartsWith(WorkAgreementsContract.Policy.SelectorBytes)
            ? WorkAgreementsContract.Policy.EncodeResult(ScriptedPolicy.Contract)
            : throw new EvmRevertException("The script knows no such call.", default);
}
