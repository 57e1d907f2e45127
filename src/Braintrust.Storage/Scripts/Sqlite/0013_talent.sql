-- Profiles that their owners listed. The rate orders as its number does: 32 bytes, big-endian.
CREATE TABLE IF NOT EXISTS talent_listing (
    account           text    NOT NULL PRIMARY KEY,
    display_name      text    NOT NULL,
    headline          text    NOT NULL,
    rate_unit         text    NOT NULL,
    rate              blob    NOT NULL CHECK (length(rate) = 32),
    hours_per_week    integer NOT NULL,
    available_from_ms integer NOT NULL,
    time_zone         text    NOT NULL,
    skills            text    NOT NULL,
    languages         text    NOT NULL,
    updated_ms        integer NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS talent_listing_updated ON talent_listing (updated_ms, account);
CREATE INDEX IF NOT EXISTS talent_listing_rate ON talent_listing (rate_unit, rate, account);

CREATE TABLE IF NOT EXISTS talent_skill (
    account text    NOT NULL,
    skill   text    NOT NULL,
    years   integer NOT NULL,
    PRIMARY KEY (account, skill)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS talent_skill_by_skill ON talent_skill (skill, account);

CREATE TABLE IF NOT EXISTS talent_language (
    account  text    NOT NULL,
    language text    NOT NULL,
    level    integer NOT NULL,
    PRIMARY KEY (account, language)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS talent_language_by_language ON talent_language (language, account);
