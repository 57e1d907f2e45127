namespace Braintrust.Chain;

/// <summary>Whose logs are read on a chain.</summary>
/// <param name="Contracts">The registered contracts whose logs are kept.</param>
/// <param name="Registered">How many contracts of any kind are registered: what was read is good for no others.</param>
/// <param name="Late">How many contracts have not caught up: what was read left their logs out.</param>
/// <param name="Behind">Those that were registered late and are read by themselves until they have caught up.</param>
internal sealed record Watched(IReadOnlyList<RegisteredContract> Contracts, int Registered, int Late, IReadOnlyList<Backfill> Behind)
{
    /// <summary>The first block worth reading.</summary>
    public ulong First => Contracts.Min(contract => contract.FromBlock);

    public static async ValueTask<Watched> Read(IContractRegistry registry, ulong chain, CancellationToken ct)
    {
        var all = await registry.Read(chain, ct);
        Watched watched = new([.. all.Where(contract => FollowedLogs.Follows(contract.Kind))], all.Count, 0, []);
        var behind = await registry.ReadBackfills(chain, ct);
        return watched with { Late = behind.Count, Behind = [.. behind.Where(late => watched.Contracts.Any(c => c.Address == late.Contract))] };
    }

    public RegisteredContract Of(Backfill late) => Contracts.First(contract => contract.Address == late.Contract);

    /// <summary>Contracts that have caught up and may have logs in some block up to this one.</summary>
    public IReadOnlyList<RegisteredContract> UpTo(ulong block) =>
        [.. Contracts.Where(contract => contract.FromBlock <= block && Behind.All(late => late.Contract != contract.Address))];
}
