using System.Diagnostics;
using System.Numerics;
using Braintrust.Api.Chain.V1;
using Braintrust.Api.Watch.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Token = Braintrust.Chain.Contracts.BraintrustTokenContract;

namespace Braintrust.Benchmarks;

/// <summary>
/// How long after an agreement's transaction was sent to the node its employer's stream shows it: mining, noticing the
/// block, reading its logs, the ledger's commit, the bell, the fold and the stream. A whole server with its own chain,
/// as it starts without settings; one transaction at a time, at uneven intervals, on one of many watched agreements.
/// </summary>
internal sealed class BlockToSubscriber(GrpcChannel channel, Metadata headers, AgreementWriter writer, Random random)
{
    private const int Agreements = 24;
    private const int PauseMsMax = 120;
    private const int WarmUps = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly LocalSigner Employer = DevelopmentKeys.Signer(1);
    private static readonly LocalSigner Talent = DevelopmentKeys.Signer(2);

    public static async Task Run(Report report, BenchOptions options)
    {
        await using var server = await ServerProcess.Start();
        using var channel = GrpcChannel.ForAddress(server.Url);
        var headers = (await Session.SignIn(channel, Employer)).Headers;
        // Terms are valid for a while from the chain's time, which a server that has just started does not know yet.
        var chain = await Eventually.Holds(
            () => Chain(channel, headers), seen => seen.HeadNumber > 0 && seen.HeadNumber == seen.NodeHeadNumber, Patience,
            "the server follows its chain");
        using var writer = new AgreementWriter(new Uri(chain.PublicRpcUrl))
        {
            Escrow = Address.Parse(chain.Contracts.Single(contract => contract.Kind == "WorkAgreements").Address),
            Token = Address.Parse(chain.Contracts.Single(contract => contract.Kind == "BraintrustToken").Address),
        };
        var waits = await new BlockToSubscriber(channel, headers, writer, new Random(options.Seed)).Measure(chain);
        var warm = waits.Skip(WarmUps).Order().ToArray();
        report.Settings(("block to subscriber, transactions", warm.Length), ("longest pause between them, ms", PauseMsMax));
        report.Ratio("block_to_subscriber_median_ms", At(warm, 0.5), "from sending to the node until the stream shows it, milliseconds");
        report.Ratio("block_to_subscriber_p99_ms", At(warm, 0.99), "the same, 99th percentile");
    }

    private async Task<List<double>> Measure(Api.Chain.V1.Chain chain)
    {
        var offers = await Fund(chain);
        using var stream = new WatchService.WatchServiceClient(channel).Watch(new WatchRequest { Subjects = { offers.Keys } }, headers);
        await Until(stream, message => message.SnapshotDone is not null);
        var (position, waits) = (chain.LedgerPosition + Agreements, new List<double>());
        for (var action = 1; action < AgreementWriter.Actions; action++)
        {
            foreach (var (name, offer) in offers)
            {
                await Task.Delay(random.Next(PauseMsMax));
                position++;
                var sent = Stopwatch.GetTimestamp();
                await writer.Ask(writer.Act(offer, action));
                await Until(stream, message => message.Update?.Subject == name && message.Update.Version.Position >= position);
                waits.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }
        }

        return waits;
    }

    /// <summary>Funds every agreement and waits until the server has seen it.</summary>
    private async Task<Dictionary<string, SignedOffer>> Fund(Api.Chain.V1.Chain chain)
    {
        var approval = Token.Approve.Encode(writer.Escrow, BigInteger.Pow(2, 256) - 1);
        await writer.Ask(AgreementWriter.Send(Employer.Address, writer.Token, approval));
        var offers = new Dictionary<string, SignedOffer>();
        for (var i = 0; i < Agreements; i++)
        {
            var offer = await writer.Offer(i, Employer.Address, Talent, chain.HeadTimeSeconds, random);
            await writer.Ask(writer.Act(offer, 0));
            offers[$"agreements/{DevelopmentKeys.ChainId}-{TermsHash.Negotiation(Talent.Address, i)}"] = offer;
        }

        await Eventually.Holds(
            () => Chain(channel, headers), seen => seen.LedgerPosition >= chain.LedgerPosition + Agreements, Patience,
            "the server has seen all agreements funded");
        return offers;
    }

    private static async Task Until(AsyncServerStreamingCall<WatchResponse> stream, Func<WatchResponse, bool> wanted)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (await stream.ResponseStream.MoveNext(limit.Token))
            if (wanted(stream.ResponseStream.Current)) return;
        throw new InvalidOperationException("The stream ended.");
    }

    private static async Task<Api.Chain.V1.Chain> Chain(GrpcChannel channel, Metadata headers) =>
        (await new ChainService.ChainServiceClient(channel).ListChainsAsync(new ListChainsRequest(), headers)).Chains.Single();

    private static Spread At(double[] sorted, double share) =>
        new(sorted[(int)Math.Ceiling(share * sorted.Length) - 1], sorted[0], sorted[^1]);
}
