using System.Collections.Immutable;

namespace Braintrust;

/// <summary>What happens to a side row in the transaction that stores the state it belongs to.</summary>
public enum RowChange
{
    /// <summary>Must be new: a row with this key refuses the whole commit.</summary>
    Insert,
    Upsert,
    Delete,
}

/// <summary>
/// One row of a table that lists or indexes states (wallets, bids, listings). States declare theirs with a pure
/// <c>Rows(before, after)</c>; storage writes them in the same transaction as the state.
/// </summary>
/// <param name="Table">A table that storage's schema declares as a side table.</param>
/// <param name="Key">Values of the key columns, in schema order: string, long or byte[].</param>
/// <param name="Values">Values of the other columns, in schema order; empty for <see cref="RowChange.Delete"/>.</param>
public sealed record Row(string Table, RowChange Change, ImmutableArray<object> Key, ImmutableArray<object?> Values);
