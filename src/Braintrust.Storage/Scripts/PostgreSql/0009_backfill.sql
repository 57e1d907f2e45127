-- Contracts that were registered when their chain had been read beyond their first block, until they have caught up: the
-- next block to read for each of them alone.
CREATE TABLE IF NOT EXISTS chain_backfill (
    chain      bigint NOT NULL,
    address    bytea  NOT NULL CHECK (length(address) = 20),
    next_block bigint NOT NULL,
    PRIMARY KEY (chain, address)
);
