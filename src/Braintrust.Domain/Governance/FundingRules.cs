namespace Braintrust.Governance;

/// <summary>
/// What first funding must know of a policy version and a token: <c>IPolicy.FundingRules</c>, which is how the contract
/// itself answers. After it, an agreement reads nothing of the policy.
/// </summary>
/// <param name="Version">The version that terms name, current or superseded less than 14 days ago.</param>
/// <param name="FeeBps">The employer's fee on top, basis points: terms must name exactly this.</param>
/// <param name="ReviewWindowSecondsMin">Shortest review window.</param>
/// <param name="ReviewWindowSecondsMax">Longest review window.</param>
/// <param name="ReworkSecondsMin">Least time to deliver again after requested changes.</param>
/// <param name="ValiditySecondsMax">How far ahead of the funding second <c>validUntil</c> may lie.</param>
/// <param name="OriginBpsMax">Most of the fee that may go to who brought the deal, basis points.</param>
/// <param name="AmountMin">Least pay of a milestone, base units of the token, not zero.</param>
public sealed record FundingRules(
    uint Version, Address Token, ushort FeeBps, uint ReviewWindowSecondsMin, uint ReviewWindowSecondsMax,
    uint ReworkSecondsMin, uint ValiditySecondsMax, ushort OriginBpsMax, Amount AmountMin);
