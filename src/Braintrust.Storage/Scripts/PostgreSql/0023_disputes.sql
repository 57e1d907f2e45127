-- Rows of the court's projection: cases, seats on panels, what anybody may call, and arbiters. They can be emptied and made
-- again at any time. Times are block times in milliseconds since 1970; what has no deadline sorts behind all others.

CREATE TABLE IF NOT EXISTS dispute_listing (
    chain         bigint NOT NULL,
    case_id       bytea    NOT NULL CHECK (length(case_id) = 32),
    court         bytea    NOT NULL,
    arbitrable    bytea    NOT NULL,
    negotiation   bytea    NOT NULL,
    milestone     bigint NOT NULL,
    employer      bytea    NOT NULL,
    talent        bytea    NOT NULL,
    token         bytea    NOT NULL,
    sum           bytea    NOT NULL,
    cost          bytea    NOT NULL,
    phase         bigint NOT NULL,
    round         bigint NOT NULL,
    ruling        bigint NOT NULL,  -- basis points; -1 without one
    deadline_ms   bigint NOT NULL,
    created_ms    bigint NOT NULL,
    changed_block bigint NOT NULL,
    changed_ms    bigint NOT NULL,
    PRIMARY KEY (chain, case_id)
);

CREATE INDEX IF NOT EXISTS dispute_listing_talent ON dispute_listing (talent, changed_ms DESC, chain, case_id);
CREATE INDEX IF NOT EXISTS dispute_listing_employer ON dispute_listing (employer, changed_ms DESC, chain, case_id);

CREATE TABLE IF NOT EXISTS dispute_seat (
    chain         bigint NOT NULL,
    case_id       bytea    NOT NULL,
    round         bigint NOT NULL,
    arbiter       bytea    NOT NULL,
    court         bytea    NOT NULL,
    arbitrable    bytea    NOT NULL,
    phase         bigint NOT NULL,
    commit_ms     bigint NOT NULL,
    reveal_ms     bigint NOT NULL,
    due_ms        bigint NOT NULL,
    drawn_ms      bigint NOT NULL,
    changed_block bigint NOT NULL,
    PRIMARY KEY (chain, case_id, round, arbiter)
);

CREATE INDEX IF NOT EXISTS dispute_seat_arbiter ON dispute_seat (arbiter, due_ms, chain, case_id, round);

CREATE TABLE IF NOT EXISTS dispute_due (
    chain     bigint NOT NULL,
    case_id   bytea    NOT NULL,
    move      bigint NOT NULL,
    opens_ms  bigint NOT NULL,  -- open after it
    closes_ms bigint NOT NULL,  -- and no longer than until it
    PRIMARY KEY (chain, case_id, move)
);

CREATE INDEX IF NOT EXISTS dispute_due_opens ON dispute_due (chain, opens_ms);

CREATE TABLE IF NOT EXISTS dispute_arbiter (
    chain         bigint NOT NULL,
    court         bytea    NOT NULL,
    arbitrable    bytea    NOT NULL,
    arbiter       bytea    NOT NULL,
    bonded        bigint NOT NULL,
    locked        bigint NOT NULL,
    leaving       bigint NOT NULL,
    changed_block bigint NOT NULL,
    PRIMARY KEY (chain, court, arbitrable, arbiter)
);
