using System.Collections.Concurrent;
using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Governance;

/// <param name="CodeHash">keccak of the code that stands at the address now.</param>
/// <param name="CreationCodeHash">What made it; null when it is no code that this server knows.</param>
public sealed record StandingContract(
    RegisteredContract Registered, Hash32 CodeHash, Hash32? CreationCodeHash, ImmutableArray<AuditRecord> Records);

/// <summary>
/// The contracts that this server believes, as they stand on the chain. The node is asked every half minute at most,
/// whoever asks: the method is open to everybody.
/// </summary>
public sealed class StandingContracts(IContractRegistry registry, TimeProvider clock)
{
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ulong, (ImmutableArray<StandingContract> Contracts, long ReadAt)> _seen = new();
    private readonly ConcurrentDictionary<ulong, SemaphoreSlim> _reading = new();

    /// <exception cref="ChainUnavailableException">The node is away, and nothing recent is known.</exception>
    public async Task<ImmutableArray<StandingContract>> Read(FollowedChain chain, CancellationToken ct)
    {
        var id = chain.Settings.ChainId;
        if (Recent(id) is { } known) return known;
        // Every prepared move asks: of many callers at once one reads.
        var reading = _reading.GetOrAdd(id, _ => new SemaphoreSlim(1));
        await reading.WaitAsync(ct);
        try
        {
            return Recent(id) ?? await Look(chain, ct);
        }
        finally
        {
            reading.Release();
        }
    }

    private ImmutableArray<StandingContract>? Recent(ulong chain) =>
        _seen.TryGetValue(chain, out var seen) && clock.GetElapsedTime(seen.ReadAt) < MaxAge ? seen.Contracts : null;

    private async Task<ImmutableArray<StandingContract>> Look(FollowedChain chain, CancellationToken ct)
    {
        var id = chain.Settings.ChainId;
        var registered = await registry.Read(id, ct);
        var contracts = await Task.WhenAll(registered.Select(contract => Look(chain, contract, ct)));
        ImmutableArray<StandingContract> sorted = [.. contracts.OrderBy(contract => contract.Registered.Kind, StringComparer.Ordinal)];
        _seen[id] = (sorted, clock.GetTimestamp());
        return sorted;
    }

    private static async Task<StandingContract> Look(FollowedChain chain, RegisteredContract contract, CancellationToken ct)
    {
        var code = await chain.Node.GetCode(contract.Address, BlockId.Latest, ct);
        var creation = AuditRegister.Identify(contract.Kind, code.Span);
        return new StandingContract(contract, Hash32.Keccak(code.Span), creation, creation is { } made ? AuditRegister.Of(made) : []);
    }
}
