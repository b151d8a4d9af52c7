-- Reconciliation with institutions: runs that compare what they say with the ledger, and the breaks that were found.

CREATE SCHEMA reconciliation;
GRANT USAGE ON SCHEMA reconciliation TO medsettle_app;

-- The rows of an institution's file, as they were sent. Each upload has a table of its own of this shape, unlogged, which
-- is gone when its run ends: dropping it leaves nothing to clean, and loading it writes nothing to the log.
-- flag: refd_setl_flag, 1 for what gives money back.
CREATE TABLE reconciliation.upload_shape (
    line          integer       GENERATED ALWAYS AS IDENTITY,
    settlement_id text          COLLATE "C",
    treatment_id  text          COLLATE "C",
    person_no     text          COLLATE "C" NOT NULL,
    medfee        numeric(16,2),
    fund_pay      numeric(16,2),
    account_pay   numeric(16,2),
    flag          text,
    message_id    text          COLLATE "C"
);

-- digest: SHA-256 of the text. has_message_ids: its form. dropped_at: its rows are gone.
CREATE TABLE reconciliation.uploads (
    upload_id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    institution     text        NOT NULL,
    has_message_ids boolean     NOT NULL,
    row_count       integer,
    digest          bytea,
    received_by     text        NOT NULL,
    received_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    dropped_at      timestamptz
);
-- Those whose rows are there are few: they are counted before another one is taken, and dropped when they are old.
CREATE INDEX upload_kept ON reconciliation.uploads (institution, received_at) WHERE dropped_at IS NULL;
GRANT SELECT, INSERT, UPDATE (row_count, digest, dropped_at) ON reconciliation.uploads TO medsettle_app;

-- The application role may not create tables.
CREATE FUNCTION reconciliation.make_upload_table(upload_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE UNLOGGED TABLE reconciliation.upload_%s (LIKE reconciliation.upload_shape INCLUDING ALL)',
                   upload_id);
    EXECUTE format('GRANT SELECT, INSERT ON reconciliation.upload_%s TO medsettle_app', upload_id);
