-- Rewinds by which a person let a halted chain go on: who, when and why, and what had halted it.
CREATE TABLE IF NOT EXISTS chain_resume (
    chain  integer NOT NULL,
    pos    integer NOT NULL,  -- of the rewind
    who    text NOT NULL,
    at_ms  integer NOT NULL,
    why    text NOT NULL,
    halted text NOT NULL,
    PRIMARY KEY (chain, pos)
) STRICT;
