using System.Collections.Immutable;
using System.Globalization;
using Braintrust.Chain;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Reputation;

/// <summary>
/// A batch with its signed transaction is stored before anything is sent, and stays in hand until a final block anchors it. So
/// whatever is lost in between (this process, the node's pool, a block that held it), the same transaction is sent again; and
/// the contract takes each batch once, behind the head that it names.
/// </summary>
[GrainType("anchor"), KeepAlive, Reentrant]
public sealed class AnchorGrain : Grain, IAnchorGrain
{
    public const string StateName = "anchor/state";

    private static readonly StateKind<AnchorState> Kind = new(StateName, AnchorState.Empty, ReviewRows.Of);

    private readonly IFollowedChains _chains;
    private readonly ReputationContracts _contracts;
    private readonly IListings _listings;
    private readonly IChainLedger _ledger;
    private readonly TimeProvider _clock;
    private readonly ILogger<AnchorGrain> _logger;
    private readonly Committed<AnchorState> _state;
    private readonly ulong _chainId;
    private Task _working = Task.CompletedTask;
    private string? _trouble;

    public AnchorGrain(
        IFollowedChains chains, ReputationContracts contracts, IListings listings, IChainLedger ledger, ICommitStore store,
        TimeProvider clock, ILogger<AnchorGrain> logger)
    {
        (_chains, _contracts, _listings, _ledger, _clock, _logger) = (chains, contracts, listings, ledger, clock, logger);
        _chainId = unchecked((ulong)this.GetPrimaryKeyLong());
        var key = this.GetPrimaryKeyLong().ToString(CultureInfo.InvariantCulture);
        _state = new Committed<AnchorState>(Kind, key, store, clock, logger, _ => { }, DeactivateOnIdle);
    }

    public override Task OnActivateAsync(CancellationToken ct) => _state.Load(ct);

    public Task Wake()
    {
        if (_working.IsCompleted) _working = Work();
        return Task.CompletedTask;
    }

    private async Task Work()
    {
        try
        {
            if (_chains.Find(_chainId) is { Anchor: not null } chain) await Step(chain);
            if (_trouble is not null) _logger.LogInformation("Anchoring on chain {Chain} goes on", _chainId);
            _trouble = null;
        }
        catch (Exception away) when (
            away is ChainUnavailableException or ChainProtocolException or StorageUnavailableException)
        {
            Tell(LogLevel.Warning, away);
        }
        catch (Exception wrong)
        {
            // Nobody waits for this work: a bug is told here or nowhere.
            Tell(LogLevel.Error, wrong);
        }
    }

    /// <summary>Once for each kind of trouble, not at each beat.</summary>
    private void Tell(LogLevel level, Exception trouble)
    {
        if (_trouble != trouble.GetType().Name)
            _logger.Log(level, trouble, "Sealed reviews of chain {Chain} wait to be anchored", _chainId);
        _trouble = trouble.GetType().Name;
    }

    private async Task Step(FollowedChain chain)
    {
        var cursor = await _ledger.ReadCursor(_chainId, CancellationToken.None);
        if (cursor.Halted is not null) return;
        if (_state.State.InFlight is { } batch && !await Settled(chain, batch, cursor)) return;
        if (await Due(chain) is { IsEmpty: false } due) await Begin(chain, due);
    }

    /// <summary>The seals that are due, all for one contract: the oldest waited long enough, or they fill a batch.</summary>
    private async Task<ImmutableArray<StoredRow>> Due(FollowedChain chain)
    {
        var query = new ListingQuery(
            ReviewRows.Pending, [ListingCondition.Equal("chain", (long)_chainId)], [new("filed_ms")], SealedBatch.SealsMax);
        var waiting = (await _listings.Read(query, CancellationToken.None)).Rows;
        if (waiting.IsEmpty) return [];
        var oldest = DateTimeOffset.FromUnixTimeMilliseconds((long)waiting[0].Values[1]!);
        var enough = waiting.Length == SealedBatch.SealsMax
            || _clock.GetUtcNow() - oldest >= TimeSpan.FromMilliseconds(chain.Settings.AnchorIntervalMs);
        return enough
            ? [.. waiting.Where(row => ((byte[])row.Values[0]!).AsSpan().SequenceEqual((byte[])waiting[0].Values[0]!))]
            : [];
    }

    private async Task Begin(FollowedChain chain, ImmutableArray<StoredRow> due)
    {
        var contract = new Address((byte[])due[0].Values[0]!);
        var anchor = await _contracts.AnchorOf(_chainId, contract, CancellationToken.None);
        if (anchor != chain.Anchor!.Address)
            throw new InvalidOperationException(
                $"Only {anchor} anchors at {contract}; this server was given the key of {chain.Anchor.Address}.");
        // In the order of the seals, which are hashes: the order in which people filed stays their own.
        var seals = due.Select(row => new Hash32((byte[])row.Key[1])).Order().ToImmutableArray();
        var batch = await new AnchorWriter(chain).Write(contract, seals, CancellationToken.None);
        if ((await _state.Run(state => state.Begin(batch))).Accepted(out _, out _)) await Send(chain, batch);
    }

    /// <summary>True when a final block anchors the batch; it is out of hand then. Where no block does, it is pursued.</summary>
    private async Task<bool> Settled(FollowedChain chain, SealedBatch batch, ChainCursor cursor)
    {
        var standing = await Standing(batch);
        if (standing is null) await Pursue(chain, batch, cursor.FinalNo);
        if (standing is null || standing.At.Seen.BlockNo > cursor.FinalNo) return false;
        await _state.Run(state => state.Settle());
        _logger.LogInformation(
            "Batch {Batch} of {Count} sealed reviews is anchored for good at {Contract}", batch.Number, batch.Seals.Length, batch.Contract);
        return true;
    }

    private async Task Pursue(FollowedChain chain, SealedBatch batch, ulong finalNo)
    {
        var receipt = await chain.Node.GetReceipt(batch.Attempt.TxHash, CancellationToken.None);
        // Included, and the ledger is about to read it.
        if (receipt is { Succeeded: true }) return;
        var writer = new AnchorWriter(chain);
        var next = receipt is not null || await writer.IsOff(batch, finalNo, CancellationToken.None)
            ? await writer.Renumber(batch, CancellationToken.None)
            : await writer.Reprice(batch, CancellationToken.None);
        if (next != batch) await _state.Run(state => state.Change(next));
        await Send(chain, next);
    }

    private async Task<ReputationFact?> Standing(SealedBatch batch)
    {
        var entries = await _ledger.ReadStanding(_chainId, [Subject.Batch(batch.Contract, batch.Number)], CancellationToken.None);
        var root = batch.Root;
        return ReputationFacts.Among(entries).FirstOrDefault(fact => fact.At.Contract == batch.Contract
            && fact.Event is ReputationEvent.BatchAnchored anchored && anchored.Batch == batch.Number && anchored.Root == root);
    }

    /// <summary>What a node refuses is looked at again at the next beat: it may have been included meanwhile.</summary>
    private async Task Send(FollowedChain chain, SealedBatch batch)
    {
        try
        {
            await chain.Node.SendRaw(batch.Attempt.Raw, CancellationToken.None);
        }
        catch (TransactionRejectedException rejected)
        {
            _logger.LogInformation(rejected, "The node did not take the anchor of batch {Batch}", batch.Number);
        }
    }
}
