using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Grpc.Core;
using V1 = Braintrust.Api.Talent.V1;

namespace Braintrust;

public sealed class TalentTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private readonly ApiServer _server = fixture.Server;
    private Person _ada = null!;
    private Person _bob = null!;

    private V1.TalentService.TalentServiceClient Api => _server.Talent;

    public async Task InitializeAsync() =>
        (_ada, _bob) = (await _server.SignIn(DevelopmentKeys.Signer(3)), await _server.SignIn(DevelopmentKeys.Signer(4)));

    public Task DisposeAsync()
    {
        _server.Log.AssertNone();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_profile_is_written_read_and_found_by_every_filter()
    {
        var skill = "skill " + Guid.NewGuid().ToString("N")[..8];
        var written = await Write(_ada, Profile(_ada, skill));
        Assert.Equal(written, (await Api.GetProfileAsync(new() { Name = written.Name }, _bob.Headers)).Profile);
        Assert.Equal(["en", "pt-BR"], written.Languages.Select(language => language.LanguageCode));
        foreach (var filter in new[]
                 {
                     "", " AND languages:pt-BR", " AND rate_unit = EUR AND rate <= 9000", " AND rate >= 9000", " AND hours_per_week >= 20",
                     " AND available_from <= 2026-01-31T00:00:00Z", " AND time_zone = \"Europe/Oslo\"", " AND display_name = Ada",
                 })
        {
            var found = Assert.Single(await Find($"skills:\"{skill}\"" + filter));
            Assert.Equal((written.Name, 20u, "9000", "EUR"), (found.Name, found.Availability.HoursPerWeek, found.HourlyRate.Sum, found.HourlyRate.CurrencyCode));
            Assert.Equal([skill, "sql"], found.Skills);
        }

        foreach (var filter in new[] { " AND rate < 9000", " AND languages:de", " AND hours_per_week > 20" })
            Assert.Empty(await Find($"skills:\"{skill}\"" + filter));
    }

    [Fact]
    public async Task A_profile_that_is_hidden_leaves_the_listing_with_its_answer()
    {
        var skill = "skill " + Guid.NewGuid().ToString("N")[..8];
        var profile = await Write(_ada, Profile(_ada, skill));
        Assert.Single(await Find($"skills:\"{skill}\""));
        using var stream = StreamReader.Open(_server, _bob, [profile.Name]);
        await stream.Snapshot();

        await Write(_ada, new() { Name = profile.Name, Visibility = V1.Visibility.Private }, "visibility");

        Assert.Empty(await Find($"skills:\"{skill}\""));
        await Rpc.Refused(Api.GetProfileAsync(new() { Name = profile.Name }, _bob.Headers), StatusCode.NotFound, ErrorReason.NotFound);
        Assert.Equal(StatusCode.Unavailable, (await stream.End()).StatusCode);
        Assert.Equal(skill, (await Api.GetProfileAsync(new() { Name = profile.Name }, _ada.Headers)).Profile.Skills[0].Skill_);
        await Write(_ada, new() { Name = profile.Name, Visibility = V1.Visibility.Listed }, "visibility");
        Assert.Single(await Find($"skills:\"{skill}\""));
    }

    [Fact]
    public async Task A_watcher_sees_the_change_and_a_repeated_update_changes_nothing()
    {
        var profile = await Write(_ada, Profile(_ada, "c#"));
        using var stream = StreamReader.Open(_server, _ada, [profile.Name]);
        await stream.Snapshot();
        var request = new V1.UpdateProfileRequest
        {
            RequestId = Guid.NewGuid().ToString(), Profile = new() { Name = profile.Name, Headline = "Newer", Etag = profile.Etag },
            UpdateMask = new() { Paths = { "headline" } },
        };
        var changed = (await Api.UpdateProfileAsync(request, _ada.Headers)).Profile;
        Assert.Equal(changed, (await Api.UpdateProfileAsync(request, _ada.Headers)).Profile);
        await stream.UntilUpdate(update => update.TalentProfile.Headline == "Newer");
        request.RequestId = Guid.NewGuid().ToString();
        await Rpc.Refused(Api.UpdateProfileAsync(request, _ada.Headers), StatusCode.Aborted, ErrorReason.EtagMismatch, "profile.etag");
    }

    [Fact]
    public async Task A_shown_wallet_is_the_owners_and_nobody_writes_anothers_profile()
    {
        var shown = Profile(_ada, "c#");
        shown.Wallets.Add(_ada.Address.ToString());
        Assert.Equal([_ada.Address.ToString()], (await Write(_ada, shown)).Wallets);
        await Rpc.Refused(() => Write(_bob, shown), StatusCode.PermissionDenied, ErrorReason.NotAParty, "profile.name");
        shown.Wallets.Add(_bob.Address.ToString());
        await Rpc.Refused(() => Write(_ada, shown), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "profile.wallets");
    }

    public static TheoryData<string, Action<V1.TalentProfile>> Malformed => new()
    {
        { "profile.name", profile => profile.Name = "talents/me" },
        { "profile.display_name", profile => profile.DisplayName = " Ada" },
        { "profile.skills", profile => profile.Skills[0].Skill_ = "C#" },
        { "profile.skills[0].years", profile => profile.Skills[0].Years = 61 },
        { "profile.hourly_rate.sum", profile => profile.HourlyRate.Sum = "1.5" },
        { "profile.hourly_rate", profile => profile.HourlyRate.CurrencyCode = "euro" },
        { "profile.hourly_rate.token", profile => profile.HourlyRate.Token = "0x01" },
        { "profile.languages[0].language_code", profile => profile.Languages[0].LanguageCode = "english" },
        { "profile.languages[0].level", profile => profile.Languages[0].Level = V1.LanguageLevel.Unspecified },
        { "profile.availability.from", profile => profile.Availability.From = "31.1.2026" },
        { "profile.availability.hours_per_week", profile => profile.Availability.HoursPerWeek = 0 },
        { "profile.visibility", profile => profile.Visibility = (V1.Visibility)9 },
        { "profile.time_zone", profile => profile.TimeZone = "somewhere else" },
        { "profile.time_zone", profile => profile.TimeZone = "Europe/Atlantis" },
        { "profile.time_zone", profile => profile.TimeZone = "europe/oslo" },
    };

    [Theory]
    [MemberData(nameof(Malformed), DisableDiscoveryEnumeration = true)]
    public async Task What_is_malformed_is_refused_by_its_field(string field, Action<V1.TalentProfile> spoil)
    {
        var profile = Profile(_bob, "c#");
        spoil(profile);
        await Rpc.Refused(() => Write(_bob, profile), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, field);
    }

    [Fact]
    public async Task A_filter_names_only_what_is_listed()
    {
        foreach (var filter in new[] { "about = x", "skills = c#", "rate < \"much\"", "account = 1" })
            await Rpc.Refused(() => Find(filter), StatusCode.InvalidArgument, ErrorReason.FilterInvalid, "filter");
    }

    private static V1.TalentProfile Profile(Person person, string skill) => new()
    {
        Name = "talents/" + person.Account["accounts/".Length..],
        DisplayName = "Ada",
        Headline = "Compilers",
        About = "Lines\nof prose.",
        Skills = { new V1.Skill { Skill_ = skill, Years = 9 }, new V1.Skill { Skill_ = "sql", Years = 1 } },
        HourlyRate = new() { CurrencyCode = "EUR", Sum = "9000" },
        Languages =
        {
            new V1.Language { LanguageCode = "EN", Level = V1.LanguageLevel.Native },
            new V1.Language { LanguageCode = "pt-br", Level = V1.LanguageLevel.Basic },
        },
        TimeZone = "Europe/Oslo",
        Availability = new() { HoursPerWeek = 20, From = "2026-01-31" },
        Visibility = V1.Visibility.Listed,
    };

    private async Task<V1.TalentProfile> Write(Person person, V1.TalentProfile profile, params string[] paths)
    {
        var request = new V1.UpdateProfileRequest { RequestId = Guid.NewGuid().ToString(), Profile = profile };
        if (paths.Length > 0) request.UpdateMask = new() { Paths = { paths } };
        return (await Api.UpdateProfileAsync(request, person.Headers)).Profile;
    }

    private async Task<IReadOnlyList<V1.TalentSummary>> Find(string filter) =>
        (await Api.ListTalentsAsync(new() { Filter = filter }, _bob.Headers)).Talents;
}
