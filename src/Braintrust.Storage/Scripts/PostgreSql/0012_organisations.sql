-- Members and invited accounts: what a person finds its organisations by.
CREATE TABLE IF NOT EXISTS organisation_member (
    account      text    NOT NULL,
    organisation text    NOT NULL,
    display_name text    NOT NULL,
    roles        bigint  NOT NULL,
    invited      bigint  NOT NULL,
    since_ms     bigint  NOT NULL,
    PRIMARY KEY (account, organisation)
);

CREATE INDEX IF NOT EXISTS organisation_member_by_organisation ON organisation_member (organisation, account);

-- Every approval that was ever asked for; the state keeps the newest only.
CREATE TABLE IF NOT EXISTS organisation_approval (
    organisation text    NOT NULL,
    approval     text    NOT NULL,
    agreement    text    NOT NULL,
    move         bigint  NOT NULL,
    milestone    bigint  NOT NULL,
    sum          text    NOT NULL,
    status       bigint  NOT NULL,
    requester    text    NOT NULL,
    requested_ms bigint  NOT NULL,
    approver     text,
    decided_ms   bigint,
    wallet       bytea,
    PRIMARY KEY (organisation, approval)
);

CREATE INDEX IF NOT EXISTS organisation_approval_by_time ON organisation_approval (organisation, requested_ms, approval);
