-- Rows of the projection of totals: what an escrow contract did in one token, as of a final block. They can be emptied and
-- made again at any time. Sums are 32 bytes, big-endian, base units; open and finished count agreements.
CREATE TABLE IF NOT EXISTS total (
    chain         integer NOT NULL,
    contract      blob NOT NULL,
    token         blob NOT NULL,
    funded        blob NOT NULL,
    released      blob NOT NULL,
    refunded      blob NOT NULL,
    fees          blob NOT NULL,
    tips          blob NOT NULL,
    tip_fees      blob NOT NULL,
    shared        blob NOT NULL,
    swept         blob NOT NULL,
    credited      blob NOT NULL,
    open          integer NOT NULL,
    finished      integer NOT NULL,
    changed_block integer NOT NULL,
    PRIMARY KEY (chain, contract, token)
) STRICT, WITHOUT ROWID;

-- What is final is counted in the chain's order.
CREATE INDEX IF NOT EXISTS chain_fact_order ON chain_fact (chain, block_no, log_index) WHERE orphaned_by IS NULL;

-- What reconciliation found to differ. kind: 1 an agreement (its negotiation), 2 a contract and a
-- token, 3 these and a party. A row stays until a later look agrees; lifted_by is who let payments go on nevertheless.
CREATE TABLE IF NOT EXISTS difference (
    chain         integer NOT NULL,
    kind          integer NOT NULL,
    subject       text NOT NULL,
    what          text NOT NULL,
    block_no      integer NOT NULL,
    since_ms      integer NOT NULL,
    lifted_by     text,
    lifted_why    text,
    PRIMARY KEY (chain, kind, subject)
) STRICT, WITHOUT ROWID;
