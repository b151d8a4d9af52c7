-- Clearing: sealed business days, what each institution is due of a day, and the lines by which its bank pays it.

-- bank: what a bank is to pay out to its institutions; derived, as they are. Rows of before are looked at by a later
-- migration, under a lock that lets postings go on.
ALTER TABLE ledger.accounts
    DROP CONSTRAINT account_kind_known,
    ADD CONSTRAINT account_kind_known CHECK (kind IN ('personal', 'debit', 'institution', 'fund', 'bank')) NOT VALID;

-- Why transfers were posted that no message caused; (batch_id, position) is their place in the journal.
CREATE TABLE ledger.bookings (
    batch_id     bigint   NOT NULL,
    business_day date     NOT NULL,
    position     smallint NOT NULL,
    bucket       smallint NOT NULL,
    purpose      text     NOT NULL,
    reference    text     NOT NULL,
    PRIMARY KEY (batch_id, position),
    -- Whoever books again after a crash is stopped here, and finds by it what is booked.
    CONSTRAINT booked_once UNIQUE (reference, purpose)
);
GRANT SELECT, INSERT ON ledger.bookings TO medsettle_app;

-- Where the bank pays an institution's money to. Without an account what is due to it is held over.
ALTER TABLE parties.institutions
    ADD COLUMN payee_name    text NOT NULL DEFAULT '',
    ADD COLUMN payee_account text NOT NULL DEFAULT '';
GRANT UPDATE (payee_name, payee_account) ON parties.institutions TO medsettle_app;

-- Who changed where an institution's money goes; rows are never changed.
CREATE TABLE parties.payee_changes (
    change_id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    institution   text        NOT NULL,
    payee_name    text        NOT NULL,
    payee_account text        NOT NULL,
    actor         text        NOT NULL,
    happened_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT ON parties.payee_changes TO medsettle_app;

CREATE SCHEMA clearing;
GRANT USAGE ON SCHEMA clearing TO medsettle_app;

-- Days that are no banking days although they are weekdays, or are although they are not. The last row of a day counts.
CREATE TABLE clearing.calendar_days (
    day            date        NOT NULL,
    is_banking_day boolean     NOT NULL,
    filed_by       text        NOT NULL,
    filed_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (day, filed_at)
);
GRANT SELECT, INSERT ON clearing.calendar_days TO medsettle_app;

-- What becomes of a negative net from a day on: it is carried into the next day, or collected from the institution by
-- its bank. '' stands for all banks without a rule of their own.
CREATE TABLE clearing.netting_rules (
    bank         text        NOT NULL,
    from_day     date        NOT NULL,
    negative_net text        NOT NULL,
    filed_by     text        NOT NULL,
    filed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (bank, from_day),
    CONSTRAINT netting_negative_known CHECK (negative_net IN ('carried', 'collected')),
    CONSTRAINT netting_rule_is_filed_ahead
        CHECK (from_day::timestamp AT TIME ZONE 'Asia/Shanghai' >= filed_at + interval '1 minute')
);
INSERT INTO clearing.netting_rules (bank, from_day, negative_net, filed_by, filed_at)
VALUES ('', '1970-01-02', 'carried', 'first release', '1970-01-01Z');
GRANT SELECT, INSERT ON clearing.netting_rules TO medsettle_app;

-- A day from its closing on. value_date: the banking day on which its money moves between banks.
CREATE TABLE clearing.business_days (
    business_day date        PRIMARY KEY,
    begins_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    value_date   date        NOT NULL,
    state        text        NOT NULL,
    closed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    sealed_at    timestamptz,
    CONSTRAINT business_day_state_known CHECK (state IN ('sealing', 'sealed', 'filed', 'acknowledged')),
    CONSTRAINT business_day_is_over CHECK (closed_at >= ends_at),
    CONSTRAINT business_day_sealed_has_time CHECK ((state = 'sealing') = (sealed_at IS NULL))
);
GRANT SELECT, INSERT, UPDATE (state, sealed_at) ON clearing.business_days TO medsettle_app;

-- What a day came to, in fen; never changed. rows: settlements, also those that moved nothing, and bookings. debits and
-- refunds: money that came in to institutions, and that went back. batches_root: over the chain hashes of the day's
-- batches. day_hash: over all of it and the day before, so that days form a chain of their own.
CREATE TABLE clearing.seals (
    business_day date    PRIMARY KEY REFERENCES clearing.business_days,
    batch_count  bigint  NOT NULL,
    row_count    bigint  NOT NULL,
    debit_count  bigint  NOT NULL,
    debits       bigint  NOT NULL,
    refund_count bigint  NOT NULL,
    refunds      bigint  NOT NULL,
    batches_root bytea   NOT NULL,
    day_hash     bytea   NOT NULL
);
GRANT SELECT, INSERT ON clearing.seals TO medsettle_app;

-- What a day came to for an institution, by insurance and clearing type.
CREATE TABLE clearing.totals (
    business_day   date    NOT NULL,
    institution    text    NOT NULL,
    insurance_type text    NOT NULL,
    clearing_type  text    NOT NULL,
    debit_count    bigint  NOT NULL,
    debits         bigint  NOT NULL,
    refund_count   bigint  NOT NULL,
    refunds        bigint  NOT NULL,
    PRIMARY KEY (business_day, institution, insurance_type, clearing_type)
);
GRANT SELECT, INSERT ON clearing.totals TO medsettle_app;

-- What is due to an institution of a day. paid goes into its line: out to it, or, below 0, in from it. What is not paid
-- is carried into its position of the next day; held says why.
CREATE TABLE clearing.positions (
    business_day date   NOT NULL,
    institution  text   NOT NULL,
    bank         text   NOT NULL,
    debits       bigint NOT NULL,
    refunds      bigint NOT NULL,
    carried_in   bigint NOT NULL,
    paid         bigint NOT NULL,
    carried_out  bigint NOT NULL,
    held         text,
    PRIMARY KEY (business_day, institution),
    CONSTRAINT position_adds_up CHECK (debits - refunds + carried_in = paid + carried_out),
    CONSTRAINT position_held_known CHECK (held IN ('blocked', 'no_account', 'negative')),
    CONSTRAINT position_held_pays_nothing CHECK (CASE WHEN held IS NULL THEN carried_out = 0 ELSE paid = 0 END)
);
GRANT SELECT, INSERT ON clearing.positions TO medsettle_app;

-- One line is one payment of a bank to an institution's account, or its collection where amount is below 0.
CREATE TABLE clearing.lines (
    business_day  date    NOT NULL,
    line_no       integer NOT NULL,
    bank          text    NOT NULL,
    institution   text    NOT NULL,
    amount        bigint  NOT NULL,
    payee_name    text    NOT NULL,
    payee_account text    NOT NULL,
    PRIMARY KEY (business_day, line_no),
    CONSTRAINT line_moves_money CHECK (amount <> 0)
);
GRANT SELECT, INSERT ON clearing.lines TO medsettle_app;
