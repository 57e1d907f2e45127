using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;

namespace Braintrust.Escrow;

/// <summary>Turns an allowed move into a transaction that was tried on the node, or says why it would fail.</summary>
public sealed class MovePreparer(ContractBook book, TokenBook tokens, Permits permits, TimeProvider clock)
{
    /// <summary>Gas for a closing move that the node could not estimate: two payments of 200,000 and the rest.</summary>
    public const ulong GasWithoutEstimate = 800_000;

    private const int GasMarginPercent = 125;

    /// <summary>The transaction for the wallet to send.</summary>
    public async Task<Outcome<PreparedMove>> Prepare(MoveGround ground, Address wallet, MoveRequest move, CancellationToken ct)
    {
        if (!(await Plan(ground, wallet, move, ct)).Accepted(out var plan, out var refusal)) return refusal;
        if (plan.TakesBoth && plan.Consent is null) return NoConsent;
        var chain = ground.Chain;
        var unit = await tokens.Unit(chain.Node, plan.Terms.Token, ct);
        var data = EscrowCalls.Encode(plan, ground.Offer?.TalentSignature ?? []);
        if (!plan.Price.IsZero && await Approval(chain, plan, unit, wallet, ct) is { } first)
        {
            if (first.IsRefused || move.Permit is not { } permit) return first;
            if (!(await permits.Wrap(chain.Node, plan, wallet, permit, data, await Now(chain, ct), ct)).Accepted(out data, out refusal))
                return refusal;
        }

        var prepared = await Transaction(
            chain, new CallRequest(wallet, plan.Contract, data), plan.Summary(unit), plan.Effects(), null, ct);
        return prepared.Then<PreparedMove>(transaction => transaction with { Changes = Changes(plan) });
    }

    /// <summary>The same move for the wallet to sign and anybody to send.</summary>
    /// <param name="expiry">Last second, block time; 0 for a day from now.</param>
    public async Task<Outcome<SignableCall>> PrepareCall(
        MoveGround ground, Address wallet, MoveRequest move, ulong expiry, CancellationToken ct)
    {
        var now = await Now(ground.Chain, ct);
        if (expiry == 0) expiry = now.Next.After(CallForm.ExpirySecondsUnlessTold).Seconds;
        if (CallForm.Refuse(expiry, now) is { } expired) return expired;
        if (!(await Plan(ground, wallet, move, ct)).Accepted(out var plan, out var refusal)) return refusal;
        if (ground.Form(plan, expiry) is not { } form) return NotSignable;
        var node = ground.Chain.Node;
        if (form.HoldsState && await HasMoved(ground, plan, ct)) return Moved;
        var unit = await tokens.Unit(node, plan.Terms.Token, ct);
        if (!plan.Price.IsZero && await Approval(ground.Chain, plan, unit, wallet, ct) is { } approval)
            return approval.Accepted(out _, out refusal) ? NotAllowed(unit, plan) : refusal;
        var data = plan.TakesBoth && plan.Consent is null ? [] : EscrowCalls.Encode(plan, []);
        if (data.Length > 0 && await Reverting(node, new CallRequest(wallet, plan.Contract, data), ct) is { } reverting) return reverting;
        var typed = CallTypedData.Of(form, ground.Chain.Settings.ChainId, plan.Contract);
        return new SignableCall(
            ground.Chain.Settings.ChainId, wallet, plan.Contract, data, typed.Digest, ground.State, expiry, typed.ToJson(),
            plan.Summary(unit), plan.Effects(), Changes(plan));
    }

    /// <summary>The plan of a move that the law and the employer's own rules allow, with the other side's consent if it stands.</summary>
    public async Task<Outcome<MovePlan>> Plan(MoveGround ground, Address wallet, MoveRequest move, CancellationToken ct)
    {
        var (chain, view) = (ground.Chain, ground.View);
        var law = move.Move is EscrowMove.Fund or EscrowMove.BurnNonce && ground.Offer is { Terms: var terms }
            ? await book.Law(chain, terms.PolicyVersion, terms.Token, ct)
            : null;
        var court = await Courts.Ask(chain.Node, move.Move, view.Agreement, ct);
        var till = await Tills.Ask(chain.Node, move.Move, view.Agreement, wallet, ct);
        var now = await Now(chain, ct);
        if (!EscrowRules.Check(ground.Offer, view, wallet, move, now, law, court, till).Accepted(out var plan, out var refusal))
            return refusal;
        if (await ground.Allow(plan, wallet) is { } held) return held;
        return plan.TakesBoth ? plan with { Consent = ground.Other(plan, wallet, now.Head) } : plan;
    }

    /// <summary>Why the call would fail now, or null.</summary>
    private static async Task<Refusal?> Reverting(IEvmChain node, CallRequest call, CancellationToken ct)
    {
        try
        {
            await Simulate(node, call, ct);
            return null;
        }
        catch (EvmRevertException revert)
        {
            return Reverts.Read(revert);
        }
    }

    /// <summary>True when the node knows of another state than our facts tell: what is signed now would be worth nothing.</summary>
    private static async Task<bool> HasMoved(MoveGround ground, MovePlan plan, CancellationToken ct) =>
        await WorkAgreementsContract.StateWord.Call(
            ground.Chain.Node, plan.Contract, ground.View.Agreement!.Funded.Agreement, BlockId.Latest, ct) != ground.State;

    private static ImmutableArray<TermsChange> Changes(MovePlan plan) =>
        plan.Next is { } next ? TermsRules.Changes(plan.Terms, next) : [];

    private static Refusal NotAllowed(TokenUnit unit, MovePlan plan) => new(
        RefusalCode.InsufficientFunds,
        $"The escrow may not take {unit.Write(plan.Price)} from the wallet: prepare the transaction, which begins with the approval.", "wallet");

    internal static Refusal NoConsent { get; } =
        new(RefusalCode.WrongState, "The other side has not consented to this in the agreement's present state.");

    internal static Refusal NotSignable { get; } =
        new(RefusalCode.InvalidArgument, "This move is nobody's to sign: send it as a transaction.", "move");

    private static Refusal Moved { get; } =
        new(RefusalCode.StateMoved, "The agreement is moving on: look again, then sign.");

    /// <summary>The newest block's time, and the best guess of the next one's.</summary>
    public async Task<ChainClock> Now(FollowedChain chain, CancellationToken ct)
    {
        var head = await chain.Node.GetHeader(BlockId.Latest, ct)
            ?? throw new ChainUnavailableException($"The node of chain {chain.Settings.ChainId} has no newest block.");
        var wall = new BlockTime((ulong)clock.GetUtcNow().ToUnixTimeSeconds());
        return new ChainClock(head.Time, wall > head.Time ? wall : head.Time.After(1));
    }

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

    /// <summary>The same for the escrow, with a permit that would spare the approval.</summary>
    private async Task<Outcome<PreparedMove>?> Approval(
        FollowedChain chain, MovePlan plan, TokenUnit unit, Address wallet, CancellationToken ct)
    {
        if (await Approval(chain, "escrow", plan.Contract, plan.Price, unit, wallet, ct) is not { } approval) return null;
        if (approval.IsRefused) return approval;
        var deadline = (await Now(chain, ct)).Next.After(Permits.DeadlineSeconds).Seconds;
        var permit = await permits.Prepare(chain.Node, unit.Token, wallet, plan.Contract, plan.Price, deadline, ct);
        return permit is null ? approval : approval.Then<PreparedMove>(prepared => prepared with
        {
            Permit = new PreparedPermit(permit.ToJson(), plan.Price, deadline),
        });
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
    internal static async Task<ulong> Simulate(
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
