-- What each run of `medsettle verify` came to; the newest is told as a metric. broken: rows that it named.
CREATE TABLE ledger.verifications (
    verified_at timestamptz NOT NULL DEFAULT clock_timestamp() PRIMARY KEY,
    seconds     float8      NOT NULL,
    broken      integer     NOT NULL
);
GRANT SELECT, INSERT ON ledger.verifications TO medsettle_app;
