using System.Text.Json;
using Braintrust.Chain;
using Google.Protobuf;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

/// <summary>Reputations and reviews as files: the JSON mapping of protocol buffers, every field written.</summary>
internal static class ReputationFile
{
    private static readonly JsonFormatter Whole = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true).WithIndentation());
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default);

    /// <summary>All pages as one.</summary>
    public static async Task<string> Export(ServerLink server, ulong chainId, string address, CancellationToken ct)
    {
        if (!Address.TryParse(address, out var whose)) throw new VerbFailedException($"{address} is not an address.");
        var request = new V1.ExportReputationRequest { Name = $"reputations/{chainId}-{whose}" };
        V1.ExportReputationResponse? all = null;
        do
        {
            var page = await server.Call(options => server.Reputations.ExportReputationAsync(request, options), null, ct);
            request.PageToken = page.NextPageToken;
            all ??= new() { ChainId = page.ChainId, Address = page.Address, FinalBlockNumber = page.FinalBlockNumber };
            all.Agreements.AddRange(page.Agreements);
        }
        while (request.PageToken.Length > 0);

        return Whole.Format(all);
    }

    /// <summary>1 when a review of the file does not hold, or there is none.</summary>
    /// <exception cref="VerbFailedException">Not such a file.</exception>
    public static async Task<int> Verify(Timeline timeline, FileInfo file, Uri rpc, CancellationToken ct)
    {
        var openings = Openings(await Read(file, ct));
        var failed = 0;
        foreach (var opening in openings)
        {
            using var chain = new JsonRpcChain(
                new JsonRpcChainOptions { HttpUrl = rpc, ChainId = opening.ChainId }, TimeProvider.System);
            var fault = await OpeningCheck.Fault(chain, opening, ct);
            failed += fault is null ? 0 : 1;
            timeline.Tell(
                fault is null ? Tale.Result : Tale.Trouble, "",
                fault is null
                    ? $"{opening.Seal} stands at {opening.Index} of batch {opening.Batch} of {opening.Contract}, signed by {opening.Review.Reviewer}"
                    : $"{opening.Seal}: {fault}",
                ("seal", opening.Seal), ("fault", fault));
        }

        timeline.Close($"reviews: {openings.Count - failed} hold, {failed} do not", new { holding = openings.Count - failed, failed });
        return failed > 0 || openings.Count == 0 ? 1 : 0;
    }

    private static async Task<string> Read(FileInfo file, CancellationToken ct)
    {
        try
        {
            return await File.ReadAllTextAsync(file.FullName, ct);
        }
        catch (IOException unreadable)
        {
            throw new VerbFailedException(unreadable.Message);
        }
    }

    private static IReadOnlyList<V1.ReviewOpening> Openings(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.TryGetProperty("agreements", out _))
                return [.. Parser.Parse<V1.ExportReputationResponse>(json).Agreements.SelectMany(each => each.Reviews).Select(each => each.Opening)];
            return document.RootElement.TryGetProperty("opening", out _)
                ? [Parser.Parse<V1.FiledReview>(json).Opening]
                : [Parser.Parse<V1.ReviewOpening>(json)];
        }
        catch (Exception unfit) when (unfit is JsonException or InvalidProtocolBufferException or InvalidOperationException)
        {
            throw new VerbFailedException($"This is no opening, review or export: {unfit.Message}");
        }
    }
}
