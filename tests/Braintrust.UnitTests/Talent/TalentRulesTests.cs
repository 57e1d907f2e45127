namespace Braintrust.Talent;

public sealed class TalentRulesTests
{
    private static readonly DateTimeOffset Noon = DateTimeOffset.UnixEpoch.AddHours(12);
    private static readonly Address Token = new([.. new byte[19], 2]);

    private static readonly TalentState Full = new()
    {
        DisplayName = "Ada", Headline = "Compilers", About = "Lines\nof prose.",
        Skills = [new("c#", 10), new("type design", 3)], Rate = new("EUR", 0, default, new Amount(9_000)),
        Languages = [new("en", LanguageLevel.Native), new("pt-BR", LanguageLevel.Basic)], TimeZone = "Europe/Oslo",
        Availability = new(20, new DateOnly(2026, 1, 31)),
    };

    private static readonly TalentState Stored = Accept(Write(TalentState.Empty, Full));

    [Fact]
    public void The_first_update_makes_the_profile() => Assert.Equal((1, "Ada", Noon), (Stored.Version, Stored.DisplayName, Stored.UpdatedAt));

    [Fact]
    public void Only_the_named_fields_are_written()
    {
        var wanted = new TalentState { DisplayName = "Eve", Headline = "Nets", Visibility = Visibility.Private };
        var next = Accept(TalentRules.Update(Stored, wanted, TalentFields.Headline | TalentFields.Visibility, null, Noon));
        Assert.Equal(("Ada", "Nets", Visibility.Private, 2), (next.DisplayName, next.Headline, next.Visibility, next.Version));
        Assert.Equal(Full.Skills, next.Skills);
    }

    [Fact]
    public void An_update_rests_on_the_version_that_was_read()
    {
        Assert.Equal(RefusalCode.EtagMismatch, Refuse(TalentRules.Update(Stored, Full, TalentFields.About, 0, Noon)).Code);
        Accept(TalentRules.Update(Stored, Full, TalentFields.About, 1, Noon));
        Accept(TalentRules.Update(TalentState.Empty, Full, TalentFields.DisplayName, 0, Noon));
    }

    public static TheoryData<string, TalentState> Malformed => new()
    {
        { "display_name", Full with { DisplayName = "" } },
        { "display_name", Full with { DisplayName = new string('a', TalentState.DisplayNameCharsMax + 1) } },
        { "headline", Full with { Headline = "two\nlines" } },
        { "headline", Full with { Headline = new string('a', TalentState.HeadlineCharsMax + 1) } },
        { "about", Full with { About = "bell\a" } },
        { "about", Full with { About = new string('a', TalentState.AboutCharsMax + 1) } },
        { "skills", Full with { Skills = [.. Enumerable.Range(0, 31).Select(i => new Skill($"s{i}", 1))] } },
        { "skills", Full with { Skills = [new("C#", 1)] } },
        { "skills", Full with { Skills = [new("", 1)] } },
        { "skills", Full with { Skills = [new("c", 61)] } },
        { "skills", Full with { Skills = [new("c", 1), new("c", 2)] } },
        { "hourly_rate", Full with { Rate = new("eur", 0, default, new Amount(1)) } },
        { "hourly_rate", Full with { Rate = new("EUR", 1, default, new Amount(1)) } },
        { "hourly_rate", Full with { Rate = new("XYZ", 0, default, new Amount(1)) } },
        { "hourly_rate", Full with { Rate = new("", 1, default, new Amount(1)) } },
        { "hourly_rate", Full with { Rate = new("", 0, Token, new Amount(1)) } },
        { "hourly_rate", Full with { Rate = new("EUR", 0, default, Amount.Zero) } },
        { "languages", Full with { Languages = [new("english", LanguageLevel.Basic)] } },
        { "languages", Full with { Languages = [new("en", LanguageLevel.Basic), new("en", LanguageLevel.Native)] } },
        { "languages", Full with { Languages = [.. Enumerable.Range(0, 21).Select(i => new Language($"a{(char)('a' + i)}", LanguageLevel.Basic))] } },
        { "time_zone", Full with { TimeZone = "Europe/" } },
        { "time_zone", Full with { TimeZone = "+02:00" } },
        { "availability.hours_per_week", Full with { Availability = new(81, new DateOnly(2026, 1, 1)) } },
        { "wallets", Full with { Wallets = [Token, Token] } },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void What_is_malformed_is_refused_by_its_field(string field, TalentState wanted)
    {
        var refusal = Refuse(Write(TalentState.Empty, wanted));
        Assert.Equal((RefusalCode.InvalidArgument, "profile." + field), (refusal.Code, refusal.Field));
    }

    [Theory]
    [InlineData("EN", "en")]
    [InlineData("pt-br", "pt-BR")]
    [InlineData("ZH-hant-tw", "zh-Hant-TW")]
    [InlineData("es-419", "es-419")]
    [InlineData("de-1996", "de-1996")]
    [InlineData("sl-rozaj", "sl-rozaj")]
    [InlineData("", null)]
    [InlineData("e", null)]
    [InlineData("en-", null)]
    [InlineData("en_US", null)]
    [InlineData("en-x", null)]
    [InlineData("e1", null)]
    public void Language_tags_get_their_canonical_case(string text, string? tag) => Assert.Equal(tag, TalentRules.Tag(text));

    [Fact]
    public void A_listed_profile_has_rows_and_a_hidden_one_has_none()
    {
        Assert.Equal(5, TalentRules.Rows("a", TalentState.Empty, Stored).Length);
        foreach (var visibility in new[] { Visibility.Unlisted, Visibility.Private })
        {
            var hidden = Accept(Write(Stored, Full with { Visibility = visibility }));
            var rows = TalentRules.Rows("a", Stored, hidden);
            Assert.Equal(5, rows.Length);
            Assert.All(rows, row => Assert.Equal(RowChange.Delete, row.Change));
            Assert.Empty(TalentRules.Rows("a", hidden, Accept(Write(hidden, Full with { Visibility = visibility }))));
            Assert.Equal(5, TalentRules.Rows("a", hidden, Stored).Count(row => row.Change == RowChange.Upsert));
        }
    }

    [Fact]
    public void Only_changed_skills_are_written_again()
    {
        var next = Accept(Write(Stored, Full with { Skills = [new("c#", 11), new("sql", 1)] }));
        var rows = TalentRules.Rows("a", Stored, next).Where(row => row.Table == "talent_skill")
            .Select(row => (row.Change, (string)row.Key[1]));
        Assert.Equal([(RowChange.Delete, "type design"), (RowChange.Upsert, "c#"), (RowChange.Upsert, "sql")], rows);
    }

    private static Outcome<TalentState> Write(TalentState profile, TalentState wanted) =>
        TalentRules.Update(profile, wanted, (TalentFields)1023, null, Noon);

    private static TalentState Accept(Outcome<TalentState> outcome) =>
        outcome.Accepted(out var profile, out var refusal) ? profile : throw new InvalidOperationException(refusal.Message);

    private static Refusal Refuse(Outcome<TalentState> outcome) =>
        outcome.Accepted(out _, out var refusal) ? throw new InvalidOperationException("accepted") : refusal;
}
