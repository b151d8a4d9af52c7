-- When business days begin, and which are closed: G6 rests on these rows, and on the locks of app/ledger/journal.py.

-- Business days from from_day on begin at begins_at of Asia/Shanghai; before the first row the setting holds. Filed a
-- minute before the day can begin at all, so that every process, which reads them thrice a minute, knows it in time.
CREATE TABLE ledger.cut_offs (
    from_day  date        PRIMARY KEY,
    begins_at time        NOT NULL,
    filed_by  text        NOT NULL,
    filed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT cut_off_is_filed_ahead
        CHECK (from_day::timestamp AT TIME ZONE 'Asia/Shanghai' >= filed_at + interval '1 minute')
);
GRANT SELECT, INSERT ON ledger.cut_offs TO medsettle_app;

-- Nothing is booked on these days, nor on any before the last of them. A row is never changed: no day opens again.
CREATE TABLE ledger.closed_days (
    business_day date        PRIMARY KEY,
    closed_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT ON ledger.closed_days TO medsettle_app;

-- Sealing reads the batches of one day. Batches of a day lie together, so a summary of each range is enough, and a
-- posting has no tree to maintain.
CREATE INDEX batch_of_day ON ledger.batches USING brin (business_day) WITH (pages_per_range = 16, autosummarize = on);
