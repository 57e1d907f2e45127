using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Grpc.Core;
using EscrowV1 = Braintrust.Api.Escrow.V1;

namespace Braintrust;

public sealed class ListAgreementsTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private static int _people;

    private readonly ApiServer _server = fixture.Server;
    private Person _employer = null!;
    private Person _talent = null!;

    /// <summary>Every test has people of its own, so that it sees its own agreements only.</summary>
    public async Task InitializeAsync() => (_employer, _talent) = (await Somebody(), await Somebody());

    public Task DisposeAsync()
    {
        _server.Log.AssertNone();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Both_sides_find_an_agreement_and_a_stranger_does_not()
    {
        var terms = Fund(1);
        var mine = Assert.Single(await See(_talent, new() { Side = EscrowV1.AgreementSide.Talent }, 1));
        Assert.Equal(
            (Name(terms), terms.Employer.ToString(), EscrowV1.AgreementPhase.Funded, 2u, 1u, EscrowV1.Move.Reclaim),
            (mine.Name, mine.Employer, mine.Phase, mine.Milestones, mine.MilestonesFunded, mine.Deadline.Opens));
        Assert.Equal((Fees.Price(terms, 0, 1).ToString(), "3000000000000000001"), (mine.Held, mine.Amount));
        Assert.Equal(mine.CreateTime, mine.UpdateTime);

        Assert.Equal(mine.Name, Assert.Single(await See(_employer, new() { Side = EscrowV1.AgreementSide.Employer }, 1)).Name);
        Assert.Equal(mine.Name, Assert.Single(await See(_employer, new(), 1)).Name);
        Assert.Empty((await List(_talent, new() { Side = EscrowV1.AgreementSide.Employer })).Agreements);
        Assert.Empty((await List(await Somebody(), new())).Agreements);
    }

    [Fact]
    public async Task A_listing_turns_final_and_disappears_when_the_chain_takes_it_back()
    {
        Fund(1);
        Assert.False(Assert.Single(await See(_talent, new(), 1)).Final);
        for (var i = 0; i < ScriptedSource.ConfirmationsMin; i++) _server.Source.Chain.Mine();
        await Eventually.Does(async () => Assert.True(Assert.Single((await List(_talent, new())).Agreements).Final));

        var second = Fund(2);
        await See(_talent, new(), 2);
        _server.Source.Chain.Reorg(1, [[], []]);
        await Eventually.Does(async () =>
            Assert.DoesNotContain(Name(second), (await List(_talent, new())).Agreements.Select(listed => listed.Name)));
    }

    [Fact]
    public async Task Pages_follow_filter_and_order_and_their_tokens_are_good_for_nothing_else()
    {
        var all = Enumerable.Range(0, 5).Select(i => Fund(1 + i % 2)).Select(Name).ToList();
        await See(_talent, new(), 5);
        var request = new EscrowV1.ListAgreementsRequest { PageSize = 2, Filter = "phase = FUNDED", OrderBy = "held desc, create_time" };
        var (told, pages) = (new List<EscrowV1.AgreementOverview>(), 0);
        for (var page = await List(_talent, request); ; page = await List(_talent, request))
        {
            told.AddRange(page.Agreements);
            pages++;
            if (page.NextPageToken.Length == 0) break;
            request.PageToken = page.NextPageToken;
        }

        Assert.Equal((3, 5), (pages, told.Count));
        Assert.Equal(all.Order(), told.Select(listed => listed.Name).Order());
        var held = told.Select(listed => UInt128.Parse(listed.Held)).ToList();
        Assert.Equal(held.OrderDescending(), held);
        Assert.Equal(2, (await List(_talent, new() { Filter = $"held > {held[^1]}" })).Agreements.Count);

        EscrowV1.ListAgreementsRequest[] others =
        [
            new(request) { Filter = "" }, new(request) { OrderBy = "held" }, new(request) { Side = EscrowV1.AgreementSide.Talent },
            new(request) { PageToken = "x" + request.PageToken[1..] }, new(request) { PageToken = "not a token" },
            new(request) { PageToken = new string('A', PageTokens.LengthMax + 4) },
        ];
        foreach (var other in others) await TokenRefused(_talent, other);
        await TokenRefused(_employer, request);
    }

    [Fact]
    public async Task What_cannot_be_read_names_its_field()
    {
        await Rpc.Refused(
            List(_talent, new() { Filter = "secret = 1" }), StatusCode.InvalidArgument, ErrorReason.FilterInvalid, "filter");
        await Rpc.Refused(
            List(_talent, new() { OrderBy = "phase" }), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "order_by");
        await Rpc.Refused(
            List(_talent, new() { PageSize = -1 }), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "page_size");
        await Rpc.Refused(
            List(_talent, new() { Side = (EscrowV1.AgreementSide)9 }), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "side");
    }

    private Task<RpcException> TokenRefused(Person who, EscrowV1.ListAgreementsRequest request) =>
        Rpc.Refused(List(who, request), StatusCode.InvalidArgument, ErrorReason.PageTokenInvalid, "page_token");

    private async Task<Person> Somebody() =>
        await _server.SignIn(new LocalSigner(Keccak256.Hash([.. "list"u8, (byte)Interlocked.Increment(ref _people)]), ScriptedSource.ChainId));

    private Terms Fund(int count)
    {
        var terms = Deals.Read(new(Deals.Terms(_server, _employer, _talent))
        {
            Manager = _employer.Address.ToString(), Payout = _talent.Address.ToString(), FeeBps = ScriptedSource.FeeBps,
        });
        _server.Source.Chain.Mine(ScriptedSource.Funded(terms, count));
        return terms;
    }

    private static string Name(Terms terms) =>
        EscrowWire.Name(ScriptedSource.ChainId, TermsHash.Negotiation(terms.Talent, terms.Nonce));

    private async Task<IReadOnlyList<EscrowV1.AgreementOverview>> See(
        Person who, EscrowV1.ListAgreementsRequest request, int count)
    {
        var listed = new EscrowV1.ListAgreementsResponse();
        await Eventually.Does(async () =>
        {
            listed = await List(who, request);
            Assert.Equal(count, listed.Agreements.Count);
        });
        return listed.Agreements;
    }

    private async Task<EscrowV1.ListAgreementsResponse> List(Person who, EscrowV1.ListAgreementsRequest request) =>
        await _server.Escrow.ListAgreementsAsync(request, who.Headers);
}
