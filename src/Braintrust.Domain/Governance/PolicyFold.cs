using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Governance;

/// <summary>What the Policy contract said in one log. The list is closed.</summary>
public abstract record PolicyEvent
{
    private PolicyEvent() { }

    /// <summary>
    /// A version came into force. The change is whole: what it does not name holds as under the version before.
    /// </summary>
    /// <param name="Listed">Tokens listed, or listed anew with other numbers.</param>
    /// <param name="Delisted">Tokens taken off the list.</param>
    /// <param name="Officials">Official addresses set; the zero address takes one away.</param>
    public sealed record PolicyPublished(
        uint Version, PolicyParameters Parameters, ImmutableArray<PaymentToken> Listed, ImmutableArray<Address> Delisted,
        ImmutableArray<OfficialAddress> Officials) : PolicyEvent;

    /// <param name="Until">Last second in which first funding under the version is refused.</param>
    public sealed record EntryStopped(uint Version, BlockTime Until) : PolicyEvent;

    public sealed record CourtRulesAdded(CourtRuleSet Rules) : PolicyEvent;
}

/// <summary>Folds what a policy contract said, in ledger order. The contract has checked it; nothing is checked again.</summary>
public static class PolicyFold
{
    public static PolicyOnChain Apply(PolicyOnChain policy, PolicyEvent happened, FactPlace at) => happened switch
    {
        PolicyEvent.PolicyPublished e => Publish(policy, e, at),
        PolicyEvent.EntryStopped e => policy with
        {
            Versions =
            [
                .. policy.Versions.Select(version =>
                    version.Number == e.Version ? version with { StoppedUntil = e.Until } : version),
            ],
        },
        PolicyEvent.CourtRulesAdded e => policy with { CourtRules = policy.CourtRules.Add(e.Rules) },
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened.GetType().Name, "no such event"),
    };

    private static PolicyOnChain Publish(PolicyOnChain policy, PolicyEvent.PolicyPublished published, FactPlace at)
    {
        var before = policy.Current;
        var next = new PolicyVersion
        {
            Number = published.Version,
            Parameters = published.Parameters,
            Tokens = Tokens(before?.Tokens ?? [], published),
            Officials = Officials(before?.Officials ?? [], published),
            Seen = at.Seen,
        };
        var history = before is null
            ? policy.Versions
            : policy.Versions.SetItem(policy.Versions.Length - 1, before with { SupersededAt = at.Seen.BlockTime });
        return policy with { Versions = history.Add(next) };
    }

    /// <summary>The version with its finality as of a cursor.</summary>
    public static PolicyVersion At(PolicyVersion version, ChainCursor cursor, ulong confirmationsNeeded) =>
        version with { Seen = version.Seen.At(cursor, confirmationsNeeded) };

    /// <summary>In the contract's order: of what one version says twice of a token, the last word holds.</summary>
    private static ImmutableArray<PaymentToken> Tokens(ImmutableArray<PaymentToken> before, PolicyEvent.PolicyPublished published)
    {
        var tokens = before.ToDictionary(listed => listed.Token);
        foreach (var listed in published.Listed) tokens[listed.Token] = listed;
        foreach (var token in published.Delisted) tokens.Remove(token);
        return [.. tokens.Values.OrderBy(listed => listed.Token.ToString(), StringComparer.OrdinalIgnoreCase)];
    }

    private static ImmutableArray<OfficialAddress> Officials(
        ImmutableArray<OfficialAddress> before, PolicyEvent.PolicyPublished published)
    {
        var officials = before.ToDictionary(official => official.Kind, StringComparer.Ordinal);
        foreach (var official in published.Officials)
            if (official.Account.IsZero) officials.Remove(official.Kind);
            else officials[official.Kind] = official;
        return [.. officials.Values.OrderBy(official => official.Kind, StringComparer.Ordinal)];
    }
}
