using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;

namespace Braintrust.Escrow;

/// <summary>Asks the contract what it keeps in the token of an agreement.</summary>
public static class Tills
{
    /// <summary>Null when the move takes nothing out of it, or more is kept than our sums hold.</summary>
    /// <exception cref="ChainUnavailableException">The node is away.</exception>
    public static async Task<TillWord?> Ask(
        IEvmChain node, EscrowMove move, AgreementOnChain? told, Address wallet, CancellationToken ct)
    {
        if (told is not { } agreement) return null;
        var (contract, token) = (agreement.Contract, agreement.Funded.Terms.Token);
        switch (move)
        {
            case EscrowMove.Withdraw:
                var (credit, withdrawals) = await WorkAgreementsContract.CreditOf.Call(
                    node, contract, wallet, token, BlockId.Latest, ct);
                return Word(credit, withdrawals, default);
            case EscrowMove.SweepFees:
                var (kept, _) = await WorkAgreementsContract.FeesOf.Call(node, contract, token, BlockId.Latest, ct);
                var policy = await WorkAgreementsContract.Policy.Call(node, contract, BlockId.Latest, ct);
                return Word(kept, 0, await PolicyContract.FeeReceiver.Call(node, policy, BlockId.Latest, ct));
            default:
                return null;
        }
    }

    private static TillWord? Word(BigInteger sum, BigInteger withdrawals, Address receiver) =>
        sum > UInt128.MaxValue ? null : new TillWord(new Amount((UInt128)sum), withdrawals, receiver);
}
