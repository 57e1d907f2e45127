-- What the Orleans AdoNet providers (10.4) need: they look their statements up in OrleansQuery by these keys and bind
-- the parameters named in them. Grain states live in grain_state beside the transactional ones, so its primary key is
-- the unique index over the whole key that makes one of two concurrent first writes lose.
CREATE TABLE IF NOT EXISTS OrleansQuery (
    QueryKey  varchar(64) NOT NULL PRIMARY KEY,
    QueryText text        NOT NULL
);

CREATE TABLE IF NOT EXISTS orleans_membership_version (
    deployment_id text        NOT NULL PRIMARY KEY,
    version       integer     NOT NULL DEFAULT 0,
    changed_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS orleans_membership (
    deployment_id text        NOT NULL,
    address       text        NOT NULL,
    port          integer     NOT NULL,
    generation    integer     NOT NULL,
    silo_name     text        NOT NULL,
    host_name     text        NOT NULL,
    status        integer     NOT NULL,
    proxy_port    integer     NOT NULL,
    suspect_times text,
    start_time    timestamptz NOT NULL,
    alive_time    timestamptz NOT NULL,
    PRIMARY KEY (deployment_id, address, port, generation)
);

-- The text of a grain key, as Orleans writes it for string and integer keys, from the parts that AdoNet takes it to.
CREATE OR REPLACE FUNCTION grain_key(n0 bigint, n1 bigint, extension text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN n0 = 0 AND n1 = 0 THEN coalesce(extension, '0')
        WHEN n0 = 0 THEN upper(to_hex(n1)) || coalesce('+' || extension, '')
        ELSE encode(int8send(n0) || int8send(n1), 'hex') || coalesce('+' || extension, '')
    END
$$;

-- The number behind "schemaVersion", which opens every payload.
CREATE OR REPLACE FUNCTION payload_schema_version(payload bytea) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        substring(encode(substring(payload FROM 1 FOR 32), 'escape') FROM '"schemaVersion":([0-9]+)')::int, 0)
$$;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', '
    SELECT payload AS PayloadBinary, CAST(version AS integer) AS Version
    FROM grain_state
    WHERE state_name = @GrainTypeString
      AND key = grain_key(@GrainIdN0, @GrainIdN1, CAST(@GrainIdExtensionString AS text))
      AND payload IS NOT NULL
'),
-- No row answered is a version conflict. A first write may follow a clear, whose row keeps counting.
('WriteToStorageKey', '
    WITH input AS (
        SELECT CAST(@GrainTypeString AS text) AS state_name,
               grain_key(@GrainIdN0, @GrainIdN1, CAST(@GrainIdExtensionString AS text)) AS key,
               CAST(@GrainStateVersion AS bigint) AS expected,
               CAST(@PayloadBinary AS bytea) AS payload
    ), updated AS (
        UPDATE grain_state s
        SET version = s.version + 1, payload = i.payload, schema_version = payload_schema_version(i.payload)
        FROM input i
        WHERE s.state_name = i.state_name AND s.key = i.key AND s.version = i.expected
        RETURNING s.version
    ), inserted AS (
        INSERT INTO grain_state (state_name, key, version, schema_version, payload)
        SELECT state_name, key, 1, payload_schema_version(payload), payload FROM input WHERE expected IS NULL
        ON CONFLICT (state_name, key) DO UPDATE
        SET version = grain_state.version + 1, payload = excluded.payload, schema_version = excluded.schema_version
        WHERE grain_state.payload IS NULL
        RETURNING version
    )
    SELECT CAST(version AS integer) AS NewGrainStateVersion FROM updated
    UNION ALL
    SELECT CAST(version AS integer) FROM inserted
'),
('ClearStorageKey', '
    UPDATE grain_state SET version = version + 1, payload = NULL
    WHERE state_name = @GrainTypeString
      AND key = grain_key(@GrainIdN0, @GrainIdN1, CAST(@GrainIdExtensionString AS text))
      AND version = CAST(@GrainStateVersion AS bigint)
    RETURNING CAST(version AS integer) AS NewGrainStateVersion
'),
('DeleteStorageKey', '
    DELETE FROM grain_state
    WHERE state_name = @GrainTypeString
      AND key = grain_key(@GrainIdN0, @GrainIdN1, CAST(@GrainIdExtensionString AS text))
      AND version = CAST(@GrainStateVersion AS bigint)
    RETURNING CAST(version + 1 AS integer) AS NewGrainStateVersion
'),
('InsertMembershipVersionKey', '
    WITH added AS (
        INSERT INTO orleans_membership_version (deployment_id) VALUES (@DeploymentId)
        ON CONFLICT (deployment_id) DO NOTHING
        RETURNING 1
    )
    SELECT CAST(count(*) AS integer) FROM added
'),
-- The table version and the member move together: the version row is also the lock.
('InsertMembershipKey', '
    WITH moved AS (
        UPDATE orleans_membership_version v SET version = v.version + 1, changed_at = now()
        WHERE v.deployment_id = @DeploymentId AND v.version = @Version AND NOT EXISTS (
            SELECT 1 FROM orleans_membership m
            WHERE m.deployment_id = @DeploymentId AND m.address = @Address AND m.port = @Port
              AND m.generation = @Generation)
        RETURNING 1
    ), added AS (
        INSERT INTO orleans_membership (deployment_id, address, port, generation, silo_name, host_name, status,
                                        proxy_port, start_time, alive_time)
        SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime,
               @IAmAliveTime
        FROM moved
        RETURNING 1
    )
    SELECT CAST(count(*) AS integer) FROM added
'),
('UpdateMembershipKey', '
    WITH moved AS (
        UPDATE orleans_membership_version v SET version = v.version + 1, changed_at = now()
        WHERE v.deployment_id = @DeploymentId AND v.version = @Version AND EXISTS (
            SELECT 1 FROM orleans_membership m
            WHERE m.deployment_id = @DeploymentId AND m.address = @Address AND m.port = @Port
              AND m.generation = @Generation)
        RETURNING 1
    ), changed AS (
        UPDATE orleans_membership m
        SET status = @Status, suspect_times = CAST(@SuspectTimes AS text), alive_time = @IAmAliveTime
        FROM moved
        WHERE m.deployment_id = @DeploymentId AND m.address = @Address AND m.port = @Port
          AND m.generation = @Generation
        RETURNING 1
    )
    SELECT CAST(count(*) AS integer) FROM changed
'),
('UpdateIAmAlivetimeKey', '
    UPDATE orleans_membership SET alive_time = @IAmAliveTime
    WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
'),
-- The version comes back even when there is no member.
('MembershipReadRowKey', '
    SELECT v.deployment_id AS DeploymentId, m.address AS Address, m.port AS Port, m.generation AS Generation,
           m.silo_name AS SiloName, m.host_name AS HostName, m.status AS Status, m.proxy_port AS ProxyPort,
           m.suspect_times AS SuspectTimes, m.start_time AS StartTime, m.alive_time AS IAmAliveTime,
           v.version AS Version
    FROM orleans_membership_version v
    LEFT JOIN orleans_membership m
      ON m.deployment_id = v.deployment_id AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
    WHERE v.deployment_id = @DeploymentId
'),
('MembershipReadAllKey', '
    SELECT v.deployment_id AS DeploymentId, m.address AS Address, m.port AS Port, m.generation AS Generation,
           m.silo_name AS SiloName, m.host_name AS HostName, m.status AS Status, m.proxy_port AS ProxyPort,
           m.suspect_times AS SuspectTimes, m.start_time AS StartTime, m.alive_time AS IAmAliveTime,
           v.version AS Version
    FROM orleans_membership_version v
    LEFT JOIN orleans_membership m ON m.deployment_id = v.deployment_id
    WHERE v.deployment_id = @DeploymentId
'),
('DeleteMembershipTableEntriesKey', '
    WITH gone AS (DELETE FROM orleans_membership WHERE deployment_id = @DeploymentId)
    DELETE FROM orleans_membership_version WHERE deployment_id = @DeploymentId
'),
('GatewaysQueryKey', '
    SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation
    FROM orleans_membership
    WHERE deployment_id = @DeploymentId AND status = @Status AND proxy_port > 0
'),
-- 3 is SiloStatus.Active.
('CleanupDefunctSiloEntriesKey', '
    DELETE FROM orleans_membership
    WHERE deployment_id = @DeploymentId AND alive_time < @IAmAliveTime AND status <> 3
')
ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;
