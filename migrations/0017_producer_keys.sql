-- Public keys by which institutions sign what they send by Kafka. They are registered in the owner's name, as API keys are.
CREATE TABLE access.producer_keys (
    key_id        text        PRIMARY KEY,
    institution   text        NOT NULL,
    public_key    bytea       NOT NULL CHECK (length(public_key) = 32),
    registered_at timestamptz NOT NULL DEFAULT now(),
    registered_by text        NOT NULL,
    revoked_at    timestamptz,
    revoked_by    text,
    CONSTRAINT producer_key_revocation_is_whole CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
GRANT SELECT ON access.producer_keys TO medsettle_app;
