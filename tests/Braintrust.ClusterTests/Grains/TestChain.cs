using System.Numerics;
using System.Runtime.CompilerServices;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Escrow;
using Braintrust.Governance;
using Braintrust.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust;

/// <summary>A scripted chain with an escrow and a token on it, and how its tests wait.</summary>
public sealed class TestChain(GrainCluster cluster, FollowedChain followed)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly byte[] Code = [0xFE];
    private static int _nonce;

    public static Address Escrow { get; } = Address.Parse("0x00000000000000000000000000000000000e5c01");
    public static Address Token { get; } = Address.Parse("0x0000000000000000000000000000000000007031");

    public ScriptedChain Node { get; } = (ScriptedChain)followed.Node;
    public ulong Id => followed.Settings.ChainId;
    public FollowedChain Followed => followed;
    public IChainLedger Ledger => cluster.Storage.GetRequiredService<IChainLedger>();
    public IContractRegistry Registry => cluster.Storage.GetRequiredService<IContractRegistry>();

    /// <summary>What the policy says when it is called.</summary>
    public ScriptedPolicy Policy { get; } = new(Token);

    /// <summary>What the token says that anybody has and has allowed.</summary>
    public BigInteger TokenBalance { get; set; } = 1_000_000;
    public BigInteger TokenAllowance { get; set; } = 1_000_000;

    /// <summary>Set, every call to the escrow but views reverts with it.</summary>
    public byte[]? EscrowReverts { get; set; }

    /// <summary>What the escrow says of an agreement's state at a block; null for nothing.</summary>
    public Func<Hash32, BlockHeader, Hash32>? StateWord { get; set; }

    public async Task Register()
    {
        Node.OnCall(Escrow, CallEscrow);
        Policy.Answer(Node);
        Node.OnCall(Token, (call, _) => CallToken(call));
        for (var account = 0; account < 5; account++)
            Node.SetBalance(DevelopmentKeys.Address(account), BigInteger.Pow(10, 18));
        await Registry.Register(
            new RegisteredContract(Id, Escrow, EscrowFacts.ContractKind, 1, Hash32.Keccak(Code)), CancellationToken.None);
    }

    /// <summary>A new negotiation, whose offer can be funded for a day.</summary>
    public WorkStory Story() => new(
        Id, Escrow, Token, Interlocked.Increment(ref _nonce),
        (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 86_400);

    public IEscrowGrain Grain(WorkStory story) =>
        cluster.Grains.GetGrain<IEscrowGrain>(ChainKey.Of(Id, story.Negotiation));

    /// <summary>Waits for a view that a watcher gets.</summary>
    public Task<AgreementView> See(WorkStory story, Func<AgreementView, bool> wanted) =>
        Watching.For(ct => Grain(story).Watch(ct), wanted);

    /// <summary>Waits until the ledger has read up to the node's head.</summary>
    public Task<ChainCursor> Read() => Reach(cursor => cursor.HeadHash == Node.Head.Hash);

    public Task<ChainCursor> Reach(Func<ChainCursor, bool> wanted) =>
        Watching.For(ct => cluster.Progress.Watch(Id, ct), wanted);

    private ReadOnlyMemory<byte> CallEscrow(CallRequest call, BlockHeader at)
    {
        if (StateWord is { } state)
        {
            if (WorkAgreementsContract.StateWord.TryDecodeInput(call.Data.Span, out var agreement)) return state(agreement, at).ToBytes();
            if (WorkAgreementsContract.FeesOf.TryDecodeInput(call.Data.Span, out _)) return WorkAgreementsContract.FeesOf.EncodeResult(0, 0);
            if (WorkAgreementsContract.CreditOf.TryDecodeInput(call.Data.Span, out _, out _)) return WorkAgreementsContract.CreditOf.EncodeResult(0, 0);
        }

        if (call.Data.Span.StartsWith(WorkAgreementsContract.Policy.SelectorBytes))
            return WorkAgreementsContract.Policy.EncodeResult(ScriptedPolicy.Contract);
        return EscrowReverts is { } error ? throw new EvmRevertException("execution reverted", error) : ReadOnlyMemory<byte>.Empty;
    }

    private byte[] CallToken(CallRequest call) =>
        call.Data.Span.StartsWith(BraintrustTokenContract.BalanceOf.SelectorBytes)
            ? BraintrustTokenContract.BalanceOf.EncodeResult(TokenBalance)
            : BraintrustTokenContract.Allowance.EncodeResult(TokenAllowance);
}

internal static class Watching
{
    /// <summary>Reads a watch until it ends by itself.</summary>
    public static async Task ToTheEnd<T>(Func<CancellationToken, IAsyncEnumerable<T>> watch, Action? each = null)
    {
        using var bound = new CancellationTokenSource(TestChain.Patience);
        await foreach (var _ in Open(watch, bound.Token)) each?.Invoke();
    }

    /// <summary>The first value that is wanted. A watch that ends is opened again, as every client must.</summary>
    public static async Task<T> For<T>(Func<CancellationToken, IAsyncEnumerable<T>> watch, Func<T, bool> wanted)
    {
        using var bound = new CancellationTokenSource(TestChain.Patience);
        T? last = default;
        try
        {
            while (true)
                await foreach (var value in Open(watch, bound.Token))
                    if (wanted(last = value)) return value;
        }
        catch (OperationCanceledException) when (bound.IsCancellationRequested)
        {
            throw new TimeoutException($"Not seen within {TestChain.Patience}; the last was {last}.");
        }
    }

    /// <summary>
    /// A grain that is gone ends its watches or no longer knows them, and so does a silo, which can also leave one unanswered:
    /// all are the end.
    /// </summary>
    private static async IAsyncEnumerable<T> Open<T>(
        Func<CancellationToken, IAsyncEnumerable<T>> watch, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var values = watch(ct).GetAsyncEnumerator(ct);
        while (true)
        {
            try
            {
                if (!await values.MoveNextAsync()) yield break;
            }
            catch (Exception gone) when (gone is EnumerationAbortedException or OrleansMessageRejectionException
                or SiloUnavailableException or TimeoutException)
            {
                yield break;
            }

            yield return values.Current;
        }
    }
}
