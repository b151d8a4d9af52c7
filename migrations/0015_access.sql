-- Who may call the service. Keys are made by `medsettle api-keys` in the owner's name: a service process that is taken
-- over can make none.
CREATE SCHEMA access;
GRANT USAGE ON SCHEMA access TO medsettle_app;

-- key_id: the public part of a key. secret_hash: SHA-256 of the whole key, which holds 256 random bits, so no slower
-- hash is needed. scopes: NULL is all that the role allows. replaces: the key that this one was rotated from.
CREATE TABLE access.api_keys (
    key_id      text        PRIMARY KEY,
    secret_hash bytea       NOT NULL CHECK (length(secret_hash) = 32),
    role        text        NOT NULL,
    name        text        NOT NULL,
    institution text,
    bank        text,
    scopes      text[],
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  text        NOT NULL,
    expires_at  timestamptz NOT NULL,
    replaces    text        REFERENCES access.api_keys,
    revoked_at  timestamptz,
    revoked_by  text,
    CONSTRAINT api_key_role_known CHECK (role IN ('institution', 'bank', 'agency', 'operator', 'auditor')),
    CONSTRAINT api_key_is_bound CHECK (
        (role = 'institution') = (institution IS NOT NULL) AND (role = 'bank') = (bank IS NOT NULL)
    ),
    CONSTRAINT api_key_revocation_is_whole CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
GRANT SELECT ON access.api_keys TO medsettle_app;
