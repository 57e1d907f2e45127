-- Rows of the projection of totals: what an escrow contract did in one token, as of a final block. They can be emptied and
-- made again at any time. Sums are 32 bytes, big-endian, base units; open and finished count agreements.
CREATE TABLE IF NOT EXISTS total (
    chain         bigint NOT NULL,
    contract      bytea NOT NULL,
    token         bytea NOT NULL,
    funded        bytea NOT NULL,
    released      bytea NOT NULL,
    refunded      bytea NOT NULL,
    fees          bytea NOT NULL,
    tips          bytea NOT NULL,
    tip_fees      bytea NOT NULL,
    shared        bytea NOT NULL,
    swept         bytea NOT NULL,
    credited      bytea NOT NULL,
    open          bigint NOT NULL,
    finished      bigint NOT NULL,
    changed_block bigint NOT NULL,
    PRIMARY KEY (chain, contract, token)
);

-- What is final is counted in the chain's order.
CREATE INDEX IF NOT EXISTS chain_fact_order ON chain_fact (chain, block_no, log_index) WHERE orphaned_by IS NULL;

-- What reconciliation found to differ. kind: 1 an agreement (its negotiation), 2 a contract and a
-- token, 3 these and a party. A row stays until a later look agrees; lifted_by is who let payments go on nevertheless.
CREATE TABLE IF NOT EXISTS difference (
    chain         bigint NOT NULL,
    kind          bigint NOT NULL,
    subject       text NOT NULL,
    what          text NOT NULL,
    block_no      bigint NOT NULL,
    since_ms      bigint NOT NULL,
    lifted_by     text,
    lifted_why    text,
    PRIMARY KEY (chain, kind, subject)
);
