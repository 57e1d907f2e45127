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
        new(
            "dispute_listing", [Long("chain"), Bytes("case_id")],
            [
                Bytes("court"), Bytes("arbitrable"), Bytes("negotiation"), Long("milestone"), Bytes("employer"), Bytes("talent"),
                Bytes("token"), Bytes("sum"), Bytes("cost"), Long("phase"), Long("round"), Long("ruling"), Long("deadline_ms"),
                Long("created_ms"), Long("changed_block"), Long("changed_ms"),
            ]),
        new(
            "dispute_seat", [Long("chain"), Bytes("case_id"), Long("round"), Bytes("arbiter")],
            [
                Bytes("court"), Bytes("arbitrable"), Long("phase"), Long("commit_ms"), Long("reveal_ms"), Long("due_ms"),
                Long("drawn_ms"), Long("changed_block"),
            ]),
        new(
            "dispute_due", [Long("chain"), Bytes("case_id"), Long("move")], [Long("opens_ms"), Long("closes_ms")]),
        new(
            "dispute_arbiter", [Long("chain"), Bytes("court"), Bytes("arbitrable"), Bytes("arbiter")],
            [Long("bonded"), Long("locked"), Long("leaving"), Long("changed_block")]),
        new(
            "credit", [Long("chain"), Bytes("contract"), Bytes("party"), Bytes("token")],
            [Long("holder"), Bytes("amount"), Bytes("about"), Long("changed_block"), Long("changed_ms")]),
        new(
            "total", [Long("chain"), Bytes("contract"), Bytes("token")],
            [
                Bytes("funded"), Bytes("released"), Bytes("refunded"), Bytes("fees"), Bytes("tips"), Bytes("tip_fees"),
                Bytes("shared"), Bytes("swept"), Bytes("credited"), Long("open"), Long("finished"), Long("changed_block"),
            ]),
        new(
            "difference", [Long("chain"), Long("kind"), Text("subject")],
            [
                Text("what"), Long("block_no"), Long("since_ms"), new("lifted_by", SideType.Text, Nullable: true),
                new("lifted_why", SideType.Text, Nullable: true),
            ]),
        new("due", [Long("chain"), Text("kind"), Bytes("subject")], [Long("at"), Long("action")]),
    ];

    private static SideColumn Long(string name) => new(name, SideType.Long);
    private static SideColumn Bytes(string name) => new(name, SideType.Bytes);
    private static SideColumn Text(string name) => new(name, SideType.Text);
}
