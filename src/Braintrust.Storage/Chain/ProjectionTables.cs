using System.Collections.Immutable;
using Braintrust.Storage;

namespace Braintrust.Chain;

/// <summary>The tables that projections of the ledger write. The first key column is the chain id, its bits signed.</summary>
public static class ProjectionTables
{
    public static readonly ImmutableArray<SideTable> All =
    [
        new(
            "agreement_listing", [Long("chain"), Bytes("negotiation")],
            [
                Bytes("agreement"), Bytes("contract"), Bytes("employer"), Bytes("manager"), Bytes("talent"), Bytes("token"),
                Long("phase"), Long("milestone"), Long("milestones"), Long("milestones_funded"),
                Bytes("amount"), Bytes("paid_in"), Bytes("paid_to_talent"), Bytes("fees_kept"), Bytes("refunded"),
                Bytes("held"), Long("deadline_ms"), Long("deadline_opens"), Long("created_block"), Long("created_ms"),
                Long("changed_block"), Long("changed_ms"), Long("changed_pos"),
            ]),
        new(
            "standing", [Long("chain"), Bytes("address")],
            [
                Bytes("earned"), Long("releases"), Long("employers"), Bytes("points"), Bytes("paid"), Bytes("fees"),
                Long("payments"), Long("talents"),
            ]),
        new("dealing", [Long("chain"), Bytes("talent"), Bytes("employer")], [Bytes("settled")]),
        new(
            "reputation_term", [Long("chain"), Bytes("talent"), Long("block_no"), Long("log_index")],
            [
                Long("pos"), Bytes("employer"), Bytes("negotiation"), Long("milestone"), Bytes("token"), Bytes("pay"),
                Bytes("fee"), Bytes("value"), Bytes("settled_before"), Bytes("employer_fees"), Bytes("points_before"),
                Bytes("points_after"), Bytes("block_hash"), Long("block_time"), Bytes("tx_hash"),
            ]),
        new("due", [Long("chain"), Text("kind"), Bytes("subject")], [Long("at"), Long("action")]),
    ];

    private static SideColumn Long(string name) => new(name, SideType.Long);
    private static SideColumn Bytes(string name) => new(name, SideType.Bytes);
    private static SideColumn Text(string name) => new(name, SideType.Text);
}
