using System.Collections.Immutable;
using Braintrust.Chain;
using Grpc.Core;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

public sealed class ReputationService(
    ReputationViews views, ReputationExport export, ListingReader reader, PageTokens pages, IFollowedChains chains)
    : V1.ReputationService.ReputationServiceBase
{
    private static readonly ListingKind Terms = new(
        ReputationTerm.Table,
        [
            new("position", "pos", ListingFieldKind.Number) { Sortable = true },
            new("employer", "employer", ListingFieldKind.Address),
            new("token", "token", ListingFieldKind.Address),
            new("pay", "pay", ListingFieldKind.Amount),
            new("value", "value", ListingFieldKind.Amount) { Sortable = true },
        ],
        ReputationTerm.NewestFirst);

    public override async Task<V1.GetReputationResponse> GetReputation(
        V1.GetReputationRequest request, ServerCallContext context)
    {
        var (chainId, address) = Followed(request.Name, "name");
        return new() { Reputation = await views.Read(chainId, address, context.CancellationToken) };
    }

    public override async Task<V1.ListReputationTermsResponse> ListReputationTerms(
        V1.ListReputationTermsRequest request, ServerCallContext context)
    {
        var (chainId, address) = Followed(request.Parent, "parent");
        var now = views.Now(chainId);
        var page = new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy);
        // Public: a page token is good for everybody.
        var (rows, next) = await reader.Read(
            Terms, accountId: "", request.Parent, ReputationViews.Of(chainId, address), page, context.CancellationToken);
        return new()
        {
            Terms = { rows.Select(row => ReputationWire.Term(chainId, ReputationTerm.Of(row), now)) },
            NextPageToken = next,
            AsOfTime = Wire.BlockTime(ListingValue.Of(now)),
        };
    }

    public override async Task<V1.ExportReputationResponse> ExportReputation(
        V1.ExportReputationRequest request, ServerCallContext context)
    {
        var (chainId, address) = Followed(request.Name, "name");
        if (request.PageSize < 0) throw Wire.Bad("page_size", "A page size is not negative.");
        var size = request.PageSize == 0
            ? ReputationExport.PageSizeDefault
            : Math.Min(request.PageSize, ReputationExport.PageSizeMax);
        string[] query = [context.Method, request.Name];
        ImmutableArray<object>? after = request.PageToken.Length == 0 ? null : pages.Open(query, request.PageToken).OrThrow();
        var (page, next) = await export.Read(chainId, address, size, after, context.CancellationToken);
        if (next is { } position) page.NextPageToken = pages.Seal(query, position);
        return page;
    }

    private (ulong ChainId, Address Address) Followed(string name, string field)
    {
        var (chainId, address) = ReputationWire.Parse(name, field);
        return chains.Find(chainId) is null
            ? throw new Refusal(RefusalCode.NotFound, "This server does not follow that chain.", field).ToRpc()
            : (chainId, address);
    }
}
