using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Governance;

/// <summary>
/// A version came into force. The change is whole: what it does not name holds as under the version before.
/// </summary>
/// <param name="Listed">Tokens listed, or listed anew with other numbers.</param>
/// <param name="Delisted">Tokens taken off the list.</param>
/// <param name="Officials">Official addresses set; the zero address takes one away.</param>
public sealed record PolicyPublished(
    uint Version, PolicyParameters Parameters, ImmutableArray<PaymentToken> Listed, ImmutableArray<Address> Delisted,
    ImmutableArray<OfficialAddress> Officials);

/// <summary>Folds what a policy contract published, in ledger order. The contract has checked it; nothing is checked again.</summary>
public static class PolicyFold
{
    public static PolicyOnChain Apply(PolicyOnChain policy, PolicyPublished published, FactPlace at)
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
        return new PolicyOnChain(history.Add(next));
    }

    /// <summary>The version with its finality as of a cursor.</summary>
    public static PolicyVersion At(PolicyVersion version, ChainCursor cursor, ulong confirmationsNeeded) =>
        version with { Seen = version.Seen.At(cursor, confirmationsNeeded) };

    /// <summary>In the contract's order: of what one version says twice of a token, the last word holds.</summary>
    private static ImmutableArray<PaymentToken> Tokens(ImmutableArray<PaymentToken> before, PolicyPublished published)
    {
        var tokens = before.ToDictionary(listed => listed.Token);
        foreach (var listed in published.Listed) tokens[listed.Token] = listed;
        foreach (var token in published.Delisted) tokens.Remove(token);
        return [.. tokens.Values.OrderBy(listed => listed.Token.ToString(), StringComparer.OrdinalIgnoreCase)];
    }

    private static ImmutableArray<OfficialAddress> Officials(
        ImmutableArray<OfficialAddress> before, PolicyPublished published)
    {
        var officials = before.ToDictionary(official => official.Kind, StringComparer.Ordinal);
        foreach (var official in published.Officials)
            if (official.Account.IsZero) officials.Remove(official.Kind);
            else officials[official.Kind] = official;
        return [.. officials.Values.OrderBy(official => official.Kind, StringComparer.Ordinal)];
    }
}
