using System.Collections.Frozen;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using V1 = Braintrust.Api.Talent.V1;

namespace Braintrust.Talent;

internal static class TalentWire
{
    public const string Collection = "talents";

    private const string DayFormat = "yyyy-MM-dd";

    private static readonly FrozenDictionary<string, TalentFields> FieldNames = new Dictionary<string, TalentFields>
    {
        ["display_name"] = TalentFields.DisplayName,
        ["headline"] = TalentFields.Headline,
        ["about"] = TalentFields.About,
        ["skills"] = TalentFields.Skills,
        ["hourly_rate"] = TalentFields.Rate,
        ["languages"] = TalentFields.Languages,
        ["time_zone"] = TalentFields.TimeZone,
        ["availability"] = TalentFields.Availability,
        ["visibility"] = TalentFields.Visibility,
        ["wallets"] = TalentFields.Wallets,
    }.ToFrozenDictionary();

    public static string Id(string name, string field) => Wire.UlidName(name, Collection, field);

    public static TalentFields Fields(FieldMask? mask, V1.TalentProfile profile) =>
        Masks.Read(mask, profile, [.. FieldNames.Keys]).Aggregate(TalentFields.None, (sum, name) => sum | FieldNames[name]);

    /// <summary>The fields that are written; nothing is demanded of the others.</summary>
    public static TalentState State(V1.TalentProfile profile, TalentFields fields) => new()
    {
        DisplayName = profile.DisplayName,
        Headline = profile.Headline,
        About = profile.About,
        Skills =
        [
            .. profile.Skills.Take(TalentState.SkillsMax + 1).Select((skill, i) => new Skill(
                skill.Skill_, Wire.Count(skill.Years, $"profile.skills[{i}].years", 0, Skill.YearsMax))),
        ],
        Rate = profile.HourlyRate is { } rate ? Rate(rate) : null,
        Languages = [.. profile.Languages.Take(TalentState.LanguagesMax + 1).Select(Language)],
        TimeZone = fields.HasFlag(TalentFields.TimeZone) ? TimeZone(profile.TimeZone) : "",
        Availability = profile.Availability is { } availability ? Availability(availability) : null,
        Visibility = fields.HasFlag(TalentFields.Visibility)
            ? Wire.Enum<Visibility>(profile.Visibility, "profile.visibility")
            : Visibility.Listed,
        Wallets =
        [
            .. profile.Wallets.Take(Accounts.AccountState.WalletsMax + 1)
                .Select((wallet, i) => Wire.Address(wallet, $"profile.wallets[{i}]")),
        ],
    };

    private static string TimeZone(string name) => name.Length == 0 || TimeZones.Has(name)
        ? name
        : throw Wire.Bad("profile.time_zone", "A name of the IANA time zone database, such as Europe/Oslo.");

    public static V1.TalentProfile Profile(string id, TalentState profile) => new()
    {
        Name = $"{Collection}/{id}",
        DisplayName = profile.DisplayName,
        Headline = profile.Headline,
        About = profile.About,
        Skills = { profile.Skills.Select(skill => new V1.Skill { Skill_ = skill.Name, Years = (uint)skill.Years }) },
        HourlyRate = Rate(profile.Rate),
        Languages =
        {
            profile.Languages.Select(language =>
                new V1.Language { LanguageCode = language.Tag, Level = (V1.LanguageLevel)language.Level }),
        },
        TimeZone = profile.TimeZone,
        Availability = profile.Availability is { } free
            ? new V1.Availability { HoursPerWeek = (uint)free.HoursPerWeek, From = Day(free.From) }
            : null,
        Visibility = (V1.Visibility)profile.Visibility,
        Wallets = { profile.Wallets.Select(wallet => wallet.ToString()) },
        UpdateTime = Wire.Time(profile.UpdatedAt),
        Etag = Wire.Etag(new ViewVersion(profile.Version, 0)),
    };

    /// <summary>What the listing's row says, in the order of its columns.</summary>
    public static V1.TalentSummary Summary(StoredRow row)
    {
        var (unit, hours) = ((string)row.Values[2]!, (long)row.Values[4]!);
        var from = DateTimeOffset.FromUnixTimeMilliseconds((long)row.Values[5]!);
        return new V1.TalentSummary
        {
            Name = $"{Collection}/{row.Key[0]}",
            DisplayName = (string)row.Values[0]!,
            Headline = (string)row.Values[1]!,
            HourlyRate = unit.Length == 0 ? null : Rate(unit, ListingValue.Amount(row.Values[3]!)),
            Availability = hours == 0
                ? null
                : new V1.Availability { HoursPerWeek = (uint)hours, From = Day(DateOnly.FromDateTime(from.UtcDateTime)) },
            TimeZone = (string)row.Values[6]!,
            Skills = { Lines((string)row.Values[7]!) },
            LanguageCodes = { Lines((string)row.Values[8]!) },
            UpdateTime = Wire.Time(DateTimeOffset.FromUnixTimeMilliseconds((long)row.Values[9]!)),
        };
    }

    private static HourlyRate Rate(V1.HourlyRate rate) => new(
        rate.CurrencyCode, rate.ChainId, Wire.Address(rate.Token, "profile.hourly_rate.token", whenEmpty: default),
        Wire.Amount(rate.Sum, "profile.hourly_rate.sum"));

    private static V1.HourlyRate? Rate(HourlyRate? rate) => rate is null ? null : new()
    {
        CurrencyCode = rate.Currency,
        ChainId = rate.ChainId,
        Token = rate.Token.IsZero ? "" : rate.Token.ToString(),
        Sum = rate.Sum.ToString(),
    };

    private static V1.HourlyRate Rate(string unit, Amount sum) => unit.Split(':') is [var chain, var token]
        ? new() { ChainId = ulong.Parse(chain, CultureInfo.InvariantCulture), Token = token, Sum = sum.ToString() }
        : new() { CurrencyCode = unit, Sum = sum.ToString() };

    private static Language Language(V1.Language language, int index) => new(
        TalentRules.Tag(language.LanguageCode)
            ?? throw Wire.Bad($"profile.languages[{index}].language_code", "A BCP 47 tag such as en or pt-BR."),
        Wire.Enum<LanguageLevel>(language.Level, $"profile.languages[{index}].level"));

    private static Availability Availability(V1.Availability availability) => new(
        Wire.Count(availability.HoursPerWeek, "profile.availability.hours_per_week", 1, Talent.Availability.HoursPerWeekMax),
        DateOnly.TryParseExact(availability.From, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var from)
            && from.Year is >= 2000 and < 2200
            ? from
            : throw Wire.Bad("profile.availability.from", "A day such as 2026-01-31."));

    private static string Day(DateOnly day) => day.ToString(DayFormat, CultureInfo.InvariantCulture);

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.Split('\n');
}
