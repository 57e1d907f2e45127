using Braintrust.Storage;

namespace Braintrust;

/// <summary>Processes that tests start in order to kill them.</summary>
public static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is not [CrashContract.Verb, var engine, var database]) return 64;
        await CrashContract.WriteUntilKilled(Enum.Parse<StorageEngine>(engine), database);
        return 0;
    }
}
