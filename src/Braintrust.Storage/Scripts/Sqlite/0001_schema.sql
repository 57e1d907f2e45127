-- Amounts are inside payloads; hashes and addresses are raw bytes; times in milliseconds since 1970 end in _ms.
-- The small rows live in their primary key (WITHOUT ROWID); rows with payloads do not, as keys of large rows are slow.
-- 64-bit unsigned values (chain ids, block numbers, subjects) are stored as the signed number with the same bits.

-- The cursor is the fence of the ledger: an append names every column it continues from.
CREATE TABLE IF NOT EXISTS chain_cursor (
    chain     integer NOT NULL PRIMARY KEY,
    pos       integer NOT NULL,
    final_pos integer NOT NULL,
    head_no   integer NOT NULL,
    head_hash blob    NOT NULL CHECK (length(head_hash) = 32),
    head_time integer NOT NULL,
    final_no  integer NOT NULL,
    halted    text
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS chain_fact (
    chain       integer NOT NULL,
    pos         integer NOT NULL,
    block_no    integer NOT NULL,
    block_hash  blob    NOT NULL CHECK (length(block_hash) = 32),
    block_time  integer NOT NULL,
    tx_hash     blob    NOT NULL CHECK (length(tx_hash) = 32),
    log_index   integer NOT NULL,
    contract    blob    NOT NULL CHECK (length(contract) = 20),
    kind        integer NOT NULL,
    payload     blob    NOT NULL,
    subjects    blob    NOT NULL,  -- 8 bytes each, big-endian: what chain_subject holds, readable by position
    orphaned_by integer,
    PRIMARY KEY (chain, pos)
) STRICT;

-- Partial: when a fork flips back, the same log returns at a new position.
CREATE UNIQUE INDEX IF NOT EXISTS chain_fact_standing
    ON chain_fact (chain, block_hash, log_index) WHERE orphaned_by IS NULL;

CREATE INDEX IF NOT EXISTS chain_fact_orphaned
    ON chain_fact (chain, orphaned_by) WHERE orphaned_by IS NOT NULL;

CREATE TABLE IF NOT EXISTS chain_rewind (
    chain    integer NOT NULL,
    pos      integer NOT NULL,
    to_block integer NOT NULL,
    PRIMARY KEY (chain, pos)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS chain_subject (
    chain   integer NOT NULL,
    subject integer NOT NULL,
    pos     integer NOT NULL,
    PRIMARY KEY (chain, subject, pos)
) STRICT, WITHOUT ROWID;

-- Canonical headers from the final block up: enough to find where a fork left.
CREATE TABLE IF NOT EXISTS chain_header (
    chain       integer NOT NULL,
    number      integer NOT NULL,
    hash        blob    NOT NULL CHECK (length(hash) = 32),
    parent_hash blob    NOT NULL CHECK (length(parent_hash) = 32),
    time        integer NOT NULL,
    PRIMARY KEY (chain, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS chain_contract (
    chain      integer NOT NULL,
    address    blob    NOT NULL CHECK (length(address) = 20),
    kind       text    NOT NULL,
    from_block integer NOT NULL,
    code_hash  blob    NOT NULL CHECK (length(code_hash) = 32),
    PRIMARY KEY (chain, address)
) STRICT, WITHOUT ROWID;

-- Every grain state, whichever provider wrote it. A cleared state keeps its row without payload: the version goes on.
CREATE TABLE IF NOT EXISTS grain_state (
    state_name     text    NOT NULL,
    key            text    NOT NULL,
    version        integer NOT NULL,
    schema_version integer NOT NULL,
    payload        blob,
    PRIMARY KEY (state_name, key)
) STRICT;

CREATE TABLE IF NOT EXISTS request (
    caller     text    NOT NULL,
    request_id blob    NOT NULL CHECK (length(request_id) = 16),
    body_hash  blob    NOT NULL CHECK (length(body_hash) = 32),
    result     blob    NOT NULL CHECK (length(result) <= 4096),
    at_ms      integer NOT NULL,
    PRIMARY KEY (caller, request_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS request_at ON request (at_ms);

CREATE TABLE IF NOT EXISTS wallet (
    address blob NOT NULL PRIMARY KEY CHECK (length(address) = 20),
    account text NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS session (
    token_hash blob    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    account    text    NOT NULL,
    wallet     blob    NOT NULL CHECK (length(wallet) = 20),
    created_ms integer NOT NULL,
    expires_ms integer NOT NULL,
    revoked_ms integer
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS session_expires ON session (expires_ms);
CREATE INDEX IF NOT EXISTS session_revoked ON session (revoked_ms) WHERE revoked_ms IS NOT NULL;

CREATE TABLE IF NOT EXISTS siwe_nonce (
    nonce      text    NOT NULL PRIMARY KEY,
    expires_ms integer NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS siwe_nonce_expires ON siwe_nonce (expires_ms);

-- Transactions the server signs: stored before they are broadcast. Two senders of one intent lose at the unique row.
CREATE TABLE IF NOT EXISTS sent (
    chain  integer NOT NULL,
    key    blob    NOT NULL CHECK (length(key) = 20),
    nonce  integer NOT NULL,
    intent text    NOT NULL UNIQUE,
    raw    blob    NOT NULL,
    PRIMARY KEY (chain, key, nonce)
) STRICT;
