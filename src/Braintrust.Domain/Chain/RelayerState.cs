using System.Collections.Immutable;
using Orleans;

namespace Braintrust.Chain;

/// <summary>A call that an account wants sent, once.</summary>
/// <param name="Intent">Names it for ever: what was signed, or a hash of a call that needs no signature. Never zero.</param>
/// <param name="AccountId">Who wants it: only that account may follow it.</param>
/// <param name="Gas">Gas limit, as simulated.</param>
[GenerateSerializer, Immutable, Alias("chain.RelayOrder")]
public sealed record RelayOrder(
    [property: Id(0)] Hash32 Intent, [property: Id(1)] string AccountId, [property: Id(2)] Address To,
    [property: Id(3)] byte[] Data, [property: Id(4)] ulong Gas);

/// <summary>A transaction of the relayer that no final block has decided yet, exactly as it is sent, again and again.</summary>
/// <param name="Intent">The order's; zero for one that only fills a gap of nonces.</param>
/// <param name="MaxFeePerGas">Wei per gas.</param>
/// <param name="Raw">The signed bytes.</param>
/// <param name="SignedAt">When these bytes were signed: one that waits for long is signed again with a higher fee.</param>
[GenerateSerializer, Immutable, Alias("chain.RelayedTransaction")]
public sealed record RelayedTransaction(
    [property: Id(0)] Hash32 Intent, [property: Id(1)] string AccountId, [property: Id(2)] ulong Nonce,
    [property: Id(3)] Address To, [property: Id(4)] byte[] Data, [property: Id(5)] ulong Gas,
    [property: Id(6)] UInt128 MaxFeePerGas, [property: Id(7)] UInt128 MaxPriorityFeePerGas, [property: Id(8)] Hash32 TxHash,
    [property: Id(9)] byte[] Raw, [property: Id(10)] DateTimeOffset SignedAt)
{
    public bool FillsGap => Intent.IsZero;
}

/// <summary>What a relayer has sent and may have to send again.</summary>
[GenerateSerializer, Immutable, Alias("chain.RelayerState")]
public sealed record RelayerState
{
    public static readonly RelayerState Empty = new();

    [Id(0)] public long Version { get; init; }

    /// <summary>No nonce below it is given to another transaction.</summary>
    [Id(1)] public ulong NextNonce { get; init; }

    /// <summary>In the order of their nonces.</summary>
    [Id(2)] public ImmutableArray<RelayedTransaction> Waiting { get; init; } = [];
}

/// <summary>What a repeated request answers.</summary>
[GenerateSerializer, Immutable, Alias("chain.RelayReceipt")]
public sealed record RelayReceipt([property: Id(0)] Hash32 Intent);

/// <summary>How a relayer stands.</summary>
/// <param name="Balance">Of the chain's own coin, wei, at most 2^128 - 1.</param>
/// <param name="Low">Why it relays nothing at the moment, or null.</param>
/// <param name="Waiting">Transactions that no final block has decided.</param>
[GenerateSerializer, Immutable, Alias("chain.RelayerStatus")]
public sealed record RelayerStatus(
    [property: Id(0)] Address Address, [property: Id(1)] UInt128 Balance, [property: Id(2)] string? Low,
    [property: Id(3)] int Waiting);

/// <summary>What an account may have relayed, and what the relayer spends.</summary>
public sealed record RelayLimits
{
    /// <summary>Calls that are relayed for one account in 24 hours.</summary>
    public int AccountCallsPerDayMax { get; init; } = 50;

    /// <summary>Gas of one call.</summary>
    public ulong GasMax { get; init; } = 2_000_000;

    /// <summary>Transactions that no final block has decided: beyond it nothing new is taken.</summary>
    public int WaitingMax { get; init; } = 64;

    /// <summary>Balance of the chain's own coin below which nothing new is taken, in thousandths of the coin.</summary>
    public int BalanceMilliMin { get; init; } = 10;

    /// <summary>Fee cap that is never exceeded, gwei per gas.</summary>
    public int FeeGweiMax { get; init; } = 500;

    /// <summary>Seconds after which a transaction that is in no block is sent again with a higher fee.</summary>
    public int StuckSeconds { get; init; } = 60;
}
