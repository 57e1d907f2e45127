-- Rows of the projection of reputation, as those of 0015.

-- What final payments say of an address, as a talent and as an employer. Values in millionths of the reference unit.
CREATE TABLE IF NOT EXISTS standing (
    chain       integer NOT NULL,
    address     blob    NOT NULL,
    earned      blob    NOT NULL,
    releases    integer NOT NULL,
    employers   integer NOT NULL,
    points      blob    NOT NULL,  -- as they count at the epoch of reputation
    paid        blob    NOT NULL,
    fees        blob    NOT NULL,
    payments    integer NOT NULL,
    talents     integer NOT NULL,
    changed_pos integer NOT NULL,
    PRIMARY KEY (chain, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS dealing (
    chain    integer NOT NULL,
    talent   blob    NOT NULL,
    employer blob    NOT NULL,
    settled  blob    NOT NULL,
    PRIMARY KEY (chain, talent, employer)
) STRICT, WITHOUT ROWID;

-- One row for each release: what it added to a talent's score, and what that was computed from.
CREATE TABLE IF NOT EXISTS reputation_term (
    chain          integer NOT NULL,
    talent         blob    NOT NULL,
    pos            integer NOT NULL,
    employer       blob    NOT NULL,
    negotiation    blob    NOT NULL,
    milestone      integer NOT NULL,
    token          blob    NOT NULL,
    pay            blob    NOT NULL,
    fee            blob    NOT NULL,
    value          blob    NOT NULL,
    settled_before blob    NOT NULL,
    employer_fees  blob    NOT NULL,
    points_before  blob    NOT NULL,
    points_after   blob    NOT NULL,
    block_no       integer NOT NULL,
    block_hash     blob    NOT NULL,
    block_time     integer NOT NULL,
    tx_hash        blob    NOT NULL,
    PRIMARY KEY (chain, talent, pos)
) STRICT;
