using System.Globalization;

namespace Braintrust;

/// <summary>Times with date, seconds and an offset. Source: RFC 3339, section 5.6 (date-time); leap seconds are not read.</summary>
public static class Rfc3339
{
    /// <summary>Digits of a second's fraction that are read; what a tick cannot hold is not.</summary>
    private const int FractionDigitsMax = 9;

    /// <summary>The time, or null when the text is no such time or no day of the calendar.</summary>
    public static DateTimeOffset? Parse(string? text)
    {
        if (text is null || text.Length < "2000-01-01T00:00:00Z".Length || text[4] != '-' || text[10] is not ('T' or 't'))
            return null;
        var zone = text.AsSpan(19).IndexOfAny("Zz+-") is var at and >= 0 ? 19 + at : -1;
        if (zone < 0 || !Fraction(text.AsSpan(19, zone - 19), out var ticks) || Offset(text.AsSpan(zone)) is not { } offset)
            return null;
        var seconds = $"{text.AsSpan(0, 10)}T{text.AsSpan(11, 8)}";
        if (!DateTime.TryParseExact(seconds, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            return null;
        // The first and last days of the calendar have no room for an offset.
        return time.Year is > 1 and < 9999 ? new DateTimeOffset(time.AddTicks(ticks), offset) : null;
    }

    private static bool Fraction(ReadOnlySpan<char> text, out long ticks)
    {
        ticks = 0;
        if (text.IsEmpty) return true;
        if (text[0] != '.' || text.Length is < 2 or > FractionDigitsMax + 1 || text[1..].ContainsAnyExceptInRange('0', '9'))
            return false;
        for (var digit = 1; digit <= 7; digit++) ticks = ticks * 10 + (digit < text.Length ? text[digit] - '0' : 0);
        return true;
    }

    private static TimeSpan? Offset(ReadOnlySpan<char> text)
    {
        if (text is "Z" or "z") return TimeSpan.Zero;
        var shaped = text.Length == 6 && text[3] == ':' && !text[1..3].ContainsAnyExceptInRange('0', '9')
            && !text[4..].ContainsAnyExceptInRange('0', '9');
        if (!shaped) return null;
        var (hours, minutes) = ((text[1] - '0') * 10 + text[2] - '0', (text[4] - '0') * 10 + text[5] - '0');
        if (hours > 14 || minutes > 59 || (hours == 14 && minutes > 0)) return null;
        var offset = new TimeSpan(hours, minutes, 0);
        return text[0] == '-' ? -offset : offset;
    }
}
