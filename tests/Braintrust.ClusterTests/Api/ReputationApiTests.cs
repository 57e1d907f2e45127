using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Reputation;
using Braintrust.Storage;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using ReputationV1 = Braintrust.Api.Reputation.V1;

namespace Braintrust;

public sealed class ReputationApiTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private static int _nonces = 500_000;

    private readonly ApiServer _server = fixture.Server;
    private readonly ReputationV1.ReputationService.ReputationServiceClient _reputation = new(fixture.Server.Channel);
    private readonly Address _employer = Address();
    private readonly Address _talent = Address();

    private string Name => ReputationWire.Name(ScriptedSource.ChainId, _talent);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        _server.Log.AssertNone();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_final_payment_counts_and_everybody_can_see_why()
    {
        var story = Story();
        _server.Source.Chain.Mine(story.Funded(2));
        var block = _server.Source.Chain.Mine(story.Closed(0, Closing.Released, Units(300)));
        _server.Source.Chain.Mine(story.Closed(1, Closing.Settled, Units(50)));
        Assert.Equal(0, (await Read()).Score);

        Confirm();
        var seen = await See(reputation => reputation.RecentTerms.Count == 2);

        Assert.Equal(seen.Score, seen.Earlier + seen.RecentTerms.Sum(term => term.Points));
        Assert.Equal((("350000000", 2ul), 1ul), ((seen.Talent.Earned, seen.Talent.Releases), seen.Talent.Employers));
        var first = seen.RecentTerms[1];
        Assert.Equal(
            (block.Hash.ToString(), _employer.ToString(), "300000000", "0", "45000000", 2_000_000L),
            (first.BlockHash, first.Employer, first.Value, first.SettledBefore, first.EmployerFees, first.Gain));
        Assert.Equal(EscrowWire.Name(ScriptedSource.ChainId, story.Negotiation), first.Agreement);
        // Gain and trust are told rounded down, each by less than a millionth.
        Assert.InRange(first.Points, 1, (first.Gain + 1) * (first.Trust + 1L) / 1_000_000);

        var payer = (await _reputation.GetReputationAsync(
            new() { Name = ReputationWire.Name(ScriptedSource.ChainId, _employer) })).Reputation;
        Assert.Equal(
            (0L, "350000000", "52500000", 2ul, 1ul),
            (payer.Score, payer.Employer.Paid, payer.Employer.Fees, payer.Employer.Payments, payer.Employer.Talents));
    }

    [Fact]
    public async Task Totals_and_terms_are_those_of_one_moment_though_a_payment_is_counted_between_their_reads()
    {
        var story = Story();
        _server.Source.Chain.Mine(story.Funded(1), story.Closed(0, Closing.Released, Units(300)));
        var services = _server.Services;
        var between = new Between(services.GetRequiredService<IListings>(), async () =>
        {
            Confirm();
            await See(reputation => reputation.RecentTerms.Count == 1);
        });
        var views = new ReputationViews(
            services.GetRequiredService<IRows>(), between, services.GetRequiredService<IProjectionStore>(),
            services.GetRequiredService<IChainLedger>(), services.GetRequiredService<IChainProgress>(),
            services.GetRequiredService<ReviewReader>(), services.GetRequiredService<TimeProvider>());

        var seen = await views.Read(ScriptedSource.ChainId, _talent, CancellationToken.None);

        Assert.Equal(("300000000", 1), (seen.Talent.Earned, seen.RecentTerms.Count));
    }

    [Fact]
    public async Task Terms_are_listed_page_by_page()
    {
        for (var i = 0; i < 5; i++)
        {
            var story = Story();
            _server.Source.Chain.Mine(story.Funded(1), story.Closed(0, Closing.Released, Units(10 + (ulong)i)));
        }

        Confirm();
        var seen = await See(reputation => reputation.RecentTerms.Count == 5);
        var request = new ReputationV1.ListReputationTermsRequest { Parent = Name, PageSize = 2, OrderBy = "value" };
        var terms = new List<ReputationV1.ReputationTerm>();
        do
        {
            var page = await _reputation.ListReputationTermsAsync(request);
            terms.AddRange(page.Terms);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(seen.RecentTerms.Select(term => term.Position).Order(), terms.Select(term => term.Position));
        Assert.Equal(seen.Score, terms.Sum(term => term.Points));
        Assert.Equal(2, (await _reputation.ListReputationTermsAsync(
            new() { Parent = Name, Filter = $"value >= 13000000 AND employer = {_employer}" })).Terms.Count);
    }

    [Fact]
    public async Task A_watch_tells_when_a_payment_has_become_final()
    {
        var watcher = await _server.SignIn(DevelopmentKeys.Signer(0));
        using var stream = StreamReader.Open(_server, watcher, [Name]);
        Assert.Equal(0, (await stream.UntilUpdate(_ => true)).Update.Reputation.Score);
        var story = Story();
        _server.Source.Chain.Mine(story.Funded(1), story.Closed(0, Closing.Released, Units(100)));
        Confirm();
        var told = (await stream.UntilUpdate(update => update.Reputation.Score > 0)).Update;
        Assert.Equal(told.Version.Position, told.Reputation.Position);
        Assert.InRange(told.Reputation.RecentTerms.Single().Position, 1ul, told.Version.Position);
    }

    [Theory]
    [InlineData("reputations/31337-0x5fbdb2315678afecb367f032d93f642f64180aa3")]
    [InlineData("reputations/031337-0x5FbDB2315678afecb367f032d93F642f64180aa3")]
    [InlineData("reputations/31337")]
    [InlineData("talents/31337-0x5FbDB2315678afecb367f032d93F642f64180aa3")]
    [InlineData("")]
    public async Task A_name_in_another_spelling_is_refused(string name) => await Rpc.Refused(
        _reputation.GetReputationAsync(new() { Name = name }), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "name");

    [Fact]
    public async Task A_chain_that_is_not_followed_is_not_found() => await Rpc.Refused(
        _reputation.GetReputationAsync(new() { Name = "reputations/1-0x5FbDB2315678afecb367f032d93F642f64180aa3" }),
        StatusCode.NotFound, ErrorReason.NotFound);

    /// <summary>Something happens before the first page is read.</summary>
    private sealed class Between(IListings listings, Func<Task> happens) : IListings
    {
        private bool _happened;

        public async ValueTask<ListingPage> Read(ListingQuery query, CancellationToken ct)
        {
            if (!_happened) await happens();
            _happened = true;
            return await listings.Read(query, ct);
        }
    }

    private static Address Address() =>
        new(Hash32.Keccak([.. "reputation"u8, .. BitConverter.GetBytes(Interlocked.Increment(ref _nonces))]).ToBytes().AsSpan(..20));

    private static Amount Units(ulong units) => new((UInt128)units * 1_000_000_000_000_000_000);

    private WorkStory Story()
    {
        var nonce = Interlocked.Increment(ref _nonces);
        var plain = new WorkStory(ScriptedSource.ChainId, ScriptedSource.Contract, ScriptedSource.Token, nonce, 2_000_000_000);
        return new WorkStory(ScriptedSource.ChainId, ScriptedSource.Contract, ScriptedSource.Token, nonce, 2_000_000_000)
        {
            Terms = plain.Terms with
            {
                Employer = _employer, Manager = _employer, Talent = _talent, Payout = _talent,
                Amounts = [Units(300), Units(50), Units(7)],
            },
        };
    }

    /// <summary>Makes what was mined final.</summary>
    private void Confirm()
    {
        for (var i = 0; i < ScriptedSource.ConfirmationsMin; i++) _server.Source.Chain.Mine();
    }

    private async Task<ReputationV1.Reputation> Read() => (await _reputation.GetReputationAsync(new() { Name = Name })).Reputation;

    private async Task<ReputationV1.Reputation> See(Func<ReputationV1.Reputation, bool> wanted)
    {
        var seen = new ReputationV1.Reputation();
        await Eventually.Does(async () => Assert.True(wanted(seen = await Read()), $"{seen}"));
        return seen;
    }
}
