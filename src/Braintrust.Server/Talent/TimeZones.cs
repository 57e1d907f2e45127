namespace Braintrust.Talent;

/// <summary>
/// The tz database of this machine, as .NET reads it. Clients hand a stored name to their own (Intl and its like throw on
/// one that they do not know), so what is stored has to be in it. A machine without the database, a slim image for
/// instance, knows no name: there the shape alone is checked, rather than every name refused.
/// </summary>
internal static class TimeZones
{
    private static readonly Lazy<bool> IsHere = new(() => TimeZoneInfo.TryFindSystemTimeZoneById("Europe/London", out _));

    /// <summary>The shape comes first: a name becomes a path under the database's folder.</summary>
    public static bool Has(string name) => TalentRules.IsTimeZone(name)
        && (!IsHere.Value || (TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.Id == name));
}
