using System.Collections.Immutable;

namespace Braintrust.Chain;

/// <summary>
/// The queue of a relayer. Every transaction is written with its nonce and its bytes before it is sent, and stays until a
/// final block has decided its nonce; so whatever is lost is sent again, and no call is ever signed under two nonces.
/// </summary>
public static class RelayRules
{
    /// <summary>Side table of the calls that were ever taken: the uniqueness of a call is the uniqueness of its row.</summary>
    public const string Table = "relayed";

    private const long GweiWei = 1_000_000_000;

    /// <summary>What nodes want of a replacement: an eighth more, and a little for rounding.</summary>
    private const uint RaisePercent = 13;

    /// <summary>The nonce of the next transaction.</summary>
    /// <param name="counted">Transactions of the relayer that the node knows, its pool included.</param>
    public static ulong NextNonce(RelayerState state, ulong counted) => Math.Max(state.NextNonce, counted);

    /// <summary>Takes a transaction into the queue. Refused: RelayUnavailable, when too many wait.</summary>
    /// <exception cref="ArgumentException">Its nonce was given to another one.</exception>
    public static Outcome<RelayerState> Queue(RelayerState state, RelayedTransaction next, int waitingMax)
    {
        if (next.Nonce < state.NextNonce) throw new ArgumentException($"The nonce {next.Nonce} is given away.", nameof(next));
        if (state.Waiting.Length >= waitingMax)
            return new Refusal(RefusalCode.RelayUnavailable, $"{waitingMax} transactions wait to be included: try again later.");
        return state with
        {
            Version = state.Version + 1, NextNonce = next.Nonce + 1, Waiting = state.Waiting.Add(next),
        };
    }

    /// <summary>Fills a gap of nonces, which would hold up everything behind it.</summary>
    public static Outcome<RelayerState> Fill(RelayerState state, RelayedTransaction filler) =>
        state.Waiting.Any(waiting => waiting.Nonce == filler.Nonce)
            ? state
            : state with
            {
                Version = state.Version + 1, Waiting = [.. state.Waiting.Append(filler).OrderBy(waiting => waiting.Nonce)],
            };

    /// <summary>The same call under the same nonce with a higher fee.</summary>
    public static Outcome<RelayerState> Raise(RelayerState state, RelayedTransaction raised)
    {
        var at = Place(state, raised.Nonce);
        return at < 0 || state.Waiting[at].Intent != raised.Intent
            ? state
            : state with { Version = state.Version + 1, Waiting = state.Waiting.SetItem(at, raised) };
    }

    /// <summary>Nonces below <paramref name="finalNonce"/> are decided for good.</summary>
    public static Outcome<RelayerState> Forget(RelayerState state, ulong finalNonce) =>
        state.Waiting.All(waiting => waiting.Nonce >= finalNonce)
            ? state
            : state with
            {
                Version = state.Version + 1, Waiting = [.. state.Waiting.Where(waiting => waiting.Nonce >= finalNonce)],
            };

    /// <summary>A fee that nodes take as a replacement of <paramref name="before"/>, or null when the cap forbids it.</summary>
    public static UInt128? RaisedFee(UInt128 before, UInt128 asked, UInt128 cap)
    {
        var least = before + before * RaisePercent / 100 + 1;
        var fee = asked > least ? asked : least;
        return fee <= cap ? fee : least <= cap ? cap : null;
    }

    public static UInt128 FeeCap(RelayLimits limits) => (UInt128)limits.FeeGweiMax * GweiWei;

    /// <summary>Wei below which the relayer takes nothing new.</summary>
    public static UInt128 BalanceMin(RelayLimits limits) => (UInt128)limits.BalanceMilliMin * 1_000_000 * GweiWei;

    /// <summary>What every waiting transaction may cost, wei.</summary>
    public static UInt128 Reserved(RelayerState state) =>
        state.Waiting.Aggregate(UInt128.Zero, (sum, waiting) => sum + waiting.Gas * waiting.MaxFeePerGas);

    /// <summary>One row for each call taken, inserted: a call that has one already refuses the whole write.</summary>
    public static ImmutableArray<Row> Rows(ulong chainId, Address relayer, RelayerState before, RelayerState after)
    {
        var known = before.Waiting.Select(waiting => waiting.Intent).ToHashSet();
        return
        [
            .. after.Waiting.Where(waiting => !waiting.FillsGap && !known.Contains(waiting.Intent)).Select(waiting => new Row(
                Table, RowChange.Insert, [(long)chainId, waiting.Intent.ToBytes()],
                [
                    waiting.AccountId, relayer.ToBytes(), (long)waiting.Nonce, waiting.TxHash.ToBytes(),
                    waiting.SignedAt.ToUnixTimeMilliseconds(),
                ])),
        ];
    }

    private static int Place(RelayerState state, ulong nonce)
    {
        for (var i = 0; i < state.Waiting.Length; i++)
            if (state.Waiting[i].Nonce == nonce)
                return i;
        return -1;
    }
}
