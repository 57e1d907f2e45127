using Braintrust.Accounts;
using Braintrust.Api.Jobs.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Net.Client;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Web;

/// <summary>What a front-end developer is shown in the README works as it stands there.</summary>
[Collection(WebCollection.Name)]
public sealed class PageTests(WebFixture web)
{
    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;

    [Fact]
    public async Task The_page_signs_in_and_sees_an_agreement_change_live()
    {
        // The page signs in with the first account that the development node signs for.
        var employer = await web.SignIn("Employer", 0);
        var talent = await web.SignIn("Talent", 2);
        var stage = new WorkStage(web.Link, web.Node, new Timeline(json: false, TextWriter.Null));
        var deal = await stage.Offer(talent, await web.Terms(employer, talent), _ct);

        await using var page = await web.Open("", ("watch", deal.Name));
        var first = await page.Shows($"watches {deal.Name}");
        Assert.DoesNotContain("AGREEMENT_PHASE_FUNDED", first);

        var fund = new Step("funding", V1.Move.Fund, 0, Law.Fund.Encode(deal.Terms, deal.Signature, 1), 1);
        await stage.Move(employer, deal, fund, seen => seen.Final && seen.Phase == V1.AgreementPhase.Funded, _ct);

        Assert.Contains("\"held\": \"115000000000000000\"", await page.Shows("AGREEMENT_PHASE_FUNDED.*FINALITY_FINAL"));
        Assert.DoesNotContain("error ", page.Log);
    }

    [Fact]
    public async Task The_page_sees_a_job_change_live()
    {
        var employer = await web.SignIn("Employer", 0);
        using var channel = GrpcChannel.ForAddress(web.Server.Url);
        var jobs = new JobsService.JobsServiceClient(channel);
        var draft = (await jobs.CreateJobAsync(new() { RequestId = $"{Guid.NewGuid()}", Job = web.Job("Draw a bridge") }, employer.Headers)).Job;

        await using var page = await web.Open("", ("watch", draft.Name));
        Assert.Contains("Draw a bridge", await page.Shows($"watches {draft.Name}"));

        var change = new UpdateJobRequest
        {
            RequestId = $"{Guid.NewGuid()}", Job = new() { Name = draft.Name, Title = "Draw a ferry", Etag = draft.Etag },
            UpdateMask = FieldMask.FromString("title"),
        };
        await jobs.UpdateJobAsync(change, employer.Headers);

        await page.Shows("Draw a ferry");
        Assert.DoesNotContain("error ", page.Log);
    }

    [Fact]
    public async Task The_token_that_the_command_line_prints_is_that_of_the_account_the_page_signs_in_with()
    {
        var (code, output) = await CliProcess.Run(WebFixture.Patience, "sign-in", "--server", web.Server.Url);
        Assert.True(code == 0, output);

        var account = await Command.Run(".", "curl", ["-s", $"{web.Server.HttpUrl}/v1/accounts/me", "-H", $"authorization: Bearer {output.Trim()}"]);

        Assert.Contains(DevelopmentKeys.Address(0).ToString(), account);
    }

    [Fact]
    public async Task The_readme_shows_the_page_as_it_is()
    {
        var readme = await File.ReadAllTextAsync(RepositoryRoot.File("README.md"), _ct);
        foreach (var file in new[] { "watch.ts", "index.html", "buf.gen.yaml" })
            Assert.Contains(await File.ReadAllTextAsync(RepositoryRoot.File("tests", "web", file), _ct), readme);
    }

    [Fact]
    public async Task The_openapi_document_is_valid() =>
        Assert.StartsWith("valid OpenAPI 3.1", await WebFixture.Tool("node", "openapi.mjs", $"{web.Server.HttpUrl}/openapi.json"));
}
