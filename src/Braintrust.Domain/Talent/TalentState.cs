using System.Collections.Immutable;
using Orleans;

namespace Braintrust.Talent;

/// <summary>What a person offers, as the person tells it. Lists keep the order in which they were written.</summary>
[GenerateSerializer, Immutable, Alias("talent.TalentState")]
public sealed record TalentState
{
    public const int DisplayNameCharsMax = 80;
    public const int HeadlineCharsMax = 120;
    public const int AboutCharsMax = 4_000;
    public const int SkillsMax = 30;
    public const int LanguagesMax = 20;

    public static readonly TalentState Empty = new();

    /// <summary>Grows by one a change; 0 means there is no profile.</summary>
    [Id(0)] public long Version { get; init; }
    [Id(1)] public string DisplayName { get; init; } = "";
    [Id(2)] public string Headline { get; init; } = "";
    [Id(3)] public string About { get; init; } = "";
    [Id(4)] public ImmutableArray<Skill> Skills { get; init; } = [];
    [Id(5)] public HourlyRate? Rate { get; init; }
    [Id(6)] public ImmutableArray<Language> Languages { get; init; } = [];

    /// <summary>IANA time zone name, or empty.</summary>
    [Id(7)] public string TimeZone { get; init; } = "";
    [Id(8)] public Availability? Availability { get; init; }
    [Id(9)] public Visibility Visibility { get; init; } = Visibility.Listed;

    /// <summary>The wallets that the owner chose to show: what their reputation is read by.</summary>
    [Id(10)] public ImmutableArray<Address> Wallets { get; init; } = [];
    [Id(11)] public DateTimeOffset UpdatedAt { get; init; }
}

/// <param name="Name">Lower case, one line.</param>
/// <param name="Years">Years of practice.</param>
[GenerateSerializer, Immutable, Alias("talent.Skill")]
public sealed record Skill([property: Id(0)] string Name, [property: Id(1)] int Years)
{
    public const int NameCharsMax = 50;
    public const int YearsMax = 60;
}

/// <summary>The price of an hour: in a currency, or in a token of a chain.</summary>
/// <param name="Currency">ISO 4217, or empty for a token.</param>
/// <param name="ChainId">0 for a currency.</param>
/// <param name="Sum">Minor units of the currency, or base units of the token.</param>
[GenerateSerializer, Immutable, Alias("talent.HourlyRate")]
public sealed record HourlyRate(
    [property: Id(0)] string Currency, [property: Id(1)] ulong ChainId, [property: Id(2)] Address Token, [property: Id(3)] Amount Sum)
{
    /// <summary>What is priced in, as listings write it: USD, or {chain id}:{token}.</summary>
    public string Unit => Currency.Length > 0 ? Currency : $"{ChainId}:{Token}";
}

/// <summary>How well a language is spoken, after the levels of the Common European Framework of Reference (CEFR).</summary>
public enum LanguageLevel
{
    /// <summary>A1, A2.</summary>
    Basic = 1,

    /// <summary>B1, B2.</summary>
    Independent = 2,

    /// <summary>C1, C2.</summary>
    Proficient = 3,
    Native = 4,
}

/// <param name="Tag">BCP 47, in its canonical case.</param>
[GenerateSerializer, Immutable, Alias("talent.Language")]
public sealed record Language([property: Id(0)] string Tag, [property: Id(1)] LanguageLevel Level);

/// <param name="HoursPerWeek">1 to 80.</param>
/// <param name="From">The first free day.</param>
[GenerateSerializer, Immutable, Alias("talent.Availability")]
public sealed record Availability([property: Id(0)] int HoursPerWeek, [property: Id(1)] DateOnly From)
{
    public const int HoursPerWeekMax = 80;
}

/// <summary>Who finds a profile.</summary>
public enum Visibility
{
    /// <summary>Whoever is signed in, in listings too.</summary>
    Listed = 1,

    /// <summary>Whoever is signed in and knows its name.</summary>
    Unlisted = 2,

    /// <summary>Its owner alone.</summary>
    Private = 3,
}

/// <summary>The fields of a profile that an update can write.</summary>
[Flags]
public enum TalentFields
{
    None = 0,
    DisplayName = 1,
    Headline = 2,
    About = 4,
    Skills = 8,
    Rate = 16,
    Languages = 32,
    TimeZone = 64,
    Availability = 128,
    Visibility = 256,
    Wallets = 512,
}
