-- Pull of settlement files: keys by which banks log in over SFTP, and finding a bank's or an institution's files.

-- Public keys of banks, registered in the owner's name, as API keys are. fingerprint: as `ssh-keygen -l` prints it; a
-- key is one bank's. public_key: a line of OpenSSH's form, without a comment.
CREATE TABLE access.sftp_keys (
    fingerprint   text        PRIMARY KEY,
    bank          text        NOT NULL,
    public_key    text        NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now(),
    registered_by text        NOT NULL,
    expires_at    timestamptz NOT NULL,
    revoked_at    timestamptz,
    revoked_by    text,
    CONSTRAINT sftp_key_revocation_is_whole CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
GRANT SELECT ON access.sftp_keys TO medsettle_app;

-- Years of files of all banks lie in one table; a page of one bank's, or of one institution's, reads no other's rows.
CREATE INDEX files_of_bank ON clearing.files (bank, file_id) WHERE written_at IS NOT NULL;
CREATE INDEX files_of_institution ON clearing.files (institution, file_id)
    WHERE written_at IS NOT NULL AND institution <> '';
