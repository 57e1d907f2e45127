-- Rows of the projection of credits: what a contract keeps for an address in one token. They can be emptied and made again
-- at any time. holder: 1 an escrow, 2 a court; about: the negotiation or the case that it grew by last.
CREATE TABLE IF NOT EXISTS credit (
    chain         integer NOT NULL,
    contract      blob NOT NULL,
    party         blob NOT NULL,
    token         blob NOT NULL,
    holder        integer NOT NULL,
    amount        blob NOT NULL,
    about         blob NOT NULL,
    changed_block integer NOT NULL,
    changed_ms    integer NOT NULL,
    PRIMARY KEY (chain, contract, party, token)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS credit_party ON credit (party, changed_ms DESC, chain, contract, token);
