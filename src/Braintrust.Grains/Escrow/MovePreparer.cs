using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;

namespace Braintrust.Escrow;

/// <summary>Turns an allowed move into a transaction that was tried on the node, or says why it would fail.</summary>
public sealed class MovePreparer(ContractBook book, TokenBook tokens, TimeProvider clock)
{
    /// <summary>Gas for a closing move that the node could not estimate: two payments of 200,000 and the rest.</summary>
    public const ulong GasWithoutEstimate = 800_000;

    private const int GasMarginPercent = 125;

    /// <param name="allow">Asked once the law allows the move: why the employer's own rules do not, or null.</param>
    public async Task<Outcome<PreparedMove>> Prepare(
        FollowedChain chain, SignedTerms? offer, NegotiationOnChain view, Address wallet, MoveRequest move,
        Func<MovePlan, Address, Task<Refusal?>> allow, CancellationToken ct)
    {
        var law = move.Move == EscrowMove.Fund && offer is { Terms: var terms }
            ? await book.Law(chain, terms.PolicyVersion, terms.Token, ct)
            : null;
        var court = await Courts.Ask(chain.Node, move.Move, view.Agreement, ct);
        var checkedMove = EscrowRules.Check(offer, view, wallet, move, await Now(chain, ct), law, court);
        if (!checkedMove.Accepted(out var plan, out var refusal)) return refusal;
        if (await allow(plan, wallet) is { } held) return held;
        var unit = await tokens.Unit(chain.Node, plan.Terms.Token, ct);
        if (!plan.Price.IsZero && await Approval(chain, plan, unit, wallet, ct) is { } first) return first;
        var data = EscrowCalls.Encode(plan, offer?.TalentSignature ?? []);
        return await Transaction(
            chain, new CallRequest(wallet, plan.Contract, data), plan.Summary(unit), plan.Effects(), null, ct);
    }

    /// <summary>The newest block's time, and the best guess of the next one's.</summary>
    public async Task<ChainClock> Now(FollowedChain chain, CancellationToken ct)
    {
        var head = await chain.Node.GetHeader(BlockId.Latest, ct)
            ?? throw new ChainUnavailableException($"The node of chain {chain.Settings.ChainId} has no newest block.");
        var wall = new BlockTime((ulong)clock.GetUtcNow().ToUnixTimeSeconds());
        return new ChainClock(head.Time, wall > head.Time ? wall : head.Time.After(1));
    }

    private static Task<Outcome<PreparedMove>?> Approval(
        FollowedChain chain, MovePlan plan, TokenUnit unit, Address wallet, CancellationToken ct) =>
        Approval(chain, "escrow", plan.Contract, plan.Price, unit, wallet, ct);

    /// <summary>Null when the wallet has the tokens and the contract may take them; else a refusal or the approval.</summary>
    internal static async Task<Outcome<PreparedMove>?> Approval(
        FollowedChain chain, string spends, Address spender, Amount sum, TokenUnit unit, Address wallet, CancellationToken ct)
    {
        var (token, price) = (unit.Token, (BigInteger)sum.Units);
        var balance = await BraintrustTokenContract.BalanceOf.Call(chain.Node, token, wallet, BlockId.Latest, ct);
        if (balance < price)
            return new Refusal(
                RefusalCode.InsufficientFunds,
                $"The wallet has {unit.Write(new Amount((UInt128)balance))}; this takes {unit.Write(sum)}.", "wallet");
        var allowance = await BraintrustTokenContract.Allowance.Call(chain.Node, token, wallet, spender, BlockId.Latest, ct);
        if (allowance >= price) return null;
        var call = new CallRequest(wallet, token, BraintrustTokenContract.Approve.Encode(spender, price));
        var summary = $"Allow the {spends} {spender} to take {unit.Write(sum)} (token {token}).";
        return await Transaction(chain, call, summary, [], new PreparedApproval(token, spender, sum), ct);
    }

    internal static async Task<Outcome<PreparedMove>> Transaction(
        FollowedChain chain, CallRequest call, string summary, ImmutableArray<BalanceEffect> effects,
        PreparedApproval? approval, CancellationToken ct,
        ulong gasWithoutEstimate = GasWithoutEstimate)
    {
        ulong gas;
        try
        {
            gas = await Simulate(chain.Node, call, ct, gasWithoutEstimate);
        }
        catch (EvmRevertException revert)
        {
            return Reverts.Read(revert);
        }

        var (from, fees) = (call.From!.Value, await chain.Node.GetFees(ct));
        if (await chain.Node.GetBalance(from, BlockId.Latest, ct) < fees.MaxFeePerGas * gas)
            return new Refusal(
                RefusalCode.InsufficientFunds, $"The wallet cannot pay {gas} gas at {fees.MaxFeePerGas} wei each.", "wallet");
        var nonce = await chain.Node.GetNonce(from, BlockId.Pending, ct);
        return new PreparedMove(
            chain.Settings.ChainId, from, call.To!.Value, call.Data.ToArray(), gas, (UInt128)fees.MaxFeePerGas,
            (UInt128)fees.MaxPriorityFeePerGas, nonce, summary, effects, approval);
    }

    /// <summary>
    /// The gas to offer. Nodes estimate with the newest block's time, which stands still while nobody mines; what opens by
    /// time is then tried again with the time of the block to come.
    /// </summary>
    private static async Task<ulong> Simulate(
        IEvmChain node, CallRequest call, CancellationToken ct, ulong gasWithoutEstimate = GasWithoutEstimate)
    {
        try
        {
            return await node.EstimateGas(call, ct) * GasMarginPercent / 100;
        }
        catch (EvmRevertException revert) when (Reverts.OpensByTime(revert.RevertData.Span))
        {
            await node.Call(call, BlockId.Pending, ct);
            return gasWithoutEstimate;
        }
    }
}
