using System.Collections.Immutable;

namespace Braintrust.Talent;

/// <summary>What a profile may say, and the rows by which it is found.</summary>
public static class TalentRules
{
    private const int TimeZoneCharsMax = 64;

    public static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such profile.", "name");

    /// <param name="fields">The fields to take from <paramref name="wanted"/>; the others stay.</param>
    /// <param name="expected">The version that the caller read, or null for any; 0 when there was no profile.</param>
    public static Outcome<TalentState> Update(
        TalentState profile, TalentState wanted, TalentFields fields, long? expected, DateTimeOffset now)
    {
        if (expected is { } version && version != profile.Version)
            return new Refusal(RefusalCode.EtagMismatch, "The profile changed: read it again.", "profile.etag");
        var next = Take(profile, wanted, fields);
        if ((Texts(next) ?? Lists(next) ?? Rest(next)) is { } invalid) return invalid;
        return next with { Version = profile.Version + 1, UpdatedAt = now };
    }

    /// <summary>A language tag in its canonical case, or null when it is not shaped as RFC 5646 (BCP 47) says.</summary>
    public static string? Tag(string text)
    {
        var parts = text.Split('-');
        var shaped = text.Length <= 35 && parts[0].Length is 2 or 3 && parts[0].All(char.IsAsciiLetter)
            && parts.All(part => part.Length is > 0 and <= 8 && part.All(char.IsAsciiLetterOrDigit))
            && parts.Skip(1).All(part => part.Length > 1);
        if (!shaped) return null;
        // Section 2.1.1: scripts are written in title case, regions in upper case, everything else in lower case.
        return string.Join('-', parts.Select((part, i) => i == 0 ? part.ToLowerInvariant() : part.Length switch
        {
            4 when part.All(char.IsAsciiLetter) => char.ToUpperInvariant(part[0]) + part[1..].ToLowerInvariant(),
            2 => part.ToUpperInvariant(),
            _ => part.ToLowerInvariant(),
        }));
    }

    /// <summary>Rows of listed profiles; everybody else has none.</summary>
    public static ImmutableArray<Row> Rows(string account, TalentState before, TalentState after) =>
    [
        .. Listing(account, before, after),
        .. Differences(
            "talent_skill", account, Skills(before), Skills(after), skill => skill.Name, skill => [(long)skill.Years]),
        .. Differences(
            "talent_language", account, Languages(before), Languages(after), language => language.Tag, language => [(long)language.Level]),
    ];

    private static TalentState Take(TalentState old, TalentState wanted, TalentFields fields)
    {
        bool Has(TalentFields field) => fields.HasFlag(field);
        return old with
        {
            DisplayName = Has(TalentFields.DisplayName) ? wanted.DisplayName : old.DisplayName,
            Headline = Has(TalentFields.Headline) ? wanted.Headline : old.Headline,
            About = Has(TalentFields.About) ? wanted.About : old.About,
            Skills = Has(TalentFields.Skills) ? wanted.Skills : old.Skills,
            Rate = Has(TalentFields.Rate) ? wanted.Rate : old.Rate,
            Languages = Has(TalentFields.Languages) ? wanted.Languages : old.Languages,
            TimeZone = Has(TalentFields.TimeZone) ? wanted.TimeZone : old.TimeZone,
            Availability = Has(TalentFields.Availability) ? wanted.Availability : old.Availability,
            Visibility = Has(TalentFields.Visibility) ? wanted.Visibility : old.Visibility,
            Wallets = Has(TalentFields.Wallets) ? wanted.Wallets : old.Wallets,
        };
    }

    private static Refusal? Texts(TalentState profile) =>
        !Braintrust.Texts.IsLine(profile.DisplayName, 1, TalentState.DisplayNameCharsMax)
            ? Bad("display_name", $"1 to {TalentState.DisplayNameCharsMax} characters of one line, without spaces around it.")
        : !Braintrust.Texts.IsLine(profile.Headline, 0, TalentState.HeadlineCharsMax)
            ? Bad("headline", $"At most {TalentState.HeadlineCharsMax} characters of one line, without spaces around it.")
        : !Braintrust.Texts.IsProse(profile.About, 0, TalentState.AboutCharsMax)
            ? Bad("about", $"At most {TalentState.AboutCharsMax} characters of plain text.")
        : null;

