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
    chain    integer NOT NULL,
    pos      integer NOT NULL,
    block_no integer NOT NULL DEFAULT 0,  -- of those that count final blocks
    PRIMARY KEY (name, chain)
) STRICT, WITHOUT ROWID;

-- Milestones that were closed (kind 4), as the chain ordered them.
CREATE INDEX IF NOT EXISTS chain_fact_closed
    ON chain_fact (chain, block_no, log_index) WHERE kind = 4 AND orphaned_by IS NULL;

-- What final payments say of an address, as a talent and as an employer. Values in millionths of the reference unit.
CREATE TABLE standing (
    chain     integer NOT NULL,
    address   blob NOT NULL,
    earned    blob NOT NULL,
    releases  integer NOT NULL,
    employers integer NOT NULL,
    points    blob NOT NULL,  -- as they count at the epoch of reputation
    paid      blob NOT NULL,
    fees      blob NOT NULL,
    payments  integer NOT NULL,
    talents   integer NOT NULL,
    PRIMARY KEY (chain, address)
) STRICT, WITHOUT ROWID;

-- One row for each release: what it added to a talent's score, and what that was computed from.
CREATE TABLE reputation_term (
    chain          integer NOT NULL,
    talent         blob NOT NULL,
    block_no       integer NOT NULL,
    log_index      integer NOT NULL,
    pos            integer NOT NULL,
    employer       blob NOT NULL,
    negotiation    blob NOT NULL,
    milestone      integer NOT NULL,
    token          blob NOT NULL,
    pay            blob NOT NULL,
    fee            blob NOT NULL,
    value          blob NOT NULL,
    settled_before blob NOT NULL,
    employer_fees  blob NOT NULL,
    points_before  blob NOT NULL,
    points_after   blob NOT NULL,
    block_hash     blob NOT NULL,
    block_time     integer NOT NULL,
    tx_hash        blob NOT NULL,
    PRIMARY KEY (chain, talent, block_no, log_index)
) STRICT;
