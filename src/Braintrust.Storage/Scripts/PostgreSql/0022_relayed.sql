-- Calls that were ever taken to be sent for somebody, each once: written with the relayer's queue, before anything is sent.
CREATE TABLE IF NOT EXISTS relayed (
    chain   bigint NOT NULL,
    intent  bytea  NOT NULL CHECK (length(intent) = 32),
    account text   NOT NULL,
    relayer bytea  NOT NULL CHECK (length(relayer) = 20),
    nonce   bigint NOT NULL,
    tx_hash bytea  NOT NULL CHECK (length(tx_hash) = 32),
    at_ms   bigint NOT NULL,
    PRIMARY KEY (chain, intent)
);

CREATE INDEX IF NOT EXISTS relayed_by_account ON relayed (chain, account, at_ms);
