-- Amounts are inside payloads; hashes and addresses are raw bytes; times in milliseconds since 1970 end in _ms.
-- 64-bit unsigned values (chain ids, block numbers, subjects) are stored as the signed number with the same bits.

-- The cursor is the fence of the ledger: an append names every column it continues from.
CREATE TABLE IF NOT EXISTS chain_cursor (
    chain     bigint NOT NULL PRIMARY KEY,
    pos       bigint NOT NULL,
    final_pos bigint NOT NULL,
    head_no   bigint NOT NULL,
    head_hash bytea  NOT NULL CHECK (length(head_hash) = 32),
    head_time bigint NOT NULL,
    final_no  bigint NOT NULL,
    halted    text
);

CREATE TABLE IF NOT EXISTS chain_fact (
    chain       bigint   NOT NULL,
    pos         bigint   NOT NULL,
    block_no    bigint   NOT NULL,
    block_hash  bytea    NOT NULL CHECK (length(block_hash) = 32),
    block_time  bigint   NOT NULL,
    tx_hash     bytea    NOT NULL CHECK (length(tx_hash) = 32),
    log_index   bigint   NOT NULL,
    contract    bytea    NOT NULL CHECK (length(contract) = 20),
    kind        smallint NOT NULL,
    payload     bytea    NOT NULL,
    subjects    bytea    NOT NULL,  -- 8 bytes each, big-endian: what chain_subject holds, readable by position
    orphaned_by bigint,
    PRIMARY KEY (chain, pos)
);

-- Partial: when a fork flips back, the same log returns at a new position.
CREATE UNIQUE INDEX IF NOT EXISTS chain_fact_standing
    ON chain_fact (chain, block_hash, log_index) WHERE orphaned_by IS NULL;

CREATE INDEX IF NOT EXISTS chain_fact_orphaned
    ON chain_fact (chain, orphaned_by) WHERE orphaned_by IS NOT NULL;

CREATE TABLE IF NOT EXISTS chain_rewind (
    chain    bigint NOT NULL,
    pos      bigint NOT NULL,
    to_block bigint NOT NULL,
    PRIMARY KEY (chain, pos)
);

CREATE TABLE IF NOT EXISTS chain_subject (
    chain   bigint NOT NULL,
    subject bigint NOT NULL,
    pos     bigint NOT NULL,
    PRIMARY KEY (chain, subject, pos)
);

-- Canonical headers from the final block up: enough to find where a fork left.
CREATE TABLE IF NOT EXISTS chain_header (
    chain       bigint NOT NULL,
    number      bigint NOT NULL,
    hash        bytea  NOT NULL CHECK (length(hash) = 32),
    parent_hash bytea  NOT NULL CHECK (length(parent_hash) = 32),
    time        bigint NOT NULL,
    PRIMARY KEY (chain, number)
);

CREATE TABLE IF NOT EXISTS chain_contract (
    chain      bigint NOT NULL,
    address    bytea  NOT NULL CHECK (length(address) = 20),
    kind       text   NOT NULL,
    from_block bigint NOT NULL,
    code_hash  bytea  NOT NULL CHECK (length(code_hash) = 32),
    PRIMARY KEY (chain, address)
);

-- Every grain state, whichever provider wrote it. A cleared state keeps its row without payload: the version goes on.
CREATE TABLE IF NOT EXISTS grain_state (
    state_name     text    NOT NULL,
    key            text    NOT NULL,
    version        bigint  NOT NULL,
    schema_version integer NOT NULL,
    payload        bytea,
    PRIMARY KEY (state_name, key)
);

CREATE TABLE IF NOT EXISTS request (
    caller     text   NOT NULL,
    request_id bytea  NOT NULL CHECK (length(request_id) = 16),
    body_hash  bytea  NOT NULL CHECK (length(body_hash) = 32),
    result     bytea  NOT NULL CHECK (length(result) <= 4096),
    at_ms      bigint NOT NULL,
    PRIMARY KEY (caller, request_id)
);

CREATE INDEX IF NOT EXISTS request_at ON request (at_ms);

CREATE TABLE IF NOT EXISTS wallet (
    address bytea NOT NULL PRIMARY KEY CHECK (length(address) = 20),
    account text  NOT NULL
);

CREATE TABLE IF NOT EXISTS session (
    token_hash bytea  NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    account    text   NOT NULL,
    wallet     bytea  NOT NULL CHECK (length(wallet) = 20),
    created_ms bigint NOT NULL,
    expires_ms bigint NOT NULL,
    revoked_ms bigint
);

CREATE INDEX IF NOT EXISTS session_expires ON session (expires_ms);
CREATE INDEX IF NOT EXISTS session_revoked ON session (revoked_ms) WHERE revoked_ms IS NOT NULL;

CREATE TABLE IF NOT EXISTS siwe_nonce (
    nonce      text   NOT NULL PRIMARY KEY,
    expires_ms bigint NOT NULL
);

CREATE INDEX IF NOT EXISTS siwe_nonce_expires ON siwe_nonce (expires_ms);

-- Transactions the server signs: stored before they are broadcast. Two senders of one intent lose at the unique row.
CREATE TABLE IF NOT EXISTS sent (
    chain  bigint NOT NULL,
    key    bytea  NOT NULL CHECK (length(key) = 20),
    nonce  bigint NOT NULL,
    intent text   NOT NULL UNIQUE,
    raw    bytea  NOT NULL,
    PRIMARY KEY (chain, key, nonce)
);
