-- Jobs, what hangs on them and what lists them: written with the state they belong to. The payload is what a list tells.
CREATE TABLE IF NOT EXISTS job_listing (
    job        text NOT NULL PRIMARY KEY,
    employer   text NOT NULL,
    phase      bigint NOT NULL,
    visibility bigint NOT NULL,
    kind       bigint NOT NULL,
    chain      bigint NOT NULL,
    token      bytea CHECK (length(token) = 20),
    currency   text,
    budget     bytea NOT NULL CHECK (length(budget) = 32),
    positions  bigint NOT NULL,
    created_ms bigint NOT NULL,
    posted_ms  bigint NOT NULL,
    closes_ms  bigint NOT NULL,
    payload    bytea NOT NULL
);

CREATE INDEX IF NOT EXISTS job_listing_posted ON job_listing (phase, visibility, posted_ms);
CREATE INDEX IF NOT EXISTS job_listing_employer ON job_listing (employer, created_ms);

CREATE TABLE IF NOT EXISTS job_skill (
    job   text NOT NULL,
    skill text NOT NULL,
    PRIMARY KEY (job, skill)
);

CREATE TABLE IF NOT EXISTS job_bid (
    job        text NOT NULL,
    bid        text NOT NULL,
    talent     text NOT NULL,
    phase      bigint NOT NULL,
    amount     bytea NOT NULL CHECK (length(amount) = 32),
    days       bigint NOT NULL,
    placed_ms  bigint NOT NULL,
    expires_ms bigint NOT NULL,
    payload    bytea NOT NULL,
    PRIMARY KEY (job, bid)
);

CREATE INDEX IF NOT EXISTS job_bid_talent ON job_bid (talent, placed_ms);

CREATE TABLE IF NOT EXISTS job_invitation (
    job        text NOT NULL,
    talent     text NOT NULL,
    phase      bigint NOT NULL,
    invited_ms bigint NOT NULL,
    payload    bytea NOT NULL,
    PRIMARY KEY (job, talent)
);

CREATE INDEX IF NOT EXISTS job_invitation_talent ON job_invitation (talent, invited_ms);

CREATE TABLE IF NOT EXISTS job_question (
    job      text NOT NULL,
    question text NOT NULL,
    asked_ms bigint NOT NULL,
    payload  bytea NOT NULL,
    PRIMARY KEY (job, question)
);

CREATE TABLE IF NOT EXISTS negotiation (
    negotiation text NOT NULL PRIMARY KEY,
    job         text NOT NULL,
    employer    text NOT NULL,
    talent      text NOT NULL,
    phase       bigint NOT NULL,
    offers      bigint NOT NULL,
    opened_ms   bigint NOT NULL,
    updated_ms  bigint NOT NULL
);

CREATE INDEX IF NOT EXISTS negotiation_talent ON negotiation (talent, updated_ms);
CREATE INDEX IF NOT EXISTS negotiation_employer ON negotiation (employer, updated_ms);