    private static Refusal? Lists(TalentState profile)
    {
        if (profile.Skills.Length > TalentState.SkillsMax) return Bad("skills", $"At most {TalentState.SkillsMax} skills.");
        if (profile.Skills.Any(skill => !IsSkill(skill.Name)))
            return Bad("skills", $"A skill is 1 to {Skill.NameCharsMax} characters of one line in lower case.");
        if (profile.Skills.Any(skill => skill.Years is < 0 or > Skill.YearsMax)) return Bad("skills", $"0 to {Skill.YearsMax} years.");
        if (profile.Skills.DistinctBy(skill => skill.Name).Count() < profile.Skills.Length) return Bad("skills", "Every skill once.");
        if (profile.Languages.Length > TalentState.LanguagesMax) return Bad("languages", $"At most {TalentState.LanguagesMax} languages.");
        if (profile.Languages.Any(language => Tag(language.Tag) != language.Tag))
            return Bad("languages", "A language is a BCP 47 tag such as en or pt-BR.");
        if (profile.Languages.DistinctBy(language => language.Tag).Count() < profile.Languages.Length)
            return Bad("languages", "Every language once.");
        return profile.Wallets.Distinct().Count() < profile.Wallets.Length ? Bad("wallets", "Every wallet once.") : null;
    }

    private static Refusal? Rest(TalentState profile)
    {
        if (profile.Rate is { } rate && (rate.Sum.IsZero || !IsUnit(rate)))
            return Bad("hourly_rate", "A sum above zero in a currency (ISO 4217) or in a token of a chain, not in both.");
        if (profile.Availability is { HoursPerWeek: < 1 or > Availability.HoursPerWeekMax })
            return Bad("availability.hours_per_week", $"1 to {Availability.HoursPerWeekMax} hours a week.");
        return IsTimeZone(profile.TimeZone) ? null : Bad("time_zone", "An IANA time zone name such as Europe/Oslo.");
    }

    private static bool IsSkill(string name) =>
        Braintrust.Texts.IsLine(name, 1, Skill.NameCharsMax) && name == name.ToLowerInvariant();

    private static bool IsUnit(HourlyRate rate) => rate.Currency.Length == 0
        ? rate.ChainId > 0 && !rate.Token.IsZero
        : Currency.IsKnown(rate.Currency) && rate.ChainId == 0 && rate.Token.IsZero;

    /// <summary>The shape of a name in the tz database, or empty for none; whether it is there, this floor cannot know.</summary>
    public static bool IsTimeZone(string name) => name.Length == 0 || (name.Length <= TimeZoneCharsMax
        && char.IsAsciiLetter(name[0])
        && name.Split('/').All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '+')));

    private static Refusal Bad(string field, string message) => new(RefusalCode.InvalidArgument, message, "profile." + field);

    private static ImmutableArray<Row> Listing(string account, TalentState before, TalentState after)
    {
        if (!IsListed(after)) return IsListed(before) ? [new Row("talent_listing", RowChange.Delete, [account], [])] : [];
        return ReferenceEquals(before, after)
            ? []
            :
            [
                new Row("talent_listing", RowChange.Upsert, [account],
                [
                    after.DisplayName, after.Headline, after.Rate?.Unit ?? "", ListingValue.Of(after.Rate?.Sum ?? Amount.Zero),
                    (long)(after.Availability?.HoursPerWeek ?? 0), Day(after.Availability), after.TimeZone,
                    string.Join('\n', after.Skills.Select(skill => skill.Name)),
                    string.Join('\n', after.Languages.Select(language => language.Tag)), after.UpdatedAt.ToUnixTimeMilliseconds(),
                ]),
            ];
    }

    private static bool IsListed(TalentState profile) => profile is { Version: > 0, Visibility: Visibility.Listed };

    private static long Day(Availability? availability) => availability is { } free
        ? new DateTimeOffset(free.From.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeMilliseconds()
        : 0;

    private static ImmutableArray<Skill> Skills(TalentState profile) => IsListed(profile) ? profile.Skills : [];

    private static ImmutableArray<Language> Languages(TalentState profile) => IsListed(profile) ? profile.Languages : [];

    private static IEnumerable<Row> Differences<T>(
        string table, string account, ImmutableArray<T> before, ImmutableArray<T> after, Func<T, string> key,
        Func<T, ImmutableArray<object?>> values) =>
        before.Select(key).Except(after.Select(key)).Select(gone => new Row(table, RowChange.Delete, [account, gone], []))
            .Concat(after.Except(before).Select(now => new Row(table, RowChange.Upsert, [account, key(now)], values(now))));
}
