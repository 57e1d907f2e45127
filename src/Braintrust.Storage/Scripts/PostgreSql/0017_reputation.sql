-- Rows of the projection of reputation, as those of 0015.

-- What final payments say of an address, as a talent and as an employer. Values in millionths of the reference unit.
CREATE TABLE IF NOT EXISTS standing (
    chain       bigint NOT NULL,
    address     bytea  NOT NULL,
    earned      bytea  NOT NULL,
    releases    bigint NOT NULL,
    employers   bigint NOT NULL,
    points      bytea  NOT NULL,  -- as they count at the epoch of reputation
    paid        bytea  NOT NULL,
    fees        bytea  NOT NULL,
    payments    bigint NOT NULL,
    talents     bigint NOT NULL,
    changed_pos bigint NOT NULL,
    PRIMARY KEY (chain, address)
);

CREATE TABLE IF NOT EXISTS dealing (
    chain    bigint NOT NULL,
    talent   bytea  NOT NULL,
    employer bytea  NOT NULL,
    settled  bytea  NOT NULL,
    PRIMARY KEY (chain, talent, employer)
);

-- One row for each release: what it added to a talent's score, and what that was computed from.
CREATE TABLE IF NOT EXISTS reputation_term (
    chain          bigint NOT NULL,
    talent         bytea  NOT NULL,
    pos            bigint NOT NULL,
    employer       bytea  NOT NULL,
    negotiation    bytea  NOT NULL,
    milestone      bigint NOT NULL,
    token          bytea  NOT NULL,
    pay            bytea  NOT NULL,
    fee            bytea  NOT NULL,
    value          bytea  NOT NULL,
    settled_before bytea  NOT NULL,
    employer_fees  bytea  NOT NULL,
    points_before  bytea  NOT NULL,
    points_after   bytea  NOT NULL,
    block_no       bigint NOT NULL,
    block_hash     bytea  NOT NULL,
    block_time     bigint NOT NULL,
    tx_hash        bytea  NOT NULL,
    PRIMARY KEY (chain, talent, pos)
);
