-- Who did what and who looked at whose data. The application adds rows and reads them; nobody of it changes any.

-- credential: the key or token, without its secret. route: as the table of routes has it. target: what the address names.
CREATE TABLE access.audit_entries (
    entry_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    role        text        NOT NULL,
    name        text        NOT NULL,
    credential  text        NOT NULL,
    route       text        NOT NULL,
    target      text        NOT NULL,
    reason      text        NOT NULL,
    request_id  text        NOT NULL
);
GRANT SELECT, INSERT ON access.audit_entries TO medsettle_app;

-- How it ended: status of the answer, and whose data it was. A row of its own, since rows are never changed.
CREATE TABLE access.audit_ends (
    entry_id  bigint   PRIMARY KEY REFERENCES access.audit_entries,
    status    smallint NOT NULL,
    person_no text
);
-- A person asks who looked.
CREATE INDEX audit_end_of_person ON access.audit_ends (person_no, entry_id) WHERE person_no IS NOT NULL;
GRANT SELECT, INSERT ON access.audit_ends TO medsettle_app;
