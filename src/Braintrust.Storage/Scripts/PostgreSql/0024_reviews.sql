-- Reviews, sealed until they may be opened: nothing but ReviewReader reads these rows.

-- One for each side of a milestone. sealed_until: second of block time, 0 when both sides have filed. other_seal: the
-- other side's, once it filed.
CREATE TABLE IF NOT EXISTS review (
    chain        bigint NOT NULL,
    negotiation  bytea NOT NULL,
    milestone    bigint NOT NULL,
    side         bigint NOT NULL,
    about        bytea NOT NULL,
    seal         bytea NOT NULL,
    other_seal   bytea,
    sealed_until bigint NOT NULL,
    filed_ms     bigint NOT NULL,
    payload      bytea NOT NULL,
    PRIMARY KEY (chain, negotiation, milestone, side)
);
CREATE INDEX IF NOT EXISTS review_about ON review (chain, about, side, filed_ms);

-- Seals without a place in a batch.
CREATE TABLE IF NOT EXISTS review_pending (
    chain    bigint NOT NULL,
    seal     bytea NOT NULL,
    contract bytea NOT NULL,
    filed_ms bigint NOT NULL,
    PRIMARY KEY (chain, seal)
);

-- The place of a seal in a batch, from the moment the batch is made; whether it is anchored, the ledger says.
CREATE TABLE IF NOT EXISTS review_place (
    chain    bigint NOT NULL,
    seal     bytea NOT NULL,
    contract bytea NOT NULL,
    batch    bigint NOT NULL,
    place    bigint NOT NULL,
    count    bigint NOT NULL,
    root     bytea NOT NULL,
    proof    bytea NOT NULL,
    PRIMARY KEY (chain, seal)
);
