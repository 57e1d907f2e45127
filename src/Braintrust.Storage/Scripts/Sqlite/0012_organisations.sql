-- Members and invited accounts: what a person finds its organisations by.
CREATE TABLE IF NOT EXISTS organisation_member (
    account      text    NOT NULL,
    organisation text    NOT NULL,
    display_name text    NOT NULL,
    roles        integer NOT NULL,
    invited      integer NOT NULL,
    since_ms     integer NOT NULL,
    PRIMARY KEY (account, organisation)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS organisation_member_by_organisation ON organisation_member (organisation, account);

-- Every approval that was ever asked for; the state keeps the newest only.
CREATE TABLE IF NOT EXISTS organisation_approval (
    organisation text    NOT NULL,
    approval     text    NOT NULL,
    agreement    text    NOT NULL,
    move         integer NOT NULL,
    milestone    integer NOT NULL,
    sum          text    NOT NULL,
    status       integer NOT NULL,
    requester    text    NOT NULL,
    requested_ms integer NOT NULL,
    approver     text,
    decided_ms   integer,
    wallet       blob,
    PRIMARY KEY (organisation, approval)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS organisation_approval_by_time ON organisation_approval (organisation, requested_ms, approval);
