-- The peer: grain storage as an Orleans user gets it from the AdoNet provider with the SQL that the Orleans repository
-- documents for PostgreSQL. The text is ours, the shape and the work are the stock script's: a table without a unique
-- index, found by two hashes; one plpgsql call a write, which updates where the version matches, or inserts where no row
-- is. Left out are the columns for XML and JSON, which the provider no longer fills.
CREATE TABLE OrleansQuery (QueryKey varchar(64) PRIMARY KEY, QueryText varchar(8000) NOT NULL);

CREATE TABLE OrleansStorage (
    GrainIdHash           integer      NOT NULL,
    GrainIdN0             bigint       NOT NULL,
    GrainIdN1             bigint       NOT NULL,
    GrainTypeHash         integer      NOT NULL,
    GrainTypeString       varchar(512) NOT NULL,
    GrainIdExtensionString varchar(512),
    ServiceId             varchar(150) NOT NULL,
    PayloadBinary         bytea,
    ModifiedOn            timestamp    NOT NULL,
    Version               integer
);

CREATE INDEX IX_OrleansStorage ON OrleansStorage (GrainIdHash, GrainTypeHash);

CREATE FUNCTION WriteToStorage(
    id_hash integer, n0 bigint, n1 bigint, type_hash integer, type_name varchar, extension varchar, service varchar,
    expected integer, payload bytea) RETURNS TABLE (NewGrainStateVersion integer) LANGUAGE plpgsql AS $$
DECLARE
    answer  integer := expected;
    written integer := 0;
BEGIN
    IF expected IS NOT NULL THEN
        UPDATE OrleansStorage s
        SET PayloadBinary = payload, ModifiedOn = now() AT TIME ZONE 'utc', Version = s.Version + 1
        WHERE s.GrainIdHash = id_hash AND s.GrainTypeHash = type_hash AND s.GrainIdN0 = n0 AND s.GrainIdN1 = n1
          AND s.GrainTypeString = type_name
          AND (s.GrainIdExtensionString = extension OR extension IS NULL AND s.GrainIdExtensionString IS NULL)
          AND s.ServiceId = service AND s.Version = expected;
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written > 0 THEN answer := expected + 1; END IF;
    ELSE
        INSERT INTO OrleansStorage
        SELECT id_hash, n0, n1, type_hash, type_name, extension, service, payload, now() AT TIME ZONE 'utc', 1
        WHERE NOT EXISTS (
            SELECT 1 FROM OrleansStorage s
            WHERE s.GrainIdHash = id_hash AND s.GrainTypeHash = type_hash AND s.GrainIdN0 = n0 AND s.GrainIdN1 = n1
              AND s.GrainTypeString = type_name
              AND (s.GrainIdExtensionString = extension OR extension IS NULL AND s.GrainIdExtensionString IS NULL)
              AND s.ServiceId = service);
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written > 0 THEN answer := 1; END IF;
    END IF;
    RETURN QUERY SELECT answer;
END
$$;

INSERT INTO OrleansQuery VALUES
('WriteToStorageKey', '
    SELECT * FROM WriteToStorage(@GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString,
                                 @GrainIdExtensionString, @ServiceId, @GrainStateVersion, @PayloadBinary)
'),
('ReadFromStorageKey', '
    SELECT PayloadBinary, now() AT TIME ZONE ''utc'', Version
    FROM OrleansStorage
    WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0
      AND GrainIdN1 = @GrainIdN1 AND GrainTypeString = @GrainTypeString
      AND (GrainIdExtensionString = @GrainIdExtensionString
           OR @GrainIdExtensionString IS NULL AND GrainIdExtensionString IS NULL)
      AND ServiceId = @ServiceId
'),
('ClearStorageKey', '
    UPDATE OrleansStorage SET PayloadBinary = NULL, Version = Version + 1
    WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0
      AND GrainIdN1 = @GrainIdN1 AND GrainTypeString = @GrainTypeString
      AND (GrainIdExtensionString = @GrainIdExtensionString
           OR @GrainIdExtensionString IS NULL AND GrainIdExtensionString IS NULL)
      AND ServiceId = @ServiceId AND Version = @GrainStateVersion
    RETURNING Version AS NewGrainStateVersion
'),
('DeleteStorageKey', '
    DELETE FROM OrleansStorage
    WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0
      AND GrainIdN1 = @GrainIdN1 AND GrainTypeString = @GrainTypeString
      AND (GrainIdExtensionString = @GrainIdExtensionString
           OR @GrainIdExtensionString IS NULL AND GrainIdExtensionString IS NULL)
      AND ServiceId = @ServiceId AND Version = @GrainStateVersion
    RETURNING Version + 1 AS NewGrainStateVersion
');
