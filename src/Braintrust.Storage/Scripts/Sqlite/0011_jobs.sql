-- Jobs, what hangs on them and what lists them: written with the state they belong to. The payload is what a list tells.
CREATE TABLE IF NOT EXISTS job_listing (
    job        text NOT NULL PRIMARY KEY,
    employer   text NOT NULL,
    phase      integer NOT NULL,
    visibility integer NOT NULL,
    kind       integer NOT NULL,
    chain      integer NOT NULL,
    token      blob CHECK (length(token) = 20),
    currency   text,
    budget     blob NOT NULL CHECK (length(budget) = 32),
    positions  integer NOT NULL,
    created_ms integer NOT NULL,
    posted_ms  integer NOT NULL,
    closes_ms  integer NOT NULL,
    payload    blob NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS job_listing_posted ON job_listing (phase, visibility, posted_ms);
CREATE INDEX IF NOT EXISTS job_listing_employer ON job_listing (employer, created_ms);

CREATE TABLE IF NOT EXISTS job_skill (
    job   text NOT NULL,
    skill text NOT NULL,
    PRIMARY KEY (job, skill)
) STRICT;

CREATE TABLE IF NOT EXISTS job_bid (
    job        text NOT NULL,
    bid        text NOT NULL,
    talent     text NOT NULL,
    phase      integer NOT NULL,
    amount     blob NOT NULL CHECK (length(amount) = 32),
    days       integer NOT NULL,
    placed_ms  integer NOT NULL,
    expires_ms integer NOT NULL,
    payload    blob NOT NULL,
    PRIMARY KEY (job, bid)
) STRICT;

CREATE INDEX IF NOT EXISTS job_bid_talent ON job_bid (talent, placed_ms);

CREATE TABLE IF NOT EXISTS job_invitation (
    job        text NOT NULL,
    talent     text NOT NULL,
    phase      integer NOT NULL,
    invited_ms integer NOT NULL,
    payload    blob NOT NULL,
    PRIMARY KEY (job, talent)
) STRICT;

CREATE INDEX IF NOT EXISTS job_invitation_talent ON job_invitation (talent, invited_ms);

CREATE TABLE IF NOT EXISTS job_question (
    job      text NOT NULL,
    question text NOT NULL,
    asked_ms integer NOT NULL,
    payload  blob NOT NULL,
    PRIMARY KEY (job, question)
) STRICT;

CREATE TABLE IF NOT EXISTS negotiation (
    negotiation text NOT NULL PRIMARY KEY,
    job         text NOT NULL,
    employer    text NOT NULL,
    talent      text NOT NULL,
    phase       integer NOT NULL,
    offers      integer NOT NULL,
    opened_ms   integer NOT NULL,
    updated_ms  integer NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS negotiation_talent ON negotiation (talent, updated_ms);
CREATE INDEX IF NOT EXISTS negotiation_employer ON negotiation (employer, updated_ms);
