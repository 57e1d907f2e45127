-- Contents by their keccak-256, once each; read through an attachment.
CREATE TABLE IF NOT EXISTS document (
    hash    bytea NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    content bytea NOT NULL CHECK (length(content) <= 1048576)
);

CREATE TABLE IF NOT EXISTS document_attachment (
    account      text    NOT NULL,
    subject      text    NOT NULL,
    hash         bytea   NOT NULL CHECK (length(hash) = 32),
    media_type   text    NOT NULL,
    display_name text    NOT NULL,
    size         bigint  NOT NULL,
    at_ms        bigint  NOT NULL,
    PRIMARY KEY (account, subject, hash)
);

CREATE INDEX IF NOT EXISTS document_attachment_by_subject ON document_attachment (subject, at_ms);
CREATE INDEX IF NOT EXISTS document_attachment_by_hash ON document_attachment (hash, subject);

-- Messages never change; the thread's state knows how many there are.
CREATE TABLE IF NOT EXISTS thread_message (
    thread    text    NOT NULL,
    number    bigint  NOT NULL,
    author    text    NOT NULL,
    text      text    NOT NULL,
    documents text    NOT NULL,
    offer     bytea,
    at_ms     bigint  NOT NULL,
    PRIMARY KEY (thread, number)
);
