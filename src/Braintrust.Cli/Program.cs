using System.CommandLine;
using Braintrust;

// The list of verbs. Each ends with exit code 0 only when everything it says holds.
var root = new RootCommand("The braintrust tool: try, compare and steer a Braintrust server.")
{
    Verbs.Demo(),
    Verbs.SignIn(),
    Verbs.Reconcile(),
    Verbs.Chain(),
    Verbs.Reputation(),
    Verbs.Review(),
    Verbs.Deploy(),
    Verbs.Deployment(),
    Verbs.Cluster(),
    Verbs.Otlp(),
};
// Ctrl-C and SIGTERM cancel; a cluster takes a while to stop in order.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(2) });
