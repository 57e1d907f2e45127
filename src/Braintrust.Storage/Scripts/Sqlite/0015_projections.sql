-- Rows that projections fold out of the ledger, one writer per table; every key begins with the chain. They can be emptied
-- and made again at any time. Sums are 32 bytes, big-endian; what a projection leaves without value is a number that sorts
-- behind all others, not null.

-- How far each projection has come: an advance names the position it continues from.
CREATE TABLE IF NOT EXISTS projection (
    name  text    NOT NULL,
    chain integer NOT NULL,
    pos   integer NOT NULL,
    PRIMARY KEY (name, chain)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS agreement_listing (
    chain             integer NOT NULL,
    negotiation       blob    NOT NULL,
    agreement         blob    NOT NULL,
    contract          blob    NOT NULL,
    employer          blob    NOT NULL,
    manager           blob    NOT NULL,
    talent            blob    NOT NULL,
    token             blob    NOT NULL,
    phase             integer NOT NULL,
    milestone         integer NOT NULL,
    milestones        integer NOT NULL,
    milestones_funded integer NOT NULL,
    amount            blob    NOT NULL,
    paid_in           blob    NOT NULL,
    paid_to_talent    blob    NOT NULL,
    fees_kept         blob    NOT NULL,
    refunded          blob    NOT NULL,
    held              blob    NOT NULL,
    deadline_ms       integer NOT NULL,
    deadline_opens    integer NOT NULL,
    created_block     integer NOT NULL,
    created_ms        integer NOT NULL,
    changed_block     integer NOT NULL,
    changed_ms        integer NOT NULL,
    changed_pos       integer NOT NULL,
    PRIMARY KEY (chain, negotiation)
) STRICT;

CREATE INDEX IF NOT EXISTS agreement_listing_talent ON agreement_listing (talent, changed_ms DESC, chain, negotiation);
CREATE INDEX IF NOT EXISTS agreement_listing_employer
    ON agreement_listing (employer, changed_ms DESC, chain, negotiation);
CREATE INDEX IF NOT EXISTS agreement_listing_manager ON agreement_listing (manager, changed_ms DESC, chain, negotiation);

-- What time alone opens, for whoever keeps to it: one row for each subject that has a running window.
CREATE TABLE IF NOT EXISTS due (
    chain   integer NOT NULL,
    kind    text    NOT NULL,
    subject blob    NOT NULL,
    at      integer NOT NULL,  -- last second of the window, block time
    action  integer NOT NULL,
    PRIMARY KEY (chain, kind, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS due_at ON due (chain, at);
