-- Rows of the projection of credits: what a contract keeps for an address in one token. They can be emptied and made again
-- at any time. holder: 1 an escrow, 2 a court; about: the negotiation or the case that it grew by last.
CREATE TABLE IF NOT EXISTS credit (
    chain         bigint NOT NULL,
    contract      bytea NOT NULL,
    party         bytea NOT NULL,
    token         bytea NOT NULL,
    holder        bigint NOT NULL,
    amount        bytea NOT NULL,
    about         bytea NOT NULL,
    changed_block bigint NOT NULL,
    changed_ms    bigint NOT NULL,
    PRIMARY KEY (chain, contract, party, token)
);

CREATE INDEX IF NOT EXISTS credit_party ON credit (party, changed_ms DESC, chain, contract, token);
