using Braintrust.Chain;
using Braintrust.Embedded;
using Braintrust.Storage;

namespace Braintrust;

/// <summary>What the executable can do. The verbs work when the server itself cannot start.</summary>
public static class Verbs
{
    private const int Success = 0;
    private const int Failure = 1;

    public static async Task<int> Run(string[] args)
    {
        try
        {
            await using var app = BraintrustHost.Build(args);
            await app.RunAsync();
            return Success;
        }
        catch (Exception trouble) when (IsToldByItsMessage(trouble))
        {
            await Console.Error.WriteLineAsync(trouble.Message);
            return Failure;
        }
    }

    public static int Unknown(string verb)
    {
        Console.Error.WriteLine(
            $"There is no verb '{verb}'. Verbs: config check, db migrate, db replay PROJECTION, db chain show CHAIN, "
            + $"{Chain.ChainVerbs.ResumeCommand("CHAIN")}, db reconcile CHAIN, {Escrow.ReconcileVerbs.LiftCommand("CHAIN", "SUBJECT")}; none to run. Settings: --Section:Key=value.");
        return Failure;
    }

    /// <summary>Prints every setting in force, secrets masked.</summary>
    public static int CheckConfiguration(string[] args)
    {
        try
        {
            foreach (var line in ServerOptions.Read(BraintrustHost.Configuration(args)).Describe()) Console.WriteLine(line);
            return Success;
        }
        catch (SettingsException unusable)
        {
            Console.Error.WriteLine(unusable.Message);
            return Failure;
        }
    }

    /// <summary>Brings the database to this version's schema.</summary>
    public static Task<int> Migrate(string[] args) => Say(async () =>
    {
        var applied = await StorageMigrations.Apply(ServerOptions.ReadStorage(BraintrustHost.Configuration(args)), CancellationToken.None);
        return applied.Count == 0 ? "The schema is up to date." : $"Applied {string.Join(", ", applied)}.";
    });

    /// <summary>Makes a projection's rows again from the whole ledger, while silos run or not.</summary>
    public static Task<int> Replay(string projection, string[] args) => Say(() => Chain.ReplayVerb.Run(
        ServerOptions.ReadStorage(BraintrustHost.Configuration(args)), projection, CancellationToken.None));

    /// <summary>Where the ledger of a chain stands, and what a person can do when it was halted.</summary>
    public static Task<int> ShowChain(string chain, string[] args) => Say(() => Chain.ChainVerbs.Show(
        ServerOptions.Read(BraintrustHost.Configuration(args)), chain, CancellationToken.None));

    /// <summary>Lets a halted chain go on from a block, while silos run or not.</summary>
    public static Task<int> ResumeChain(string chain, string from, string why, string[] args) => Say(() => Chain.ChainVerbs.Resume(
        ServerOptions.Read(BraintrustHost.Configuration(args)), chain, from, why, CancellationToken.None));

    /// <summary>Compares contracts and database now, and keeps what differs as the running silos do.</summary>
    public static Task<int> Reconcile(string chain, string[] args) => Say(() => Escrow.ReconcileVerbs.Run(
        ServerOptions.Read(BraintrustHost.Configuration(args)), chain, CancellationToken.None));

    /// <summary>Lets payments about a subject go on although it differs.</summary>
    public static Task<int> LiftDifference(string chain, string subject, string why, string[] args) => Say(() => Escrow.ReconcileVerbs.Lift(
        ServerOptions.Read(BraintrustHost.Configuration(args)), chain, subject, why, CancellationToken.None));

    private static async Task<int> Say(Func<Task<string>> verb)
    {
        try
        {
            Console.WriteLine(await verb());
            return Success;
        }
        catch (Exception trouble) when (IsToldByItsMessage(trouble))
        {
            await Console.Error.WriteLineAsync(trouble.Message);
            return Failure;
        }
    }

    /// <summary>What a person can mend; everything else is a bug and shows where it happened.</summary>
    private static bool IsToldByItsMessage(Exception trouble) => trouble
        is SettingsException or StartException or EmbeddedChainException or StorageUnavailableException
        or ChainUnavailableException or ChainProtocolException or DeploymentException or IOException;
}
