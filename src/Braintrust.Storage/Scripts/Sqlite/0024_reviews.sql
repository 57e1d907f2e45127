-- Reviews, sealed until they may be opened: nothing but ReviewReader reads these rows.

-- One for each side of a milestone. sealed_until: second of block time, 0 when both sides have filed. other_seal: the
-- other side's, once it filed.
CREATE TABLE IF NOT EXISTS review (
    chain        integer NOT NULL,
    negotiation  blob NOT NULL,
    milestone    integer NOT NULL,
    side         integer NOT NULL,
    about        blob NOT NULL,
    seal         blob NOT NULL,
    other_seal   blob,
    sealed_until integer NOT NULL,
    filed_ms     integer NOT NULL,
    payload      blob NOT NULL,
    PRIMARY KEY (chain, negotiation, milestone, side)
) STRICT;
CREATE INDEX IF NOT EXISTS review_about ON review (chain, about, side, filed_ms);

-- Seals without a place in a batch.
CREATE TABLE IF NOT EXISTS review_pending (
    chain    integer NOT NULL,
    seal     blob NOT NULL,
    contract blob NOT NULL,
    filed_ms integer NOT NULL,
    PRIMARY KEY (chain, seal)
) STRICT, WITHOUT ROWID;

-- The place of a seal in a batch, from the moment the batch is made; whether it is anchored, the ledger says.
CREATE TABLE IF NOT EXISTS review_place (
    chain    integer NOT NULL,
    seal     blob NOT NULL,
    contract blob NOT NULL,
    batch    integer NOT NULL,
    place    integer NOT NULL,
    count    integer NOT NULL,
    root     blob NOT NULL,
    proof    blob NOT NULL,
    PRIMARY KEY (chain, seal)
) STRICT, WITHOUT ROWID;
