using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Governance;
using Grpc.Core;
using GovernanceV1 = Braintrust.Api.Governance.V1;

namespace Braintrust;

/// <summary>The policy as people read and watch it. Each test has a server of its own: a vote concerns everybody on its chain.</summary>
public sealed class GovernanceApiTests
{
    private const string Policy = "policies/31337";

    private static readonly Address Dollar = DevelopmentKeys.Address(7);

    [Fact]
    public async Task Anybody_reads_the_version_in_force_and_every_one_before_it()
    {
        await using var server = await ApiServer.Start();
        await Rpc.Refused(
            server.Governance.GetPolicyAsync(new() { Name = Policy }), StatusCode.NotFound, ErrorReason.NotFound, "name");
        server.Source.Chain.Mine(First());
        server.Source.Chain.Mine(ScriptedPolicy.Published(2, 100, [], [Dollar], ("Treasury", Dollar)));

        var policy = await See(server, 2);

        Assert.Equal(("policies/31337/versions/2", 100u, 0ul), (policy.Current.Name, policy.Current.FeeBps, policy.Current.FundableUntilSeconds));
        Assert.Equal((Finality.Pending, ScriptedPolicy.Contract.ToString()), (policy.Current.Seen.Finality, policy.Contract));
        var first = (await server.Governance.GetPolicyVersionAsync(new() { Name = $"{Policy}/versions/1" })).Version;
        Assert.Equal(
            policy.Current.Seen.BlockTimeSeconds + PolicyVersion.GraceSeconds - 1, first.FundableUntilSeconds);
        Assert.Equal(WorkStory.FeeBps, first.FeeBps);
        await Rpc.Refused(
            server.Governance.GetPolicyVersionAsync(new() { Name = $"{Policy}/versions/3" }), StatusCode.NotFound, ErrorReason.NotFound, "name");
        Assert.Equal([ScriptedSource.Token.ToString()], (await Tokens(server, Policy)).Select(token => token.Token));
        Assert.Equal(2, (await Tokens(server, $"{Policy}/versions/1")).Count);
        server.Log.AssertNone();
    }

    [Fact]
    public async Task Code_that_nobody_reviewed_is_told_to_be_unaudited()
    {
        await using var server = await ApiServer.Start();
        var contracts = (await server.Governance.ListContractsAsync(new() { Parent = Policy })).Contracts;

        Assert.Equal(["Policy", "WorkAgreements"], contracts.Select(contract => contract.Kind));
        var escrow = contracts[1];
        Assert.Equal((ScriptedSource.Contract.ToString(), true, ""), (escrow.Address, escrow.AsRegistered, escrow.CreationCodeHash));
        Assert.Equal((GovernanceV1.AuditVerdict.Unaudited, 0), (escrow.Verdict, escrow.Records.Count));
        Assert.Equal(Hash32.Keccak((await server.Source.Chain.GetCode(ScriptedSource.Contract, BlockId.Latest, default)).Span).ToString(), escrow.CodeHash);
        var (employer, talent) = (await server.SignIn(DevelopmentKeys.Signer(1)), await server.SignIn(DevelopmentKeys.Signer(2)));
        var request = new Api.Escrow.V1.PrepareTermsRequest { ChainId = ScriptedSource.ChainId, Terms = Deals.Terms(server, employer, talent) };
        Assert.Equal(escrow, (await server.Escrow.PrepareTermsAsync(request, talent.Headers)).Contract);
        await Rpc.Refused(
            server.Governance.ListContractsAsync(new() { Parent = "policies/1" }), StatusCode.NotFound, ErrorReason.NotFound, "parent");
        foreach (var wrong in new[] { "", "policies", "policies/x", $"{Policy}/versions/1", "chains/31337" })
            await Rpc.Refused(
                server.Governance.ListContractsAsync(new() { Parent = wrong }), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "parent");
        server.Log.AssertNone();
    }

    [Fact]
    public async Task Lists_are_read_page_by_page_and_a_page_token_holds_for_its_version()
    {
        await using var server = await ApiServer.Start();
        server.Source.Chain.Mine(First());
        server.Source.Chain.Mine(ScriptedPolicy.Published(2, 100, [], [], ("Treasury", Dollar)));
        await See(server, 2);
        var request = new GovernanceV1.ListPaymentTokensRequest { Parent = Policy, PageSize = 1 };
        var page = await server.Governance.ListPaymentTokensAsync(request);
        request.PageToken = page.NextPageToken;
        var rest = await server.Governance.ListPaymentTokensAsync(request);

        Assert.Equal(
            new[] { Dollar, ScriptedSource.Token }.Select(token => token.ToString()).Order(StringComparer.OrdinalIgnoreCase),
            page.PaymentTokens.Concat(rest.PaymentTokens).Select(token => token.Token));
        Assert.Equal(("1", "1000", ""), (rest.PaymentTokens[0].AmountMin, rest.PaymentTokens[0].ReferencePrice, rest.NextPageToken));
        request.Parent = $"{Policy}/versions/1";
        await Rpc.Refused(
            server.Governance.ListPaymentTokensAsync(request), StatusCode.InvalidArgument, ErrorReason.PageTokenInvalid, "page_token");
        await Rpc.Refused(
            server.Governance.ListPaymentTokensAsync(new() { Parent = Policy, PageSize = -1 }),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "page_size");

        var officials = await server.Governance.ListOfficialAddressesAsync(new() { Parent = Policy });
        Assert.Equal(
            [("Treasury", Dollar.ToString()), ("WorkAgreements", ScriptedSource.Contract.ToString())],
            officials.OfficialAddresses.Select(official => (official.Kind, official.Address)));
        server.Log.AssertNone();
    }

