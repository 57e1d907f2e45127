using System.Collections.Immutable;
using System.Numerics;

namespace Braintrust.Chain;

/// <summary>What a deployment tells while it goes on.</summary>
/// <param name="Receipt">Of the transaction that the step is; null before it is included.</param>
public sealed record DeploymentNews(string Step, string Text, TxReceipt? Receipt);

/// <summary>How patiently a deployment waits for one transaction to be included.</summary>
/// <param name="Max">Then it gives up; run again, it goes on where it was.</param>
/// <param name="BumpAfter">Then the same transaction is signed anew at the node's present fees, at least an eighth more.</param>
/// <param name="Poll">How often the node is asked.</param>
public sealed record DeploymentPatience(TimeSpan Max, TimeSpan BumpAfter, TimeSpan Poll)
{
    public static DeploymentPatience Development { get; } = new(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(10));
    public static DeploymentPatience Chain { get; } = new(TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(3), TimeSpan.FromSeconds(1));
}

/// <summary>
/// Puts a whole system on a chain, the only way there is. It can die at any point and be run again with the same journal:
/// what was signed is sent again, what is included is left alone.
/// </summary>
public sealed class Deployment(
    IEvmChain chain, IEvmSigner deployer, DeploymentPlan plan, DeploymentJournal journal, DeploymentPatience patience,
    TimeProvider clock, Action<DeploymentNews> tell)
{
    /// <summary>Signings of one nonce, after which a person should look.</summary>
    private const int SigningsMax = 10;

    private ulong FirstNonce => journal.Head!.FirstNonce;

    /// <returns>The deployment, checked against the chain when its last block had the plan's confirmations.</returns>
    /// <exception cref="DeploymentException">Nothing was sent that the journal does not hold; the message says what to do.</exception>
    /// <exception cref="ChainUnavailableException">The node is away or includes nothing: run it again.</exception>
    public async Task<DeploymentFile> Run(CancellationToken ct)
    {
        await Begin(ct);
        var steps = new DeploymentSteps(plan, deployer.Address, FirstNonce);
        while (true)
        {
            var receipts = ImmutableArray.CreateBuilder<TxReceipt>();
            foreach (var (step, i) in steps.All.Select((step, i) => (step, i))) receipts.Add(await Included(step, FirstNonce + (ulong)i, ct));
            if (!await Confirmed(receipts, ct)) continue;
            var file = await new DeploymentRecord(chain, plan, steps, receipts.ToImmutable(), FirstNonce).Make(ct);
            var differences = await new DeploymentCheck(chain, file).Run(history: true, ct);
            return differences.IsEmpty
                ? file
                : throw new DeploymentException("What was deployed is not what was planned:\n" + string.Join('\n', differences));
        }
    }

    private async Task Begin(CancellationToken ct)
    {
        if (chain.ChainId != plan.ChainId) throw new DeploymentException($"The plan is for chain {plan.ChainId}, not {chain.ChainId}.");
        if (plan.Roles.Append(("policy.treasury", plan.Policy.Treasury)).FirstOrDefault(role => role.Item2 == deployer.Address) is (not null, _) held)
            throw new DeploymentException($"The plan makes the deployer {deployer.Address} {held.Item1}: it must be left without any power.");
        if (plan.Token.Existing is { } token && (await chain.GetCode(token, BlockId.Latest, ct)).IsEmpty)
            throw new DeploymentException($"There is no token at {token} on chain {chain.ChainId}.");
        if (journal.Head is not { } head)
        {
            var next = await chain.GetNonce(deployer.Address, BlockId.Pending, ct);
            await journal.Begin(new JournalHead(plan.ChainId, deployer.Address, plan.Hash, next), ct);
        }
        else if (head != new JournalHead(plan.ChainId, deployer.Address, plan.Hash, head.FirstNonce))
        {
            throw new DeploymentException(
                $"The journal belongs to plan {head.PlanHash} by {head.Deployer} on chain {head.ChainId}. Go on with those, or name another journal.");
        }
    }

    private async Task<TxReceipt> Included(DeploymentStep step, ulong nonce, CancellationToken ct)
    {
        if (journal.Of(nonce).IsEmpty) await Sign(step, nonce, ct);
        var since = clock.GetTimestamp();
        using var timer = new PeriodicTimer(patience.Poll, clock);
        do
        {
            foreach (var entry in journal.Of(nonce))
                if (await chain.GetReceipt(entry.Hash, ct) is { } receipt) return Believed(step, receipt);
            await Broadcast(step, nonce, clock.GetElapsedTime(since), ct);
        }
        while (clock.GetElapsedTime(since) < patience.Max && await timer.WaitForNextTickAsync(ct));

        if (await chain.GetNonce(deployer.Address, BlockId.Latest, ct) > nonce)
            throw new DeploymentException(
                $"{deployer.Address} used nonce {nonce} for something else than '{step.Name}': begin anew, with a new journal.");
        throw new ChainUnavailableException(
            $"'{step.Name}' was not included within {patience.Max.TotalSeconds:F0} s. Run it again: it goes on where it was.");
    }

    private TxReceipt Believed(DeploymentStep step, TxReceipt receipt)
    {
        if (!receipt.Succeeded) throw new DeploymentException($"'{step.Name}' failed in {receipt.TxHash}: begin anew, with a new journal.");
        tell(new DeploymentNews(step.Name, $"{step.Name} is in block {receipt.BlockNo}, {receipt.GasUsed} gas", receipt));
        return receipt;
    }

    /// <summary>The same bytes again when the node lost them; other fees when those do not do any more.</summary>
    private async Task Broadcast(DeploymentStep step, ulong nonce, TimeSpan waited, CancellationToken ct)
    {
        var signed = journal.Of(nonce);
        var slow = waited > patience.BumpAfter * signed.Length;
        if (!slow && await chain.HasTransaction(signed[^1].Hash, ct)) return;
        if (await chain.GetNonce(deployer.Address, BlockId.Latest, ct) > nonce) return;
        if (slow) await Sign(step, nonce, ct);
        try
        {
            await chain.SendRaw(Hex.Bytes(journal.Of(nonce)[^1].Raw), ct);
        }
        catch (TransactionRejectedException refused)
        {
            // One of the others may have been included in this moment.
            if (await chain.GetNonce(deployer.Address, BlockId.Latest, ct) > nonce) return;
            tell(new DeploymentNews(step.Name, $"the node refused '{step.Name}' ({refused.Message}): signing it anew", null));
            await Sign(step, nonce, ct);
        }
    }

    private async Task Sign(DeploymentStep step, ulong nonce, CancellationToken ct)
    {
        var earlier = journal.Of(nonce);
        if (earlier.Length >= SigningsMax) throw new DeploymentException($"'{step.Name}' was signed {SigningsMax} times and not included.");
        var fees = await chain.GetFees(ct);
        var (tip, cap) = (fees.MaxPriorityFeePerGas, fees.MaxFeePerGas);
        if (!earlier.IsEmpty && SignedTransaction.TryDecode(Hex.Bytes(earlier[^1].Raw), SignatureRecovery.Instance, out var last))
            (tip, cap) = (Raised(last.Transaction.MaxPriorityFeePerGas, tip), Raised(last.Transaction.MaxFeePerGas, cap));
        var gas = await Gas(step, ct);
        var transaction = new Eip1559Transaction(plan.ChainId, nonce, tip, cap, gas + gas / 5, step.To, 0, step.Data);
        var signed = await transaction.Sign(deployer, ct);
        await journal.Add(new JournalEntry(step.Name, nonce, signed.Hash, Hex.Of(signed.Raw.Span)), ct);
    }

    /// <summary>Nodes replace a transaction for a tenth more, and some ask for an eighth.</summary>
    private static BigInteger Raised(BigInteger before, BigInteger now) => BigInteger.Max(now, before + before / 8 + 1);

    private async Task<ulong> Gas(DeploymentStep step, CancellationToken ct)
    {
        try
        {
            return await chain.EstimateGas(new CallRequest(deployer.Address, step.To, step.Data), ct);
        }
        catch (EvmRevertException refused)
        {
            throw new DeploymentException($"'{step.Name}' would fail: {refused.Message} {Hex.Of(refused.RevertData.Span)}");
        }
    }

    /// <summary>False when a reorganisation took a transaction out of its block meanwhile.</summary>
    private async Task<bool> Confirmed(IReadOnlyCollection<TxReceipt> receipts, CancellationToken ct)
    {
        var last = receipts.Max(receipt => receipt.BlockNo);
        var since = clock.GetTimestamp();
        using var timer = new PeriodicTimer(patience.Poll, clock);
        while ((await chain.GetHeader(BlockId.Latest, ct))?.Number + 1 < last + (ulong)plan.Confirmations)
        {
            if (clock.GetElapsedTime(since) > patience.Max)
                throw new ChainUnavailableException($"Block {last} has not had {plan.Confirmations} confirmations. Run it again: all is sent.");
            await timer.WaitForNextTickAsync(ct);
        }

        foreach (var receipt in receipts)
            if ((await chain.GetReceipt(receipt.TxHash, ct))?.BlockHash != receipt.BlockHash) return false;
        return true;
    }
}
