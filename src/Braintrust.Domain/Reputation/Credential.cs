using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Reputation;

/// <summary>A soulbound token for work that ended and was paid, as its facts tell it.</summary>
/// <param name="Negotiation">Its token id.</param>
/// <param name="Agreement">Hash of the terms that ended.</param>
/// <param name="IsHeld">False while it is renounced.</param>
/// <param name="Claimed">Where it was claimed last.</param>
public sealed record Credential(
    Address Contract, Hash32 Negotiation, Address Talent, Address Employer, Hash32 Agreement, ulong Renouncements, bool IsHeld,
    FactPlace Claimed);

/// <summary>Folds what the Reputation contracts said of one talent's credentials.</summary>
public static class CredentialFold
{
    /// <param name="facts">Standing ones, in the chain's order.</param>
    /// <returns>The last claimed first, renounced ones included.</returns>
    public static ImmutableArray<Credential> Of(Address talent, IEnumerable<ReputationFact> facts)
    {
        var credentials = new Dictionary<(Address, Hash32), Credential>();
        foreach (var fact in facts)
            if (fact.Event is ReputationEvent.CredentialClaimed claimed && claimed.Talent == talent)
            {
                var key = (fact.At.Contract, claimed.Negotiation);
                credentials[key] = new Credential(
                    fact.At.Contract, claimed.Negotiation, talent, claimed.Employer, claimed.Agreement,
                    credentials.GetValueOrDefault(key)?.Renouncements ?? 0, IsHeld: true, fact.At);
            }
            else if (fact.Event is ReputationEvent.CredentialRenounced renounced && renounced.Talent == talent
                && credentials.GetValueOrDefault((fact.At.Contract, renounced.Negotiation)) is { } held)
            {
                credentials[(fact.At.Contract, renounced.Negotiation)] =
                    held with { IsHeld = false, Renouncements = renounced.Renouncements };
            }

        return [.. credentials.Values.OrderByDescending(credential => credential.Claimed)];
    }
}
