using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;
using Orleans.Concurrency;

namespace Braintrust.Disputes;

/// <summary>It coordinates; what is allowed is in <see cref="DisputeRules"/>, what is true in the ledger.</summary>
[GrainType("arbiter"), Reentrant]
public sealed class ArbiterGrain : Grain, IArbiterGrain
{
    private readonly CourtServices _services;
    private readonly IChainLedger _ledger;
    private readonly IContractRegistry _registry;
    private readonly DisputeReader<ArbiterOnChain> _reader;
    private readonly Folding<ArbiterView> _folding;
    private readonly ulong _chainId;
    private readonly Address _account;

    public ArbiterGrain(CourtServices services, IChainLedger ledger, IContractRegistry registry)
    {
        (_services, _ledger, _registry) = (services, ledger, registry);
        (_chainId, _account) = ArbiterKey.Parse(this.GetPrimaryKeyString());
        var subject = Subject.Arbiter(_account);
        // Others' events change nothing of its fold.
        _reader = new DisputeReader<ArbiterOnChain>(_chainId, subject, ledger, _ => true, ArbiterOnChain.Empty, Fold);
        _folding = new Folding<ArbiterView>(services, GrainContext, _chainId, subject, _reader, () => View);
    }

    private FollowedChain? Chain => _services.Chains.Find(_chainId);

    private ArbiterView View => new()
    {
        ChainId = _chainId,
        Account = _account,
        Version = new ViewVersion(0, _reader.ChangedAt),
        Arbiter = _reader.Fold with
        {
            Seen = _reader.Fold.Seen?.At(_reader.Cursor, Chain?.Settings.ConfirmationsNeeded ?? 0),
        },
        Retractions = _reader.Retractions,
        Cursor = _reader.Cursor,
    };

    public override async Task OnActivateAsync(CancellationToken ct)
    {
        if (Chain is not null) await _folding.Begin(GrainFactory.GetGrain<IArbiterGrain>(this.GetPrimaryKeyString()).Look);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        _folding.End();
        return Task.CompletedTask;
    }

    public Task<ArbiterView> Read()
    {
        // Addresses cost a stranger nothing: one that no court ever named must not stay in memory.
        if (_reader.ChangedAt == 0 && !_folding.IsWatched) DeactivateOnIdle();
        return Task.FromResult(View);
    }

    public async Task<Outcome<PreparedMove>> Prepare(Caller caller, ArbiterRequest request)
    {
        if (Chain is not { } chain) return new Refusal(RefusalCode.ChainMismatch, "This server does not follow that chain.", "name");
        if (_services.Hindrance(_chainId, caller, _account, _reader.Cursor) is { } hindered) return hindered;
        var known = await _registry.Read(_chainId, CancellationToken.None);
        if (!known.Any(contract => contract.Kind == DisputeFacts.ContractKind && contract.Address == request.Court))
            return new Refusal(RefusalCode.ChainMismatch, "This server follows no such court.", "court");
        return await _services.Moves.Prepare(chain, _reader.Fold, _account, request, CancellationToken.None);
    }

    public IAsyncEnumerable<ArbiterView> Watch(CancellationToken ct = default) => _folding.Watch(ct);

    public Task Look(long pos) => _folding.Look(pos);

    private async ValueTask<ArbiterOnChain> Fold(IReadOnlyList<DisputeFact> facts, ChainCursor cursor)
    {
        var fold = facts.Aggregate(
            ArbiterOnChain.Empty, (view, fact) => ArbiterFold.Apply(view, fact.Event, fact.At, _account));
        return fold with { Seats = await WithWindows(fold.Seats, cursor.FinalNo) };
    }

    /// <summary>The seats with their deadlines, which the rules of their cases tell.</summary>
    private async Task<ImmutableArray<LockedSeat>> WithWindows(ImmutableArray<LockedSeat> seats, ulong finalNo)
    {
        if (seats.IsEmpty) return seats;
        var facts = DisputeFacts.Among(await _ledger.ReadStanding(
            _chainId, [.. seats.Select(seat => Subject.Case(seat.CaseId)).Distinct()], CancellationToken.None)).ToArray();
        var told = ImmutableArray.CreateBuilder<LockedSeat>();
        foreach (var seat in seats)
        {
            var about = await _services.Folder.Fold(_chainId, seat.CaseId, facts, finalNo, CancellationToken.None);
            told.Add(about is null ? seat : seat.Under(about.Rules));
        }

        return told.ToImmutable();
    }
}
