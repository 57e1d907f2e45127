-- Rows of the court's projection: cases, seats on panels, what anybody may call, and arbiters. They can be emptied and made
-- again at any time. Times are block times in milliseconds since 1970; what has no deadline sorts behind all others.

CREATE TABLE IF NOT EXISTS dispute_listing (
    chain         integer NOT NULL,
    case_id       blob    NOT NULL CHECK (length(case_id) = 32),
    court         blob    NOT NULL,
    arbitrable    blob    NOT NULL,
    negotiation   blob    NOT NULL,
    milestone     integer NOT NULL,
    employer      blob    NOT NULL,
    talent        blob    NOT NULL,
    token         blob    NOT NULL,
    sum           blob    NOT NULL,
    cost          blob    NOT NULL,
    phase         integer NOT NULL,
    round         integer NOT NULL,
    ruling        integer NOT NULL,  -- basis points; -1 without one
    deadline_ms   integer NOT NULL,
    created_ms    integer NOT NULL,
    changed_block integer NOT NULL,
    changed_ms    integer NOT NULL,
    PRIMARY KEY (chain, case_id)
) STRICT;

CREATE INDEX IF NOT EXISTS dispute_listing_talent ON dispute_listing (talent, changed_ms DESC, chain, case_id);
CREATE INDEX IF NOT EXISTS dispute_listing_employer ON dispute_listing (employer, changed_ms DESC, chain, case_id);

CREATE TABLE IF NOT EXISTS dispute_seat (
    chain         integer NOT NULL,
    case_id       blob    NOT NULL,
    round         integer NOT NULL,
    arbiter       blob    NOT NULL,
    court         blob    NOT NULL,
    arbitrable    blob    NOT NULL,
    phase         integer NOT NULL,
    commit_ms     integer NOT NULL,
    reveal_ms     integer NOT NULL,
    due_ms        integer NOT NULL,
    drawn_ms      integer NOT NULL,
    changed_block integer NOT NULL,
    PRIMARY KEY (chain, case_id, round, arbiter)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS dispute_seat_arbiter ON dispute_seat (arbiter, due_ms, chain, case_id, round);

CREATE TABLE IF NOT EXISTS dispute_due (
    chain     integer NOT NULL,
    case_id   blob    NOT NULL,
    move      integer NOT NULL,
    opens_ms  integer NOT NULL,  -- open after it
    closes_ms integer NOT NULL,  -- and no longer than until it
    PRIMARY KEY (chain, case_id, move)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS dispute_due_opens ON dispute_due (chain, opens_ms);

CREATE TABLE IF NOT EXISTS dispute_arbiter (
    chain         integer NOT NULL,
    court         blob    NOT NULL,
    arbitrable    blob    NOT NULL,
    arbiter       blob    NOT NULL,
    bonded        integer NOT NULL,
    locked        integer NOT NULL,
    leaving       integer NOT NULL,
    changed_block integer NOT NULL,
    PRIMARY KEY (chain, court, arbitrable, arbiter)
) STRICT, WITHOUT ROWID;
