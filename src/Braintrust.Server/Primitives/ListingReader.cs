using System.Collections.Immutable;
using Braintrust.Storage;

namespace Braintrust;

/// <summary>What a List method lists: the table, what clients may filter and order by, and the order without a wish.</summary>
public sealed record ListingKind(
    string Table, ImmutableArray<ListingField> Fields, ImmutableArray<ListingOrder> DefaultOrder);

/// <summary>The four fields of every List request. Sources: AIP-158, AIP-160, AIP-132.</summary>
/// <param name="Size">0 for the default of 50; more than 200 is taken for 200.</param>
public readonly record struct PageRequest(int Size, string Token, string Filter, string OrderBy);

/// <summary>Answers List methods: reads the client's wishes, adds what the service demands, turns pages.</summary>
public sealed class ListingReader(IListings listings, PageTokens tokens)
{
    /// <param name="accountId">Who asks: page tokens are good for this account only.</param>
    /// <param name="scope">The method and whatever else of the request chooses rows (a parent, a side).</param>
    /// <param name="own">What the service demands of every row, whatever the client asked for.</param>
    /// <exception cref="Grpc.Core.RpcException">A page size below 0, an unusable filter, order or token.</exception>
    public async Task<(ImmutableArray<StoredRow> Rows, string NextPageToken)> Read(
        ListingKind kind, string accountId, string scope, ImmutableArray<ListingCondition> own, PageRequest page,
        CancellationToken ct)
    {
        if (page.Size < 0) throw Wire.Bad("page_size", "A page size is not negative.");
        var filter = ListingFilter.Parse(page.Filter, kind.Fields).OrThrow();
        var order = ListingFilter.ParseOrder(page.OrderBy, kind.Fields).OrThrow();
        string[] query = [accountId, scope, kind.Table, page.Filter, page.OrderBy];
        var size = page.Size == 0 ? ListingQuery.PageSizeDefault : Math.Min(page.Size, ListingQuery.PageSizeMax);
        var read = await listings.Read(
            new ListingQuery(
                kind.Table, [.. own, .. filter], order.IsEmpty ? kind.DefaultOrder : order, size,
                page.Token.Length == 0 ? null : tokens.Open(query, page.Token).OrThrow()),
            ct);
        return (read.Rows, read is { More: true, Last: { } last } ? tokens.Seal(query, last) : "");
    }
}
