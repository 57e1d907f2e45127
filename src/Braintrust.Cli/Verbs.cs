using System.CommandLine;
using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Cluster;
using Braintrust.Disputes;
using Braintrust.Escrow;
using Braintrust.Jobs;
using Braintrust.Reputation;
using Grpc.Core;

namespace Braintrust;

/// <summary>The verbs' options and exit codes; what they do is in their rooms.</summary>
internal static class Verbs
{
    /// <summary>Those that a development node signs for and gives coins to.</summary>
    private const int DevelopmentAccounts = 10;

    private static readonly Option<string> Server = new("--server")
    {
        Description = $"Native gRPC address of the server (default {ServerLink.DefaultUrl}).",
        DefaultValueFactory = _ => ServerLink.DefaultUrl,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object a line." };

    private static readonly Option<int> Patience = new("--patience-seconds")
    {
        Description = "How long to go on while the server or its node is away (default 90).",
        DefaultValueFactory = _ => 90,
    };

    public static Command Demo()
    {
        var story = new Option<string>("--story")
        {
            Description = "Which story: work, which heals whatever is killed; or dispute, which waits for a killed server and ends when the "
                + "chain loses blocks, since another draw is another panel (default work).",
            DefaultValueFactory = _ => "work",
        };
        story.AcceptOnlyFromAmong("work", "dispute");
        var command = new Command("demo", "Plays a story with development wallets against a running server.") { story, Server, Json, Patience };
        command.SetAction((parsed, ct) => Run(parsed, async (stage, token) =>
        {
            await (parsed.GetValue(story) == "dispute" ? PlayDispute(stage, token) : PlayWork(stage, token));
            return await Reconcile(stage, token);
        }, ct));
        return command;
    }

    private static Task PlayDispute(Stage stage, CancellationToken ct) =>
        new DisputeDemo(stage.Server, stage.Node, stage.Timeline).Play(ct);

    private static async Task PlayWork(Stage stage, CancellationToken ct)
    {
        await new WorkDemo(stage.Server, stage.Node, stage.Timeline).Play(ct);
        await new HiringDemo(stage.Server, stage.Node, stage.Timeline).Play(ct);
    }

    public static Command SignIn()
    {
        var account = new Option<int>("--account") { Description = $"Which development account, 0 to {DevelopmentAccounts - 1} (default 0).", DefaultValueFactory = _ => 0 };
        account.AcceptOnlyFromAmong([.. Enumerable.Range(0, DevelopmentAccounts).Select(i => $"{i}")]);
        var command = new Command("sign-in", "Signs in with a development account; prints the session token.") { account, Server, Json, Patience };
        command.SetAction((parsed, ct) => Run(parsed, async (stage, token) =>
        {
            if (stage.Node.ChainId != DevelopmentKeys.ChainId)
                throw new VerbFailedException($"Everybody knows the keys of development accounts; chain {stage.Node.ChainId} is no place for them.");
            var person = new Person("", DevelopmentKeys.Signer(parsed.GetValue(account)), stage.Server);
            await person.SignIn(stage.Node.ChainId, token);
            stage.Timeline.Close(person.Token, new { session_token = person.Token, account = person.Account });
            return 0;
        }, ct));
        return command;
    }

    public static Command Reconcile() => Verb(
        "reconcile", "Compares the contract's logs, the contract and the server, to the wei.", Reconcile);

    public static Command Chain()
    {
        var blocks = new Argument<int>("blocks") { Description = "How many blocks." };
        var depth = new Argument<int>("depth") { Description = "How many of the newest blocks to replace." };
        var seconds = new Argument<long>("seconds") { Description = "How far to move the chain's clock." };
        return new Command("chain", "The chain a server follows; mine, advance and reorg on a development chain only.")
        {
            Verb("status", "How far the server and its node are.", ChainLevers.Status),
            Lever("mine", "Mines empty blocks.", blocks, (node, count, ct) => node.Pull(chain => chain.Mine(count, ct), ct)),
            Lever("advance", "Moves the chain's clock forward and mines a block.", seconds, ChainLevers.Advance),
            Lever("reorg", "Replaces the newest blocks with empty ones.", depth,
                (node, count, ct) => node.Pull(chain => chain.Reorg(count, ct), ct)),
        };
    }

    public static Command Cluster()
    {
        var folder = new Option<string>("--folder")
        {
            Description = "Where database, chain and logs are kept (default .braintrust/cluster).",
            DefaultValueFactory = _ => Path.Combine(".braintrust", "cluster"),
        };
        var freePorts = new Option<bool>("--free-ports") { Description = "Take free ports instead of the usual ones." };
        var otlp = new Option<string?>("--otlp")
        {
            Description = "Where the servers send telemetry, OTLP over HTTP, such as http://127.0.0.1:4318 (default nowhere).",
        };
        var collector = new Option<bool>("--collector") { Description = "Start a collector too, which takes the telemetry instead." };
        var up = new Command("up", "Starts PostgreSQL, a development chain, three silos and a gateway; stops all on Ctrl-C.")
        {
            folder, freePorts, otlp, collector, Json,
        };
        up.SetAction((parsed, ct) => Guard(parsed, timeline => ClusterVerb.Up(
            timeline,
            new ClusterOrder(
                parsed.GetRequiredValue(folder), parsed.GetValue(freePorts), parsed.GetValue(collector) ? null : parsed.GetValue(otlp) ?? ""),
            ct)));
        return new Command("cluster", "A whole cluster on this machine, as processes.") { up };
    }

    public static Command Otlp()
    {
        var port = new Option<int>("--port")
        {
            Description = $"Loopback port (default {ClusterTopology.OtlpPort}).", DefaultValueFactory = _ => ClusterTopology.OtlpPort,
        };
        var listen = new Command("listen", "Takes telemetry (OTLP over HTTP) on loopback, and tells what came.") { port, Json };
        listen.SetAction((parsed, ct) => Guard(parsed, timeline => new OtlpListener(timeline).Listen(parsed.GetValue(port), ct)));
        return new Command("otlp", "A small collector, to look at telemetry without installing one.") { listen };
    }

    public static Command Reputation()
    {
        var address = new Argument<string>("address") { Description = "Whose reputation." };
        var export = new Command("export", "Writes all that a reputation rests on, as JSON, for anybody to verify.") { address, Server, Json, Patience };
        export.SetAction((parsed, ct) => Run(parsed, async (stage, token) =>
        {
            var file = await ReputationFile.Export(stage.Server, stage.Node.ChainId, parsed.GetRequiredValue(address), token);
            await Console.Out.WriteLineAsync(file);
            return 0;
        }, ct));
        return new Command("reputation", "What final payments and opened reviews say of an address.") { export };
    }

    public static Command Review()
    {
        var file = new Argument<FileInfo>("file") { Description = "JSON of an opening, of a review that holds one, or of an export." };
        var rpc = Address("--rpc", "JSON-RPC address of a node of the chain; no server is asked.");
        rpc.Required = true;
        var verify = new Command("verify", "Has the contract check that reviews were signed by parties of closed milestones, and anchored.")
        {
            file, rpc, Json,
        };
        verify.SetAction((parsed, ct) => Guard(parsed, timeline =>
            ReputationFile.Verify(timeline, parsed.GetRequiredValue(file), parsed.GetRequiredValue(rpc), ct)));
        return new Command("review", "Reviews and their proofs.") { verify };
    }

    public static Command Deploy()
    {
        var rpc = Node();
        var plan = new Option<string?>("--plan") { Description = "JSON file: what to deploy, and who gets which role (README)." };
        var development = new Option<bool>("--development") { Description = "The development plan, by the key that everybody knows." };
        var publicRpc = Address("--public-rpc", "JSON-RPC address told to clients (default that of --rpc).");
        var output = new Option<string>("--out")
        {
            Description = "The deployment file to write (default deployment.json). A finished one is verified, and nothing is sent.",
            DefaultValueFactory = _ => "deployment.json",
        };
        var settings = new Option<string?>("--settings") { Description = "JSON file to write for servers (BRAINTRUST_SETTINGS_FILE)." };
        var feeBps = new Option<ushort>("--fee-bps")
        {
            Description = "The employer's fee on top in the development plan, basis points (default 1500).", DefaultValueFactory = _ => 1_500,
        };
        var command = new Command(
            "deploy", $"Deploys the contracts, hands over every role and renounces. The deployer's key is read from {Deployer.KeyVariable}.")
        {
            rpc, plan, development, publicRpc, feeBps, output, settings, Json, Patience,
        };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(plan) is null != parsed.GetValue(development)) parsed.AddError("Give either --plan or --development.");
        });
        command.SetAction((parsed, ct) => Guard(parsed, timeline => new Deployer(timeline, new DeployOrder(
            parsed.GetRequiredValue(rpc), parsed.GetValue(publicRpc), parsed.GetValue(plan), parsed.GetValue(feeBps),
            parsed.GetRequiredValue(output), parsed.GetValue(settings), TimeSpan.FromSeconds(parsed.GetValue(Patience)))).Deploy(ct)));
        return command;
    }

    public static Command Deployment()
    {
        var file = new Argument<string>("file") { Description = "A deployment file, as `braintrust deploy` writes it." };
        var rpc = Node();
        var verify = new Command("verify", "Compares code, references, roles and history with the chain; anybody can.") { file, rpc, Json };
        verify.SetAction((parsed, ct) => Guard(parsed, timeline =>
            Deployer.Verify(timeline, parsed.GetRequiredValue(file), parsed.GetRequiredValue(rpc), ct)));
        return new Command("deployment", "A finished deployment.") { verify };
    }

    private static Option<Uri> Node()
    {
        var rpc = Address("--rpc", "JSON-RPC address of a node of the chain.");
        rpc.Required = true;
        return rpc;
    }

    private static Option<Uri> Address(string name, string description) =>
        new(name) { Description = description, CustomParser = token => new Uri(token.Tokens[0].Value) };

    private static Command Lever<T>(
        string name, string description, Argument<T> argument, Func<NodeLink, T, CancellationToken, Task> pull)
    {
        var command = new Command(name, description) { argument, Server, Json, Patience };
        command.SetAction((parsed, ct) => Run(parsed, async (stage, token) =>
        {
            await pull(stage.Node, parsed.GetRequiredValue(argument), token);
            return await ChainLevers.Status(stage, token);
        }, ct));
        return command;
    }

    private static Command Verb(string name, string description, Func<Stage, CancellationToken, Task<int>> act)
    {
        var command = new Command(name, description) { Server, Json, Patience };
        command.SetAction((parsed, ct) => Run(parsed, act, ct));
        return command;
    }

    private static async Task<int> Reconcile(Stage stage, CancellationToken ct)
    {
        var report = await new Reconciliation(stage.Server, stage.Node).Run(ct);
        foreach (var difference in report.Differences)
            stage.Timeline.Tell(Tale.Trouble, "", difference.ToString(), ("difference", difference));
        stage.Timeline.Tell(Tale.Result, "",
            $"compared {report.Agreements} agreements at block {report.Block}, {report.Seen} of them with the server's view",
            ("block", report.Block), ("agreements", report.Agreements), ("seen", report.Seen));
        stage.Timeline.Close(report.Closing, new { reconciliation = report.Closing[16..], report.Differences });
        return report.Differences.Count == 0 ? 0 : 1;
    }

    private static Task<int> Run(ParseResult parsed, Func<Stage, CancellationToken, Task<int>> act, CancellationToken ct) =>
        Guard(parsed, async timeline =>
        {
            var patience = TimeSpan.FromSeconds(parsed.GetValue(Patience));
            using var server = new ServerLink(parsed.GetRequiredValue(Server), patience);
            using var node = await NodeLink.Open(server, ct);
            return await act(new Stage(server, node, timeline), ct);
        });

    /// <summary>What the world and the law refuse is told in one line; a bug keeps its stack.</summary>
    private static async Task<int> Guard(ParseResult parsed, Func<Timeline, Task<int>> act)
    {
        var timeline = new Timeline(parsed.GetValue(Json), Console.Out);
        try
        {
            return await act(timeline);
        }
        catch (RpcException refused)
        {
            timeline.Tell(Tale.Trouble, "", $"{ServerLink.Reason(refused)}: {refused.Status.Detail}", ("reason", ServerLink.Reason(refused)));
        }
        catch (Exception failed) when (failed is VerbFailedException or ChainUnavailableException or ChainProtocolException
                                           or EvmRevertException or TransactionRejectedException or DeploymentException)
        {
            timeline.Tell(Tale.Trouble, "", failed.Message);
        }

        return 1;
    }
}

/// <summary>What every verb works with.</summary>
internal sealed record Stage(ServerLink Server, NodeLink Node, Timeline Timeline);
