-- Rows that projections fold out of the ledger, one writer per table; every key begins with the chain. They can be emptied
-- and made again at any time. Sums are 32 bytes, big-endian; what a projection leaves without value is a number that sorts
-- behind all others, not null.

-- How far each projection has come: an advance names the position it continues from.
CREATE TABLE IF NOT EXISTS projection (
    name  text   NOT NULL,
    chain bigint NOT NULL,
    pos   bigint NOT NULL,
    PRIMARY KEY (name, chain)
);

CREATE TABLE IF NOT EXISTS agreement_listing (
    chain             bigint NOT NULL,
    negotiation       bytea  NOT NULL,
    agreement         bytea  NOT NULL,
    contract          bytea  NOT NULL,
    employer          bytea  NOT NULL,
    manager           bytea  NOT NULL,
    talent            bytea  NOT NULL,
    token             bytea  NOT NULL,
    phase             bigint NOT NULL,
    milestone         bigint NOT NULL,
    milestones        bigint NOT NULL,
    milestones_funded bigint NOT NULL,
    amount            bytea  NOT NULL,
    paid_in           bytea  NOT NULL,
    paid_to_talent    bytea  NOT NULL,
    fees_kept         bytea  NOT NULL,
    refunded          bytea  NOT NULL,
    held              bytea  NOT NULL,
    deadline_ms       bigint NOT NULL,
    deadline_opens    bigint NOT NULL,
    created_block     bigint NOT NULL,
    created_ms        bigint NOT NULL,
    changed_block     bigint NOT NULL,
    changed_ms        bigint NOT NULL,
    changed_pos       bigint NOT NULL,
    PRIMARY KEY (chain, negotiation)
);

CREATE INDEX IF NOT EXISTS agreement_listing_talent ON agreement_listing (talent, changed_ms DESC, chain, negotiation);
CREATE INDEX IF NOT EXISTS agreement_listing_employer
    ON agreement_listing (employer, changed_ms DESC, chain, negotiation);
CREATE INDEX IF NOT EXISTS agreement_listing_manager ON agreement_listing (manager, changed_ms DESC, chain, negotiation);

-- What time alone opens, for whoever keeps to it: one row for each subject that has a running window.
CREATE TABLE IF NOT EXISTS due (
    chain   bigint NOT NULL,
    kind    text   NOT NULL,
    subject bytea  NOT NULL,
    at      bigint NOT NULL,  -- last second of the window, block time
    action  bigint NOT NULL,
    PRIMARY KEY (chain, kind, subject)
);

CREATE INDEX IF NOT EXISTS due_at ON due (chain, at);
