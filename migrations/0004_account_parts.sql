-- The two parts of a personal account, the order in which they are used, and what only some kinds of message have.

-- accumulated: what earlier years left; the rest of the balance is the current year's part.
-- part_year: the year of the current part. The first posting of a later year carries that part over before anything
-- else happens, so an account is carried over as of midnight whenever that posting comes. 0: nothing to carry yet.
-- terms: names the rules under which the account is kept (the person's region). The ledger does not read it.
ALTER TABLE ledger.accounts
    ADD COLUMN accumulated bigint NOT NULL DEFAULT 0,
    ADD COLUMN part_year smallint NOT NULL DEFAULT extract(year FROM now() AT TIME ZONE 'Asia/Shanghai'),
    ADD COLUMN terms text NOT NULL DEFAULT '',
    DROP CONSTRAINT account_kind_known,
    DROP CONSTRAINT account_state_known,
    DROP CONSTRAINT account_personal_is_kept;
ALTER TABLE ledger.accounts
    ALTER COLUMN part_year SET DEFAULT 0,
    ADD CONSTRAINT account_kind_known CHECK (kind IN ('personal', 'debit', 'institution', 'fund')),
    -- dormant: opened, and waits for the person's first card to be activated.
    ADD CONSTRAINT account_state_known CHECK (state IN ('dormant', 'normal', 'frozen', 'closed')),
    ADD CONSTRAINT account_of_holder_is_kept CHECK ((kind IN ('personal', 'debit')) = (balance IS NOT NULL)),
    ADD CONSTRAINT account_parts_never_overdrawn CHECK (accumulated >= 0 AND balance - accumulated >= 0);
GRANT UPDATE (accumulated, part_year, terms) ON ledger.accounts TO medsettle_app;

-- Carry-over moves through here, out of one part and into the other, so its balance is always 0.
INSERT INTO ledger.accounts (account_id, balance, bucket, kind, owner)
VALUES (2, NULL, 0, 'fund', 'year-end carry-over');

-- accumulated: the movement left or entered the accumulated part of the personal account on its one side.
ALTER TABLE ledger.transfers ADD COLUMN accumulated boolean NOT NULL DEFAULT false;

-- accumulated_paid: how much of account_paid came out of the accumulated part.
-- particulars: JSON of what only some kinds have, of the message and of its outcome.
ALTER TABLE settlement.settlements
    ADD COLUMN accumulated_paid bigint NOT NULL DEFAULT 0,
    ADD COLUMN particulars text,
    ADD CONSTRAINT settlement_accumulated_is_of_account CHECK (accumulated_paid BETWEEN 0 AND account_paid);

-- The rules of a region, by the time from which they hold. Filed a minute ahead at least, so that every process, which
-- reads them twice a minute, knows a rule before it holds. '' is the region of all for whom no other rule is filed.
CREATE TABLE settlement.region_rules (
    region                text        NOT NULL,
    effective_from        timestamptz NOT NULL,
    use_accumulated_first boolean     NOT NULL,
    filed_by              text        NOT NULL,
    filed_at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (region, effective_from),
    CONSTRAINT region_rule_is_filed_ahead CHECK (effective_from >= filed_at + interval '1 minute')
);
INSERT INTO settlement.region_rules (region, effective_from, use_accumulated_first, filed_by, filed_at)
VALUES ('', '1970-01-02Z', false, 'first release', '1970-01-01Z');
GRANT SELECT, INSERT ON settlement.region_rules TO medsettle_app;
