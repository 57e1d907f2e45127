using Braintrust;

return args switch
{
    ["config", "check", .. var rest] => Verbs.CheckConfiguration(rest),
    ["db", "migrate", .. var rest] => await Verbs.Migrate(rest),
    _ => await Verbs.Run(args),
};
