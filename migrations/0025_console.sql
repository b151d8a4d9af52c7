-- The operators' console: who is signed in, and what each process last told of itself.

-- token_hash: SHA-256 of the cookie, which holds 256 random bits. key_id: the key that somebody signed in by, NULL for a
-- token; a session is good no longer than its key. The rest is the principal, as the credential proved it.
CREATE TABLE access.console_sessions (
    token_hash  bytea       PRIMARY KEY CHECK (length(token_hash) = 32),
    key_id      text        REFERENCES access.api_keys,
    role        text        NOT NULL,
    name        text        NOT NULL,
    credential  text        NOT NULL,
    institution text,
    bank        text,
    scopes      text[],
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL
);
-- Ended ones are deleted; the audit log tells who signed in and out.
GRANT SELECT, INSERT, DELETE, UPDATE (used_at) ON access.console_sessions TO medsettle_app;

CREATE SCHEMA operations;
GRANT USAGE ON SCHEMA operations TO medsettle_app;

-- One row a process, overwritten every two seconds while it lives, so that whoever looks sees all of them, however many
-- run. Unlogged: after a crash each tells again. figures: counters since its start, and gauges (app/process_board.py).
CREATE UNLOGGED TABLE operations.processes (
    process    text        PRIMARY KEY,
    kind       text        NOT NULL,
    host       text        NOT NULL,
    pid        integer     NOT NULL,
    release    text        NOT NULL,
    started_at timestamptz NOT NULL,
    told_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    figures    jsonb       NOT NULL,
    CONSTRAINT process_kind_known CHECK (kind IN ('api', 'worker', 'scheduler'))
) WITH (fillfactor = 50);  -- room to overwrite a row in its page
GRANT SELECT, INSERT, DELETE, UPDATE (told_at, figures) ON operations.processes TO medsettle_app;
