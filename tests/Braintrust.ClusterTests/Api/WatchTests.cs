using Braintrust.Api;
using Braintrust.Api.Watch;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Watch;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using WatchV1 = Braintrust.Api.Watch.V1;

namespace Braintrust;

public sealed class WatchTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private const string Chain = "chains/31337";
    private const string Me = "accounts/me";

    private readonly ApiServer _server = fixture.Server;
    private Person _employer = null!;
    private Person _talent = null!;

    public async Task InitializeAsync() =>
        (_employer, _talent) = (await _server.SignIn(DevelopmentKeys.Signer(0)), await _server.SignIn(DevelopmentKeys.Signer(1)));

    public Task DisposeAsync()
    {
        _server.Log.AssertNone();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Every_subject_comes_once_then_the_marker_then_heartbeats()
    {
        var agreement = await Deals.Offer(_server, _employer, _talent);
        using var stream = StreamReader.Open(_server, _talent, [agreement.Name, Chain, Me]);

        var snapshot = await stream.Snapshot();

        Assert.Equal(
            new[] { Me, agreement.Name, Chain }.Order(),
            snapshot.SkipLast(1).Select(message => message.Update.Subject).Distinct().Order());
        Assert.NotEmpty(snapshot[^1].ResumeToken);
        Assert.NotEmpty((await stream.Until(message => message.Heartbeat is not null)).ResumeToken);
    }

    [Fact]
    public async Task A_snapshot_is_never_older_than_what_was_answered_before()
    {
        for (var i = 0; i < 10; i++)
        {
            var agreement = await Deals.Offer(_server, _employer, _talent);
            using var stream = StreamReader.Open(_server, _employer, [agreement.Name]);
            Assert.Equal(agreement.Offer, (await stream.NextEvent()).Update.Agreement.Offer);
        }
    }

    [Fact]
    public async Task A_change_of_the_chain_reaches_the_parties_and_becomes_final()
    {
        var agreement = await Deals.Offer(_server, _employer, _talent);
        using var stream = StreamReader.Open(_server, _talent, [agreement.Name]);
        await stream.Snapshot();

        _server.Source.Chain.Mine(ScriptedSource.Funded(Deals.Read(agreement.Offer.Terms), 1));
        var funded = await stream.UntilUpdate(update => update.Agreement.Phase == EscrowV1.AgreementPhase.Funded);
        Assert.False(funded.Update.Agreement.Final);
        Assert.True(funded.Update.Version.Position > 0);
        Assert.Equal(Finality.Pending, funded.Update.Agreement.Milestones[0].Seen.Finality);

        for (var i = 1; i < ScriptedSource.ConfirmationsMin; i++) _server.Source.Chain.Mine();
        var final = await stream.UntilUpdate(update => update.Agreement.Final);
        Assert.Equal(funded.Update.Version, final.Update.Version);
        Assert.Equal(Finality.Final, final.Update.Agreement.Milestones[0].Seen.Finality);
    }

    [Fact]
    public async Task After_a_break_only_what_changed_is_told()
    {
        var (still, moving) = (await Deals.Offer(_server, _employer, _talent), await Deals.Offer(_server, _employer, _talent));
        string token;
        using (var stream = StreamReader.Open(_server, _talent, [Me, still.Name, moving.Name]))
        {
            await stream.Snapshot();
            token = stream.Token;
        }

        _server.Source.Chain.Mine(ScriptedSource.Funded(Deals.Read(moving.Offer.Terms), 1));
        using var resumed = StreamReader.Open(_server, _talent, [Me, still.Name, moving.Name], token);

        await resumed.UntilUpdate(update => update.Subject == moving.Name && update.Agreement.Phase == EscrowV1.AgreementPhase.Funded);
        await _server.Accounts.GetAccountAsync(new(), _talent.Headers);
        using var again = StreamReader.Open(_server, _talent, [Me], token);
        Assert.NotNull((await again.NextEvent()).SnapshotDone);
    }

    [Fact]
    public async Task A_reorganisation_is_retracted_before_the_view_that_follows()
    {
        await using var server = await ApiServer.Start(["Watch:HeartbeatMs=100"]);
        var (employer, talent) = (await server.SignIn(DevelopmentKeys.Signer(0)), await server.SignIn(DevelopmentKeys.Signer(1)));
        var agreement = await Deals.Offer(server, employer, talent);
        var terms = Deals.Read(agreement.Offer.Terms);
        using var stream = StreamReader.Open(server, talent, [agreement.Name]);
        await stream.Snapshot();
        server.Source.Chain.Mine();
        server.Source.Chain.Mine(ScriptedSource.Funded(terms, 1));
        await stream.UntilUpdate(update => update.Agreement.Phase == EscrowV1.AgreementPhase.Funded);
        await stream.Until(message => message.Heartbeat is not null);
        var beforeReorg = stream.Token;

        server.Source.Chain.Reorg(1, [[], []]);

        var retracted = (await stream.Until(message => message.Retracted is not null)).Retracted;
        Assert.Equal(agreement.Name, retracted.Subject);
        Assert.Equal("AgreementFunded", Assert.Single(retracted.Retractions).Kind);
        var after = (await stream.NextEvent()).Update;
        Assert.Equal(EscrowV1.AgreementPhase.Unspecified, after.Agreement.Phase);
        Assert.NotNull(after.Agreement.Offer);

        // Whoever was away meanwhile is told the same; whoever never saw the fact is told nothing.
        using var resumed = StreamReader.Open(server, talent, [agreement.Name], beforeReorg);
        Assert.Equal(retracted, (await resumed.NextEvent()).Retracted);
        using var newcomer = StreamReader.Open(server, employer, [agreement.Name]);
        Assert.DoesNotContain(await newcomer.Snapshot(), message => message.Retracted is not null);

        server.Source.Chain.Mine(ScriptedSource.Funded(terms, 1));
        await stream.UntilUpdate(update => update.Agreement.Phase == EscrowV1.AgreementPhase.Funded);
    }

    [Fact]
    public async Task A_chain_tells_its_head()
    {
        using var stream = StreamReader.Open(_server, _talent, [Chain]);
        await stream.Snapshot();

        var head = _server.Source.Chain.Mine();

        var told = (await stream.UntilUpdate(update => update.Chain.HeadNumber >= head.Number)).Update.Chain;
        Assert.Equal(ScriptedSource.FeeBps, told.FeeBps);
        Assert.Contains(ScriptedSource.Contract.ToString(), told.Contracts.Select(contract => contract.Address));
    }

    [Fact]
    public async Task Signing_out_ends_the_streams_of_that_session_only()
    {
        var (first, second) = (await _server.SignIn(DevelopmentKeys.Signer(3)), await _server.SignIn(DevelopmentKeys.Signer(3)));
        using var ending = StreamReader.Open(_server, first, [Me]);
        using var staying = StreamReader.Open(_server, second, [Me]);
        await ending.Snapshot();
        await staying.Snapshot();

        await _server.Accounts.SignOutAsync(new(), first.Headers);

        var end = await ending.End();
        Assert.Equal(StatusCode.Unauthenticated, end.StatusCode);
        Assert.Equal(ErrorReason.SessionEnded, end.Reason());
        await staying.Next();
    }

    [Fact]
    public async Task A_session_revoked_by_another_silo_ends_here_too()
    {
        var person = await _server.SignIn(DevelopmentKeys.Signer(4));
        using var stream = StreamReader.Open(_server, person, [Me]);
        await stream.Snapshot();

        var hash = Security.SessionToken.Hash(person.Token);
        await _server.Services.GetRequiredService<Accounts.ISessionStore>()
            .Revoke(hash, _server.Clock.GetUtcNow(), CancellationToken.None);

        Assert.Equal(ErrorReason.SessionEnded, (await stream.End()).Reason());
        await Rpc.Refused(
            _server.Accounts.GetAccountAsync(new(), person.Headers), StatusCode.Unauthenticated, ErrorReason.SessionEnded);
    }

    [Fact]
    public async Task A_session_that_expires_ends_its_streams()
    {
        await using var server = await ApiServer.Start(["Watch:HeartbeatMs=100"]);
        var person = await server.SignIn(DevelopmentKeys.Signer(4));
        using var stream = StreamReader.Open(server, person, [Me]);
        await stream.Snapshot();

        server.Clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal(ErrorReason.SessionEnded, (await stream.End()).Reason());
    }

    [Fact]
    public async Task A_wallet_taken_away_takes_its_rights_along()
    {
        var owner = await _server.SignIn(DevelopmentKeys.Signer(5));
        await _server.Accounts.LinkWalletAsync(await _server.LinkRequest(owner, DevelopmentKeys.Signer(15)), owner.Headers);
        var linked = await _server.SignIn(DevelopmentKeys.Signer(15));
        using var ofOwner = StreamReader.Open(_server, owner, [Chain]);
        using var ofLinked = StreamReader.Open(_server, linked, [Chain]);
        await ofOwner.Snapshot();
        await ofLinked.Snapshot();

        await _server.Accounts.UnlinkWalletAsync(
            new() { RequestId = Guid.NewGuid().ToString(), Address = DevelopmentKeys.Address(15).ToString() }, owner.Headers);

        Assert.Equal(ErrorReason.SessionEnded, (await ofLinked.End()).Reason());
        var ended = await ofOwner.End();
        Assert.Equal(ErrorReason.Unavailable, ended.Reason());
        Assert.NotNull(ended.RetryAfter());
    }

    public static TheoryData<string[], string> BadSubjects => new()
    {
        { [], "subjects" },
        { [Me, Me], "subjects" },
        { [.. Enumerable.Range(0, WatchOptions.SubjectsMax + 1).Select(i => $"chains/{i + 1}")], "subjects" },
        { [Me, "accounts/01J0000000000000000000000"], "subjects[1]" },
        { ["", Me], "subjects[0]" },
        { ["chains/x"], "subjects[0]" },
        { ["agreements/1"], "subjects[0]" },
    };

    [Theory]
    [MemberData(nameof(BadSubjects))]
    public Task Subjects_that_cannot_be_watched_are_refused(string[] subjects, string field) => Rpc.Refused(
        () => StreamReader.Open(_server, _talent, subjects).Next(), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, field);

    [Fact]
    public async Task Nobody_watches_what_they_may_not_read()
    {
        var agreement = await Deals.Offer(_server, _employer, _talent);
        var stranger = await _server.SignIn(DevelopmentKeys.Signer(9));

        await Rpc.Refused(
            () => StreamReader.Open(_server, stranger, [Me, agreement.Name]).Next(),
            StatusCode.PermissionDenied, ErrorReason.NotAParty, "subjects[1]");
        await Rpc.Refused(
            () => StreamReader.Open(_server, stranger, ["chains/1"]).Next(), StatusCode.NotFound, ErrorReason.NotFound, "subjects[0]");
    }

    [Fact]
    public async Task A_resume_token_is_good_for_its_account_and_for_30_days()
    {
        await using var server = await ApiServer.Start(["Watch:HeartbeatMs=100", "SignIn:SessionLifetimeMinutes=43200"]);
        var (alice, bob) = (await server.SignIn(DevelopmentKeys.Signer(0)), await server.SignIn(DevelopmentKeys.Signer(1)));
        string token;
        using (var stream = StreamReader.Open(server, alice, [Me]))
        {
            await stream.Snapshot();
            token = stream.Token;
        }

        Task Resume(Person person, string with) => StreamReader.Open(server, person, [Me], with).Next();
        await Resume(alice, token);
        string[] forged = [token[..^1], token + "A", "B" + token[1..], "!", new('A', ResumeTokens.LengthMax + 1)];
        foreach (var text in forged)
            await Rpc.Refused(() => Resume(alice, text), StatusCode.InvalidArgument, ErrorReason.ResumeTokenInvalid, "resume_token");
        await Rpc.Refused(() => Resume(bob, token), StatusCode.InvalidArgument, ErrorReason.ResumeTokenInvalid, "resume_token");

        server.Clock.Advance(TimeSpan.FromDays(30) + TimeSpan.FromMinutes(1));
        alice = await server.SignIn(DevelopmentKeys.Signer(0));
        await Rpc.Refused(() => Resume(alice, token), StatusCode.OutOfRange, ErrorReason.ResumeTokenExpired);
    }

    [Fact]
    public async Task The_client_helper_goes_on_where_a_restarted_server_left_it()
    {
        var folder = Directory.CreateTempSubdirectory("braintrust-restart-").FullName;
        try
        {
            var source = new ScriptedSource();
            Person talent;
            EscrowV1.Agreement agreement;
            string token;
            await using (var first = await ApiServer.Start(["Watch:HeartbeatMs=100"], source: source, folder: folder))
            {
                talent = await first.SignIn(DevelopmentKeys.Signer(1));
                agreement = await Deals.Offer(first, await first.SignIn(DevelopmentKeys.Signer(0)), talent);
                using var stream = StreamReader.Open(first, talent, [Me, agreement.Name]);
                await stream.Snapshot();
                token = stream.Token;
            }

            await using var second = await ApiServer.Start(["Watch:HeartbeatMs=100"], source: source, folder: folder);
            source.Chain.Mine(ScriptedSource.Funded(Deals.Read(agreement.Offer.Terms), 2));
            using var bound = new CancellationTokenSource(ApiServer.WaitMax);
            await foreach (var message in second.Watch.Resumed([Me, agreement.Name], () => talent.Headers, token, ct: bound.Token))
            {
                if (message.Update is not { } update) continue;
                Assert.Equal(agreement.Name, update.Subject);
                if (update.Agreement.Phase == EscrowV1.AgreementPhase.Funded) break;
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
