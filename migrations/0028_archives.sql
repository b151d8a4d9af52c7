-- Which sealed days have a copy in files outside of the database, and what their manifests hash to (docs/adr/0032).
CREATE TABLE clearing.archives (
    business_day    date        PRIMARY KEY REFERENCES clearing.seals,
    manifest_sha256 bytea       NOT NULL,
    archived_by     text        NOT NULL,
    archived_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT ON clearing.archives TO medsettle_app;
