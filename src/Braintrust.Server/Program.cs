using Braintrust;

return args switch
{
    ["config", "check", .. var rest] => Verbs.CheckConfiguration(rest),
    ["db", "migrate", .. var rest] => await Verbs.Migrate(rest),
    ["db", "replay", var projection, .. var rest] => await Verbs.Replay(projection, rest),
    ["db", "chain", "show", var chain, .. var rest] => await Verbs.ShowChain(chain, rest),
    ["db", "chain", "resume", var chain, "--from", var block, "--why", var why, .. var rest] =>
        await Verbs.ResumeChain(chain, block, why, rest),
    ["db", "reconcile", "lift", var chain, var subject, "--why", var why, .. var rest] =>
        await Verbs.LiftDifference(chain, subject, why, rest),
    ["db", "reconcile", var chain, .. var rest] => await Verbs.Reconcile(chain, rest),
    [var verb, ..] when !verb.StartsWith('-') => Verbs.Unknown(verb),
    _ => await Verbs.Run(args),
};