    [Fact]
    public async Task A_vote_reaches_watchers_becomes_final_and_is_taken_back_with_its_block()
    {
        await using var server = await ApiServer.Start();
        var anybody = await server.SignIn(DevelopmentKeys.Signer(0));
        server.Source.Chain.Mine(First());
        await See(server, 1);
        using var stream = StreamReader.Open(server, anybody, [Policy]);
        Assert.Equal(1u, (await stream.NextEvent()).Update.Policy.Current.Number);
        for (var i = 1; i < ScriptedSource.ConfirmationsMin; i++) server.Source.Chain.Mine();
        await stream.UntilUpdate(update => update.Policy.Current.Seen.Finality == Finality.Final);

        server.Source.Chain.Mine(ScriptedPolicy.Published(2, 100, [], []));
        await stream.UntilUpdate(update => update.Policy.Current.Number == 2);
        server.Source.Chain.Reorg(1, [[], []]);

        var retracted = (await stream.Until(message => message.Retracted is not null)).Retracted;
        Assert.Equal((Policy, "PolicyPublished"), (retracted.Subject, Assert.Single(retracted.Retractions).Kind));
        var after = (await stream.NextEvent()).Update.Policy;
        Assert.Equal((1u, 0ul), (after.Current.Number, after.Current.FundableUntilSeconds));
        server.Log.AssertNone();
    }

    [Fact]
    public async Task New_terms_name_the_version_in_force_and_outdated_ones_are_refused()
    {
        await using var server = await ApiServer.Start();
        var (employer, talent) = (await server.SignIn(DevelopmentKeys.Signer(0)), await server.SignIn(DevelopmentKeys.Signer(1)));
        server.Source.Policy.Version = 3;
        server.Source.Policy.OldestFundable = 2;

        Assert.Equal(3u, (await Deals.Prepare(server, talent, Deals.Terms(server, employer, talent))).Terms.PolicyVersion);
        var terms = Deals.Terms(server, employer, talent);
        terms.PolicyVersion = 2;
        Assert.Equal(2u, (await Deals.Prepare(server, talent, terms)).Terms.PolicyVersion);
        terms.PolicyVersion = 1;
        await Rpc.Refused(
            () => Deals.Prepare(server, talent, terms), StatusCode.FailedPrecondition, ErrorReason.PolicyVersionExpired);
        (terms.PolicyVersion, terms.Token) = (3, Dollar.ToString());
        await Rpc.Refused(() => Deals.Prepare(server, talent, terms), StatusCode.FailedPrecondition, ErrorReason.TokenNotListed);
        server.Log.AssertNone();
    }

    [Theory]
    [InlineData("policies")]
    [InlineData("policies/")]
    [InlineData("policies/031337")]
    [InlineData("policies/31337/versions")]
    [InlineData("policies/31337/versions/0")]
    [InlineData("policies/31337/versions/4294967296")]
    [InlineData("chains/31337")]
    public void A_name_has_one_spelling(string name)
    {
        var refused = Assert.Throws<RpcException>(() => PolicyWire.Name(name, "name"));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    /// <summary>Two tokens and the escrow's address.</summary>
    private static ScriptedLog First() => ScriptedPolicy.Published(
        1, WorkStory.FeeBps, [ScriptedSource.Token, Dollar], [], ("WorkAgreements", ScriptedSource.Contract));

    private static async Task<IReadOnlyList<GovernanceV1.PaymentToken>> Tokens(ApiServer server, string parent) =>
        (await server.Governance.ListPaymentTokensAsync(new() { Parent = parent })).PaymentTokens;

    /// <summary>Waits until the server has read a version.</summary>
    private static async Task<GovernanceV1.Policy> See(ApiServer server, uint number)
    {
        GovernanceV1.Policy? policy = null;
        await Eventually.Does(async () =>
        {
            policy = (await server.Governance.GetPolicyAsync(new() { Name = Policy })).Policy;
            Assert.Equal(number, policy.Current.Number);
        });
        return policy!;
    }
}
