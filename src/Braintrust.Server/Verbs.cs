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
        Console.Error.WriteLine($"There is no verb '{verb}'. Verbs: config check, db migrate, db replay PROJECTION; none to run. Settings: --Section:Key=value.");
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
    public static async Task<int> Migrate(string[] args)
    {
        try
        {
            var applied = await StorageMigrations.Apply(ServerOptions.ReadStorage(BraintrustHost.Configuration(args)), CancellationToken.None);
            Console.WriteLine(applied.Count == 0 ? "The schema is up to date." : $"Applied {string.Join(", ", applied)}.");
            return Success;
        }
        catch (Exception trouble) when (IsToldByItsMessage(trouble))
        {
            await Console.Error.WriteLineAsync(trouble.Message);
            return Failure;
        }
    }

    /// <summary>Makes a projection's rows again from the whole ledger, while silos run or not.</summary>
    public static async Task<int> Replay(string projection, string[] args)
    {
        try
        {
            var storage = ServerOptions.ReadStorage(BraintrustHost.Configuration(args));
            Console.WriteLine(await Chain.ReplayVerb.Run(storage, projection, CancellationToken.None));
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
        or ChainUnavailableException or IOException;
}
