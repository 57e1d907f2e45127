using System.Globalization;
using Braintrust.Api;
using Braintrust.Api.Jobs.V1;
using Braintrust.Api.Primitives.V1;
using Braintrust.Testing;
using Grpc.Core;
using Xunit.Abstractions;

namespace Braintrust.Jobs;

/// <summary>
/// Two people at a time do something about a job, whatever comes to their minds, while the server is killed and the
/// chain's clock moves. Set BRAINTRUST_TEST_SEED to play a printed seed again, and BRAINTRUST_JOBS_STEPS for a longer run.
/// </summary>
[Collection(ProcessCollection.Name)]
public sealed class NegotiationModelTests(ITestOutputHelper output)
{
    private const int Positions = 2;
    private const int StepsStandard = 24;
    private const ulong Hours = 3600;

    /// <summary>What the rules may answer to somebody who acts on what was true a moment ago.</summary>
    private static readonly HashSet<ErrorReason?> Expected =
    [
        ErrorReason.WrongState, ErrorReason.OfferOutdated, ErrorReason.OfferExpired, ErrorReason.PositionsFilled,
        ErrorReason.TooLate, ErrorReason.Conflict, ErrorReason.NotFound,
    ];

    [Fact]
    public async Task Whatever_people_do_a_negotiation_becomes_one_agreement_at_most_and_what_was_signed_is_funded()
    {
        var seed = Number("BRAINTRUST_TEST_SEED") ?? Random.Shared.Next();
        output.WriteLine($"BRAINTRUST_TEST_SEED={seed}");
        var random = new Random(seed);
        var steps = Number("BRAINTRUST_JOBS_STEPS") ?? StepsStandard;
        await using var server = await ServerProcess.Start();
        using var market = await Marketplace.Open(server, Positions, negotiations: 6);

        for (var step = 0; step < steps; step++)
        {
            if (step % 12 == 6) await Killed(server, Act(market, random));
            else await Task.WhenAll(Act(market, random), Act(market, random));
            await Check(market);
        }

        await Finish(market);
        await Check(market);
        Assert.Empty((await market.Reconcile()).Differences);
    }

    /// <summary>SIGKILL in the middle of it; the people's calls wait for the server to come back.</summary>
    private static async Task Killed(ServerProcess server, Task act)
    {
        await server.Kill();
        await server.Start();
        await act;
    }

    private async Task Act(Marketplace market, Random random)
    {
        // Nobody touches the last one, so that the end of the story has one that is open.
        var name = market.Negotiations[random.Next(market.Negotiations.Count - 1)];
        var (what, which) = (random.Next(10), random.Next(3));
        var by = random.Next(2) == 0 ? market.Employer : market.Talent(name);
        try
        {
            var negotiation = await market.Read(name);
            await Act(market, by, negotiation, what, which);
            output.WriteLine($"{by} {what} {name} {negotiation.Phase}");
        }
        catch (RpcException refused) when (Expected.Contains(refused.Reason()))
        {
            output.WriteLine($"{by} {what} {name}: {refused.Reason()}");
        }
    }

    private static Task Act(Marketplace market, Accounts.Person by, Negotiation negotiation, int what, int which) => what switch
    {
        <= 2 => market.Offer(by, negotiation, (ulong)(1 + which) * 12 * Hours),
        <= 5 when negotiation.Offers.Count > 0 => market.Accept(by, negotiation.Name, negotiation.Offers[^(which == 0 && negotiation.Offers.Count > 1 ? 2 : 1)].Hash),
        6 when which == 0 => market.Withdraw(by, negotiation.Name),
        7 => market.Sign(negotiation.Name),
        8 when negotiation.Agreement.Length > 0 && which > 0 => Fund(market, negotiation),
        9 when which == 0 => market.Pass(TimeSpan.FromHours(7)),
        _ => market.Offer(by, negotiation, 24 * Hours),
    };

    /// <summary>Two that fund at once would race for the employer's next nonce, which is the wallet's matter and not the server's.</summary>
    private static async Task Fund(Marketplace market, Negotiation negotiation)
    {
        await Funding.WaitAsync();
        try
        {
            await market.Fund(negotiation);
        }
        finally
        {
            Funding.Release();
        }
    }

    private static readonly SemaphoreSlim Funding = new(1);

    private static async Task Check(Marketplace market)
    {
        var negotiations = await Task.WhenAll(market.Negotiations.Select(market.Read));
        var job = await market.ReadJob();
        var holding = negotiations.Count(n => n.Phase is Api.Jobs.V1.NegotiationPhase.Agreed or Api.Jobs.V1.NegotiationPhase.Signed);
        Assert.InRange((int)job.PositionsTaken, holding, (int)Positions);
        foreach (var negotiation in negotiations)
        {
            if (negotiation.Funded.Length > 0) Assert.Equal(negotiation.Accepted, negotiation.Funded);
            for (var i = 0; i < negotiation.Offers.Count; i++)
            {
                var terms = negotiation.Offers[i].Terms;
                Assert.Equal(i == 0 ? default(Hash32).ToString() : negotiation.Offers[i - 1].Hash, terms.Previous);
                Assert.Equal((negotiation.Offers[0].Terms.Nonce, i.ToString(CultureInfo.InvariantCulture)), (terms.Nonce, terms.Sequence));
            }
        }
    }

    /// <summary>However the run went, one negotiation goes all the way when a position is left for it.</summary>
    private static async Task Finish(Marketplace market)
    {
        await market.Pass(TimeSpan.FromDays(3));
        foreach (var name in market.Negotiations)
        {
            var negotiation = await market.Read(name);
            if (negotiation.Phase != Api.Jobs.V1.NegotiationPhase.Open) continue;
            await market.Offer(market.Employer, negotiation, 48 * Hours);
            negotiation = await market.Read(name);
            try
            {
                await market.Accept(market.Talent(name), name, negotiation.Offers[^1].Hash);
            }
            catch (RpcException full) when (full.Reason() == ErrorReason.PositionsFilled)
            {
                break;
            }

            await market.Sign(name);
            await Fund(market, await market.Read(name));
            var funded = await market.Read(name);
            Assert.Equal(negotiation.Offers[^1].Hash, funded.Funded);
        }

        var all = await Task.WhenAll(market.Negotiations.Select(market.Read));
        Assert.InRange(all.Count(negotiation => negotiation.Funded.Length > 0), 1, Positions);
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
