using Braintrust;

return args switch
{
    ["config", "check", .. var rest] => Verbs.CheckConfiguration(rest),
    ["db", "migrate", .. var rest] => await Verbs.Migrate(rest),
    ["db", "replay", var projection, .. var rest] => await Verbs.Replay(projection, rest),
    [var verb, ..] when !verb.StartsWith('-') => Verbs.Unknown(verb),
    _ => await Verbs.Run(args),
};
