using System.Numerics;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.ReputationContract;

namespace Braintrust.Reputation;

/// <summary>
/// A Reputation contract on a scripted chain. It keeps nothing: what it answers, its logs on the canonical chain say, so that
/// forks take it back as they do a real one.
/// </summary>
/// <param name="escrow">The escrow that it is bound to.</param>
public sealed class ScriptedReputation(ScriptedChain chain, Address escrow)
{
    public static readonly Address Contract = Address.Parse("0x00000000000000000000000000000000004e9001");

    public static LocalSigner Anchor { get; } = DevelopmentKeys.Signer(DevelopmentContracts.Anchor);

    /// <summary>Lets the chain answer calls to the contract, and execute what its anchor sends.</summary>
    public void Answer()
    {
        chain.OnCall(Contract, (call, _) => Answer(call));
        chain.SetBalance(Anchor.Address, BigInteger.Pow(10, 18));
        chain.Execute = transaction => transaction.Transaction.To == Contract ? Execute(transaction) : ScriptedExecution.Success();
    }

    public IReadOnlyList<Law.BatchAnchoredEvent> Batches => Among(chain.Blocks.SelectMany(block => block.Logs));

    private Hash32 Head => Known is [.., var last] ? last.Head : default;

    /// <summary>With those of the block that is being made.</summary>
    private IReadOnlyList<Law.BatchAnchoredEvent> Known => [.. Batches, .. Among(chain.Making)];

    private ReadOnlyMemory<byte> Answer(CallRequest call)
    {
        var data = call.Data.Span;
        if (data.StartsWith(Law.Agreements.SelectorBytes)) return Law.Agreements.EncodeResult(escrow);
        if (data.StartsWith(Law.AnchorConstant.SelectorBytes)) return Law.AnchorConstant.EncodeResult(Anchor.Address);
        if (data.StartsWith(Law.Head.SelectorBytes)) return Law.Head.EncodeResult(Head);
        if (data.StartsWith(Law.LastBatch.SelectorBytes)) return Law.LastBatch.EncodeResult(Batches.Count);
        if (Law.BatchOf.TryDecodeInput(data, out var number))
        {
            var batch = Batches[(int)number - 1];
            return Law.BatchOf.EncodeResult(new(batch.Root, (uint)batch.Count, 0));
        }

        if (Law.CredentialOf.TryDecodeInput(data, out _)) return Law.CredentialOf.EncodeResult(default, Address.Zero, 0);
        return Law.Claim.TryDecodeInput(data, out _) || Law.ClaimFor.TryDecodeInput(data, out _, out _, out _)
            ? throw new EvmRevertException("execution reverted", new Law.NothingPaidError(default).Encode())
            : throw new EvmRevertException("The script knows no such call.", default);
    }

    private ScriptedExecution Execute(SignedTransaction transaction)
    {
        if (transaction.From != Anchor.Address
            || !Law.Anchor.TryDecodeInput(transaction.Transaction.Data.Span, out var previous, out var root, out var count)
            || previous != Head) return ScriptedExecution.Reverted;
        var batch = Known.Count + 1;
        var words = new AbiWriter();
        var at = words.Reserve(4 * AbiWriter.WordBytes);
        words.UInt256(at, new BigInteger(previous.ToBytes(), isUnsigned: true, isBigEndian: true), 256);
        words.UInt256(at + AbiWriter.WordBytes, batch, 256);
        words.UInt256(at + 2 * AbiWriter.WordBytes, new BigInteger(root.ToBytes(), isUnsigned: true, isBigEndian: true), 256);
        words.UInt256(at + 3 * AbiWriter.WordBytes, count, 32);
        return ScriptedExecution.Success(ScriptedLog.Of(
            Contract, new Law.BatchAnchoredEvent(batch, root, previous, Hash32.Keccak(words.ToArray()), count).Encode()));
    }

    private static IReadOnlyList<Law.BatchAnchoredEvent> Among(IEnumerable<PlacedLog> logs) =>
    [
        .. logs.Where(placed => placed.Log.Contract == Contract)
            .Select(placed => Law.BatchAnchoredEvent.TryDecode([.. placed.Log.Topics], placed.Log.Data.Span, out var anchored)
                ? anchored
                : (Law.BatchAnchoredEvent?)null)
            .OfType<Law.BatchAnchoredEvent>(),
    ];
}
