using Braintrust.Chain;

namespace Braintrust.Embedded;

/// <summary>
/// The contracts on a development chain: deployed once as any other chain's, with the first well-known key, registered, and
/// checked at every start against the deployment file.
/// </summary>
internal sealed class DevelopmentDeployment(
    IEvmChain chain, IContractRegistry registry, EmbeddedChainSettings settings, ILogger log)
{
    private string FilePath => Path.Combine(settings.DirectoryPath, "deployment.json");
    private string JournalPath => Path.Combine(settings.DirectoryPath, "deployment.journal");

    /// <summary>Makes sure that the deployment stands and is registered; what a lost chain took away is deployed anew.</summary>
    /// <returns>The deployment, and whether it is a new one.</returns>
    public async Task<(DeploymentFile File, bool IsNew)> Ensure(CancellationToken ct)
    {
        var standing = await Standing(ct);
        if (standing is null) await registry.Forget(chain.ChainId, ct);
        var file = standing ?? await Deploy(ct);
        var known = (await registry.Read(chain.ChainId, ct)).Select(contract => contract.Address).ToHashSet();
        foreach (var contract in file.Contracts.Where(contract => !known.Contains(contract.Address)))
        {
            await registry.Register(ConfiguredChains.Registered(file, contract), ct);
            log.LogInformation("{Done} {Kind} at {Address}", standing is null ? "Deployed" : "Registered", contract.Kind, contract.Address);
        }

        return (file, standing is null);
    }

    /// <summary>A journal that does not fit any more, since the chain or a setting changed, is no loss here: all is made anew.</summary>
    private async Task<DeploymentFile> Deploy(CancellationToken ct)
    {
        try
        {
            return await DeployOnce(ct);
        }
        catch (DeploymentException stuck) when (File.Exists(JournalPath))
        {
            log.LogWarning("The deployment cannot go on: {Reason} Beginning anew", stuck.Message);
            File.Delete(JournalPath);
            return await DeployOnce(ct);
        }
    }

    private async Task<DeploymentFile> DeployOnce(CancellationToken ct)
    {
        var journal = await DeploymentJournal.Open(JournalPath, ct);
        var file = await DevelopmentContracts.Deploy(
            chain, (ushort)settings.FeeBps, journal, news => log.LogDebug("Deployment: {News}", news.Text), ct);
        await file.Write(FilePath, ct);
        return file;
    }

    /// <summary>The deployment that the chain still holds. Of one that it lost nothing is kept, so that all of it is made anew.</summary>
    private async Task<DeploymentFile?> Standing(CancellationToken ct)
    {
        if (!File.Exists(FilePath)) return null;
        try
        {
            var file = await DeploymentFile.Read(FilePath, ct);
            var differences = await new DeploymentCheck(chain, file).Run(history: false, ct);
            if (differences.IsEmpty) return file;
            log.LogWarning("The development chain is not the one that was followed: {Difference} Forgetting it", differences[0]);
        }
        catch (DeploymentException unreadable)
        {
            log.LogWarning("{Reason} Forgetting the development chain", unreadable.Message);
        }

        File.Delete(FilePath);
        File.Delete(JournalPath);
        return null;
    }
}
