using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>
/// Holds signed words to what the contract will hold them to. Whoever relays is trusted with nothing: a word that passes here
/// and was altered afterwards fails there.
/// </summary>
public sealed class RelayDesk(MovePreparer moves, ISignatureRecovery recovery, TimeProvider clock)
{
    /// <summary>The call to relay, tried as the relayer will send it; or why it would fail.</summary>
    /// <param name="sender">Who pays for it.</param>
    public async Task<Outcome<RelayOrder>> Order(
        MoveGround ground, Address wallet, MoveRequest move, SignedWord word, string accountId, Address sender, CancellationToken ct)
    {
        var ordered = move.Move is EscrowMove.Settle or EscrowMove.Resolve
            ? await ByAnyone(ground, wallet, move, word, ct)
            : await BySignature(ground, wallet, move, word, ct);
        if (!ordered.Accepted(out var call, out var refusal)) return refusal;
        try
        {
            var gas = await MovePreparer.Simulate(ground.Chain.Node, new CallRequest(sender, call.To, call.Data), ct);
            return call with { AccountId = accountId, Gas = gas };
        }
        catch (EvmRevertException revert) when (Law.ErrorName(revert.RevertData.Span) == "NotSigned")
        {
            return EscrowState.Moved with { Error = "NotSigned" };
        }
        catch (EvmRevertException revert)
        {
            return Reverts.Read(revert);
        }
    }

    /// <summary>The consent to keep for the other side.</summary>
    public async Task<Outcome<Consent>> Consent(
        MoveGround ground, Address wallet, MoveRequest move, SignedWord word, CancellationToken ct)
    {
        if (!(await Check(ground, wallet, move, word, ct)).Accepted(out var plan, out var refusal)) return refusal;
        return plan.TakesBoth
            ? new Consent(
                plan.Move, wallet, plan.Milestone, plan.TalentBps, plan.Next, ground.State, word.Expiry, word.Signature,
                word.Digest, clock.GetUtcNow(), ground.View.Agreement!.Funded.Agreement)
            : new Refusal(RefusalCode.InvalidArgument, "Only what takes both sides is offered: AGREE and AMEND.", "move");
    }

    private async Task<Outcome<RelayOrder>> ByAnyone(
        MoveGround ground, Address wallet, MoveRequest move, SignedWord word, CancellationToken ct)
    {
        if (word.Signature.Length > 0)
            return new Refusal(RefusalCode.InvalidArgument, "Anyone can make this move: it needs no signature.", "signature");
        if (!(await moves.Plan(ground, wallet, move, ct)).Accepted(out var plan, out var refusal)) return refusal;
        var data = EscrowCalls.Encode(plan, []);
        var intent = Hash32.Keccak([.. plan.Contract.ToBytes(), .. ground.State.ToBytes(), .. data]);
        return new RelayOrder(intent, "", plan.Contract, data, 0);
    }

    private async Task<Outcome<RelayOrder>> BySignature(
        MoveGround ground, Address wallet, MoveRequest move, SignedWord word, CancellationToken ct)
    {
        if (!(await Check(ground, wallet, move, word, ct)).Accepted(out var plan, out var refusal)) return refusal;
        if (plan.TakesBoth && plan.Consent is null) return MovePreparer.NoConsent;
        var data = Law.CallBySignature.Encode(wallet, word.Expiry, EscrowCalls.Encode(plan, []), word.Signature);
        return new RelayOrder(word.Digest, "", plan.Contract, data, 0);
    }

    /// <summary>The plan that the wallet signed in the agreement's present state.</summary>
    private async Task<Outcome<MovePlan>> Check(
        MoveGround ground, Address wallet, MoveRequest move, SignedWord word, CancellationToken ct)
    {
        if (CallForm.Refuse(word.Expiry, await moves.Now(ground.Chain, ct)) is { } expired) return expired;
        if (!(await moves.Plan(ground, wallet, move, ct)).Accepted(out var plan, out var refusal)) return refusal;
        if (ground.Digest(plan, word.Expiry) is not { } digest) return MovePreparer.NotSignable;
        if (digest != word.Digest) return EscrowState.Moved;
        var signed = word.Signature.Length <= TermsRules.SignatureBytesMax && await ContractSignatures.IsValid(
            ground.Chain.Node, recovery, wallet, digest, word.Signature, BlockId.Latest, ct);
        return signed
            ? plan
            : new Refusal(RefusalCode.SignatureInvalid, "The wallet did not sign this.", "signature");
    }
}
