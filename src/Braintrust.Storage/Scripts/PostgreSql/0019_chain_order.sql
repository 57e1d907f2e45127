-- Reputation is counted in the order of blocks, which the ledger does not have when a contract was registered late. All
-- projections are made again.
DROP TABLE projection;
DROP TABLE standing;
DROP TABLE reputation_term;
DELETE FROM dealing;
DELETE FROM agreement_listing;
DELETE FROM due;

-- How far each projection has come: an advance names the mark it continues from.
CREATE TABLE projection (
    name     text NOT NULL,
    chain    bigint NOT NULL,
    pos      bigint NOT NULL,
    block_no bigint NOT NULL DEFAULT 0,  -- of those that count final blocks
    PRIMARY KEY (name, chain)
);

-- Milestones that were closed (kind 4), as the chain ordered them.
CREATE INDEX IF NOT EXISTS chain_fact_closed
    ON chain_fact (chain, block_no, log_index) WHERE kind = 4 AND orphaned_by IS NULL;

-- What final payments say of an address, as a talent and as an employer. Values in millionths of the reference unit.
CREATE TABLE standing (
    chain     bigint NOT NULL,
    address   bytea NOT NULL,
    earned    bytea NOT NULL,
    releases  bigint NOT NULL,
    employers bigint NOT NULL,
    points    bytea NOT NULL,  -- as they count at the epoch of reputation
    paid      bytea NOT NULL,
    fees      bytea NOT NULL,
    payments  bigint NOT NULL,
    talents   bigint NOT NULL,
    PRIMARY KEY (chain, address)
);

-- One row for each release: what it added to a talent's score, and what that was computed from.
CREATE TABLE reputation_term (
    chain          bigint NOT NULL,
    talent         bytea NOT NULL,
    block_no       bigint NOT NULL,
    log_index      bigint NOT NULL,
    pos            bigint NOT NULL,
    employer       bytea NOT NULL,
    negotiation    bytea NOT NULL,
    milestone      bigint NOT NULL,
    token          bytea NOT NULL,
    pay            bytea NOT NULL,
    fee            bytea NOT NULL,
    value          bytea NOT NULL,
    settled_before bytea NOT NULL,
    employer_fees  bytea NOT NULL,
    points_before  bytea NOT NULL,
    points_after   bytea NOT NULL,
    block_hash     bytea NOT NULL,
    block_time     bigint NOT NULL,
    tx_hash        bytea NOT NULL,
    PRIMARY KEY (chain, talent, block_no, log_index)
);
