-- Calls that were ever taken to be sent for somebody, each once: written with the relayer's queue, before anything is sent.
CREATE TABLE IF NOT EXISTS relayed (
    chain   integer NOT NULL,
    intent  blob    NOT NULL CHECK (length(intent) = 32),
    account text    NOT NULL,
    relayer blob    NOT NULL CHECK (length(relayer) = 20),
    nonce   integer NOT NULL,
    tx_hash blob    NOT NULL CHECK (length(tx_hash) = 32),
    at_ms   integer NOT NULL,
    PRIMARY KEY (chain, intent)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS relayed_by_account ON relayed (chain, account, at_ms);
