-- Positions that are reserved for terms which no final block holds funded: written with the job, for whoever frees them.
CREATE TABLE IF NOT EXISTS job_position (
    chain            integer NOT NULL,
    negotiation_hash blob    NOT NULL CHECK (length(negotiation_hash) = 32),
    job              text    NOT NULL,
    negotiation      text    NOT NULL,
    valid_until_s    integer NOT NULL,
    PRIMARY KEY (chain, negotiation_hash)
) STRICT, WITHOUT ROWID;

-- Signed terms that the escrow does not have yet: written with the signature.
CREATE TABLE IF NOT EXISTS offer_outbox (
    chain       integer NOT NULL,
    negotiation text    NOT NULL,
    PRIMARY KEY (chain, negotiation)
) STRICT, WITHOUT ROWID;
