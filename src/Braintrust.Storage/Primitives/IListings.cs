using System.Collections.Immutable;

namespace Braintrust.Storage;

/// <summary>
/// Reads side tables page by page. A page continues exactly behind the last row seen (keyset paging), so rows that come
/// and go in between move nothing that is still to be told. A database that cannot be reached is
/// <see cref="StorageUnavailableException"/>.
/// </summary>
public interface IListings
{
    /// <exception cref="ArgumentException">
    /// The query does not fit its table: unknown column, wrong type, an order by a column that may be without value, a
    /// page size or a position out of range.
    /// </exception>
    ValueTask<ListingPage> Read(ListingQuery query, CancellationToken ct);
}

/// <summary>Reads the rows of a side table that belong to something.</summary>
public interface IRows
{
    /// <summary>The rows whose key begins with these values, in the order of the key; all of them.</summary>
    /// <exception cref="ArgumentException">No such table, or the values are no beginning of its key.</exception>
    ValueTask<ImmutableArray<StoredRow>> Read(string table, ImmutableArray<object> leadingKey, CancellationToken ct);

    /// <summary>The rows that have one of these keys, in any order; keys without a row are left out.</summary>
    /// <exception cref="ArgumentException">No such table, or a key is not one of it.</exception>
    ValueTask<ImmutableArray<StoredRow>> ReadKeys(
        string table, IReadOnlyList<ImmutableArray<object>> keys, CancellationToken ct);
}
