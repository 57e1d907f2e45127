using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Escrow;
using Grpc.Core;
using EscrowV1 = Braintrust.Api.Escrow.V1;

namespace Braintrust;

public sealed class ListCreditsTests : IAsyncLifetime
{
    private ApiServer _server = null!;
    private Person _employer = null!;
    private Person _talent = null!;
    private Terms _terms = null!;

    private Hash32 Negotiation => TermsHash.Negotiation(_terms.Talent, _terms.Nonce);

    public async Task InitializeAsync()
    {
        _server = await ApiServer.Start(source: new ScriptedCourt().On(new ScriptedSource()));
        (_employer, _talent) = (await SignIn(1), await SignIn(2));
        _terms = Deals.Read(new(Deals.Terms(_server, _employer, _talent))
        {
            Manager = _employer.Address.ToString(), Payout = _talent.Address.ToString(), FeeBps = ScriptedSource.FeeBps,
        });
        Mine(ScriptedSource.Funded(_terms, 1));
    }

    public async Task DisposeAsync()
    {
        _server.Log.AssertNone();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_has_a_credit_finds_it_with_what_takes_it_and_nobody_else_does()
    {
        Mine(Credited(_talent, 70), Shared(_talent, 7), ScriptedCourt.Credited(_terms, _talent.Address, ScriptedSource.Token, 25));

        var credits = await See(_talent, 2);
        var (escrow, court) = (credits.Single(credit => credit.Agreement.Length > 0), credits.Single(credit => credit.Dispute.Length > 0));
        Assert.Equal(
            (EscrowV1.CreditHolder.Escrow, "77", ScriptedSource.Contract.ToString(), EscrowWire.Name(ScriptedSource.ChainId, Negotiation), false),
            (escrow.Holder, escrow.Amount, escrow.Contract, escrow.Agreement, escrow.Final));
        Assert.Equal(
            (EscrowV1.CreditHolder.Court, "25", ScriptedCourt.Contract.ToString(), $"disputes/{ScriptedSource.ChainId}-{ScriptedCourt.CaseId(_terms)}"),
            (court.Holder, court.Amount, court.Contract, court.Dispute));
        Assert.All(credits, credit => Assert.Equal(
            (_talent.Address.ToString(), ScriptedSource.Token.ToString()), (credit.Wallet, credit.Token)));
        Assert.Empty((await List(_employer, new())).Credits);

        Assert.Equal(court, Assert.Single((await List(_talent, new() { Filter = "holder = COURT" })).Credits));
        Assert.Equal(["25", "77"], (await List(_talent, new() { OrderBy = "amount" })).Credits.Select(credit => credit.Amount));
        var first = await List(_talent, new() { PageSize = 1, OrderBy = "amount" });
        var second = await List(_talent, new() { PageSize = 1, OrderBy = "amount", PageToken = first.NextPageToken });
        Assert.Equal(("25", "77", ""), (Assert.Single(first.Credits).Amount, Assert.Single(second.Credits).Amount, second.NextPageToken));
        await Rpc.Refused(
            List(_talent, new() { Filter = "about = 1" }), StatusCode.InvalidArgument, ErrorReason.FilterInvalid, "filter");
        await Rpc.Refused(
            List(_employer, new() { PageSize = 1, OrderBy = "amount", PageToken = first.NextPageToken }),
            StatusCode.InvalidArgument, ErrorReason.PageTokenInvalid, "page_token");
    }

    [Fact]
    public async Task A_withdrawal_ends_a_credit_until_the_chain_takes_it_back_and_a_later_one_begins_anew()
    {
        Mine(Credited(_talent, 70));
        for (var i = 0; i < ScriptedSource.ConfirmationsMin; i++) _server.Source.Chain.Mine();
        await Eventually.Does(async () => Assert.True(Assert.Single((await List(_talent, new())).Credits).Final));

        Mine(Withdrawn(_talent, 70));
        await See(_talent, 0);
        _server.Source.Chain.Reorg(1, [[], []]);
        Assert.Equal("70", Assert.Single(await See(_talent, 1)).Amount);

        Mine(Withdrawn(_talent, 70));
        Mine(Credited(_talent, 5));
        await Eventually.Does(async () => Assert.Equal("5", Assert.Single((await List(_talent, new())).Credits).Amount));
        _server.Source.Chain.Reorg(1, [[Credited(_talent, 6)], []]);
        await Eventually.Does(async () => Assert.Equal("6", Assert.Single((await List(_talent, new())).Credits).Amount));
    }

    [Fact]
    public async Task Totals_tell_everybody_what_final_blocks_hold_and_nothing_that_is_pending()
    {
        Mine(Credited(_talent, 70));
        for (var i = 0; i < ScriptedSource.ConfirmationsMin; i++) _server.Source.Chain.Mine();
        Mine(Credited(_talent, 5));
        var held = Fees.Price(_terms, 0, 1).ToString();
        await Eventually.Does(async () =>
        {
            var total = Assert.Single((await _server.Escrow.ListTotalsAsync(new())).Totals);
            Assert.Equal(
                (ScriptedSource.ChainId, ScriptedSource.Contract.ToString(), ScriptedSource.Token.ToString(), held, held, "70", "0", 1ul, 0ul),
                (total.ChainId, total.Contract, total.Token, total.Funded, total.Held, total.Credited, total.Released,
                    total.AgreementsOpen, total.AgreementsFinished));
        });
        Assert.Single((await _server.Escrow.ListTotalsAsync(new() { ChainId = ScriptedSource.ChainId })).Totals);
        await Rpc.Refused(
            _server.Escrow.ListTotalsAsync(new() { ChainId = 404 }), StatusCode.InvalidArgument, ErrorReason.ChainMismatch, "chain_id");
    }

    private Task<Person> SignIn(int key) => _server.SignIn(DevelopmentKeys.Signer(key));

    private void Mine(params ScriptedLog[] logs) => _server.Source.Chain.Mine(logs);

    private ScriptedLog Credited(Person party, int sum) => Log(new WorkAgreementsContract.PaymentCreditedEvent(
        Negotiation, party.Address, ScriptedSource.Token, TermsHash.Of(_terms, ScriptedSource.ChainId, ScriptedSource.Contract), sum).Encode());

    private ScriptedLog Shared(Person origin, int sum) => Log(new WorkAgreementsContract.FeeSharedEvent(
        Negotiation, origin.Address, ScriptedSource.Token, TermsHash.Of(_terms, ScriptedSource.ChainId, ScriptedSource.Contract), sum).Encode());

    private static ScriptedLog Withdrawn(Person party, int sum) => Log(new WorkAgreementsContract.CreditWithdrawnEvent(
        party.Address, ScriptedSource.Token, party.Address, sum).Encode());

    private static ScriptedLog Log((Hash32[] Topics, byte[] Data) encoded) => ScriptedLog.Of(ScriptedSource.Contract, encoded);

    private async Task<IReadOnlyList<EscrowV1.Credit>> See(Person who, int count)
    {
        var listed = new EscrowV1.ListCreditsResponse();
        await Eventually.Does(async () =>
        {
            listed = await List(who, new());
            Assert.Equal(count, listed.Credits.Count);
        });
        return listed.Credits;
    }

    private async Task<EscrowV1.ListCreditsResponse> List(Person who, EscrowV1.ListCreditsRequest request) =>
        await _server.Escrow.ListCreditsAsync(request, who.Headers);
}
