-- Positions that are reserved for terms which no final block holds funded: written with the job, for whoever frees them.
CREATE TABLE IF NOT EXISTS job_position (
    chain            bigint  NOT NULL,
    negotiation_hash bytea   NOT NULL CHECK (length(negotiation_hash) = 32),
    job              text    NOT NULL,
    negotiation      text    NOT NULL,
    valid_until_s    bigint  NOT NULL,
    PRIMARY KEY (chain, negotiation_hash)
);

-- Signed terms that the escrow does not have yet: written with the signature.
CREATE TABLE IF NOT EXISTS offer_outbox (
    chain       bigint  NOT NULL,
    negotiation text    NOT NULL,
    PRIMARY KEY (chain, negotiation)
);
