using System.Globalization;
using Braintrust.Storage;

namespace Braintrust.Chain;

/// <summary>What an operator does about a chain that was halted, while servers run or not.</summary>
internal static class ChainVerbs
{
    /// <summary>What a person types to let a chain go on.</summary>
    public static string ResumeCommand(string chain) => $"db chain resume {chain} --from BLOCK --why TEXT";

    /// <summary>Where the ledger of a chain stands, what halted it, and from where it can go on.</summary>
    public static Task<string> Show(ServerOptions options, string chain, CancellationToken ct) =>
        On(options, chain, async (id, ledger, resume) =>
        {
            var cursor = await ledger.ReadCursor(id, ct);
            var lines = new List<string>
            {
                $"chain {id}: position {cursor.Pos}, head {cursor.HeadNo}, final {cursor.FinalNo}",
                cursor.Halted is null ? "not halted" : $"halted: {cursor.Halted}",
                await resume.NewestBlock(ct) is { } newest
                    ? $"newest block that the ledger and the node share: {newest.Number} {newest.Hash}"
                    : "the ledger and the node share no block",
            };
            foreach (var done in await ledger.ReadResumes(id, ct))
                lines.Add(
                    $"{done.At:yyyy-MM-dd HH:mm:ss}Z resumed from block {done.ToBlock} by {done.Who}: {done.Why} "
                    + $"(halted: {done.Halted})");
            return string.Join(Environment.NewLine, lines);
        });

    /// <exception cref="StartException">Refused: nothing was changed.</exception>
    public static Task<string> Resume(ServerOptions options, string chain, string from, string why, CancellationToken ct) =>
        On(options, chain, async (id, _, resume) =>
        {
            var outcome = await resume.From(Number(from, "BLOCK"), $"{Environment.UserName}@{Environment.MachineName}", why, ct);
            return outcome.Accepted(out var cursor, out var refusal)
                ? $"Chain {id} goes on from block {cursor.HeadNo}; what was above it is taken back at position {cursor.Pos}."
                : throw new StartException(refusal.Message);
        });

    private static Task<string> On(
        ServerOptions options, string chain, Func<ulong, IChainLedger, ChainResume, Task<string>> act) =>
        With(options, chain, (id, services, node) =>
        {
            var ledger = services.GetRequiredService<IChainLedger>();
            return act(id, ledger, new ChainResume(
                id, ledger, services.GetRequiredService<IContractRegistry>(), node, TimeProvider.System));
        });

    /// <summary>What verbs about a configured chain work with: the database, brought up to date, and the chain's node.</summary>
    /// <exception cref="StartException">No such chain is configured.</exception>
    internal static async Task<string> With(
        ServerOptions options, string chain, Func<ulong, IServiceProvider, IEvmChain, Task<string>> act)
    {
        var id = Number(chain, "CHAIN");
        var configured = options.Chains.FirstOrDefault(known => known.ChainId == id)
            ?? throw new StartException(
                $"Chain {id} is not configured in section Chains. The embedded development chain follows its node back by itself.");
        await StorageMigrations.Apply(options.Storage, CancellationToken.None);
        await using var services = new ServiceCollection().AddLogging().AddBraintrustStorage(options.Storage).BuildServiceProvider();
        var node = ConfiguredChains.Node(configured, TimeProvider.System, Console.Error.WriteLine);
        using var connection = node as IDisposable;
        return await act(id, services, node);
    }

    private static ulong Number(string text, string name) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new StartException($"{name} is '{text}': it must be a number.");
}