END
$$;
CREATE FUNCTION reconciliation.analyze_upload_table(upload_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ANALYZE reconciliation.upload_%s', upload_id);
END
$$;
CREATE FUNCTION reconciliation.drop_upload_table(upload_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS reconciliation.upload_%s', upload_id);
END
$$;
REVOKE EXECUTE ON FUNCTION reconciliation.make_upload_table FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION reconciliation.analyze_upload_table FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION reconciliation.drop_upload_table FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reconciliation.make_upload_table TO medsettle_app;
GRANT EXECUTE ON FUNCTION reconciliation.analyze_upload_table TO medsettle_app;
GRANT EXECUTE ON FUNCTION reconciliation.drop_upload_table TO medsettle_app;

-- One comparison. settlement_office, insurance_type and clearing_type are empty for every one.
-- stated_*: what the institution says, NULL where it does not; the others: what the ledger holds, of any number of rows.
-- Fen.
-- waiting: to be compared. ok: was compared, is_equal says with what result. failed: could not be, code says why.
-- void: another run of the same scope took its place, voided_by.
CREATE TABLE reconciliation.runs (
    run_id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    upload_id          bigint,
    stated_medfee      bigint,
    stated_fund_pay    bigint,
    stated_account_pay bigint,
    stated_cash        bigint,
    stated_settlements bigint,
    medfee             numeric(26),
    fund_pay           numeric(26),
    account_pay        numeric(26),
    cash               numeric(26),
    settlements        numeric(26),
    voided_by          bigint,
    requested_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at        timestamptz,
    first_day          date        NOT NULL,
    last_day           date        NOT NULL,
    equal_rows         integer,
    centre_more        integer,
    institution_more   integer,
    differs            integer,
    not_arrived        integer,
    attempts           smallint    NOT NULL DEFAULT 0,
    includes_refunds   boolean     NOT NULL,
    is_equal           boolean,
    kind               text        NOT NULL,
    state              text        NOT NULL,
    institution        text        NOT NULL,
    settlement_office  text        NOT NULL,
    insurance_type     text        NOT NULL,
    clearing_type      text        NOT NULL,
    requested_by       text        NOT NULL,
    code               text,
    CONSTRAINT run_kind_known CHECK (kind IN ('totals', 'details')),
    CONSTRAINT run_state_known CHECK (state IN ('waiting', 'ok', 'failed', 'void')),
    CONSTRAINT run_of_details_has_upload CHECK ((kind = 'details') = (upload_id IS NOT NULL)),
    CONSTRAINT run_ok_was_compared CHECK (state <> 'ok' OR is_equal IS NOT NULL AND finished_at IS NOT NULL),
    CONSTRAINT run_failed_says_why CHECK ((state = 'failed') <= (code IS NOT NULL))
);
-- Of one scope one run stands, however many finish at once; and a new one finds the one that it voids.
CREATE UNIQUE INDEX run_stands ON reconciliation.runs
    (institution, first_day, last_day, kind, settlement_office, insurance_type, clearing_type) WHERE state = 'ok';
-- What was uploaded is compared under one scope, however often that is asked for.
CREATE UNIQUE INDEX run_of_upload ON reconciliation.runs (upload_id) WHERE upload_id IS NOT NULL;
-- The next one to be compared.
CREATE INDEX run_waiting ON reconciliation.runs (run_id) WHERE state = 'waiting';
-- The runs of an institution, newest first.
CREATE INDEX run_of_institution ON reconciliation.runs (institution, run_id);
GRANT SELECT, INSERT,
    UPDATE (medfee, fund_pay, account_pay, cash, settlements, voided_by, finished_at, equal_rows, centre_more,
            institution_more, differs, not_arrived, attempts, is_equal, state, code)
    ON reconciliation.runs TO medsettle_app;

-- A row that is not the same on both sides. The amounts are fen, NULL on the side that does not have it.
-- item: by what a later run knows it again. settlement_id: as the institution sent it, or ours where only we have it.
-- fields: which ones differ. reason: why the institution's row is not in our scope, or `not_known`.
-- first_found_at: by the first of the runs that found this item, one behind the other.
-- new, checked (a person looked at it), levelled (done with; by a person, or by the run that does not find it any more),
-- void (its run was voided and the item was found again).
CREATE TABLE reconciliation.breaks (
    run_id            bigint      NOT NULL,
    break_id          bigint      GENERATED ALWAYS AS IDENTITY,
    medfee            bigint,
    fund_pay          bigint,
    account_pay       bigint,
    their_medfee      bigint,
    their_fund_pay    bigint,
    their_account_pay bigint,
    first_found_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at        timestamptz,
    line              integer,
    gives_back        boolean     NOT NULL,
    kind              text        NOT NULL,
    state             text        NOT NULL DEFAULT 'new',
    item              text        NOT NULL,
    settlement_id     text,
    message_id        text,
    treatment_id      text,
    person_no         text        NOT NULL,
    fields            text[]      NOT NULL DEFAULT '{}',
    reason            text,
    changed_by        text,
    note              text,
    PRIMARY KEY (run_id, break_id),
    CONSTRAINT break_kind_known CHECK (kind IN ('centre_more', 'institution_more', 'differs', 'not_arrived')),
    CONSTRAINT break_state_known CHECK (state IN ('new', 'checked', 'levelled', 'void')),
    CONSTRAINT break_differs_in_fields CHECK ((kind = 'differs') = (fields <> '{}')),
    CONSTRAINT break_changed_by_someone CHECK (state IN ('new', 'void') OR changed_by IS NOT NULL),
    CONSTRAINT break_note_is_short CHECK (length(note) <= 200)
);
-- What operators have to work through, the oldest first.
CREATE INDEX break_open ON reconciliation.breaks (first_found_at, break_id) WHERE state IN ('new', 'checked');
GRANT SELECT, INSERT, UPDATE (first_found_at, changed_at, kind, state, reason, changed_by, note)
    ON reconciliation.breaks TO medsettle_app;
