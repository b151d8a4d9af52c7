-- The ledger: accounts, transfers between them, and the journal of batches that chains every posting.
-- It knows nothing of cards or hospitals. Money is integer fen throughout.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'medsettle_app') THEN
        CREATE ROLE medsettle_app NOLOGIN;
    END IF;
EXCEPTION
    -- Roles belong to the server, not to the database: another database's migration may run beside this one.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

CREATE SCHEMA ledger;
GRANT USAGE ON SCHEMA ledger TO medsettle_app;

CREATE SEQUENCE ledger.account_ids START 1000;
GRANT USAGE ON SEQUENCE ledger.account_ids TO medsettle_app;

-- balance: NULL marks a derived account (an institution's payable, the fund). Many batches credit it at once, so
-- it keeps no running sum: its balance is the sum of its transfers, and no two batches wait for each other on it.
-- last_entry counts the transfers of a kept account without a gap; each transfer carries its number.
CREATE TABLE ledger.accounts (
    account_id  bigint   NOT NULL,
    balance     bigint,
    held        bigint   NOT NULL DEFAULT 0,
    last_entry  integer  NOT NULL DEFAULT 0,
    bucket      smallint NOT NULL,
    kind        text     NOT NULL,
    state       text     NOT NULL DEFAULT 'normal',
    owner       text     NOT NULL,
    PRIMARY KEY (account_id, bucket),
    CONSTRAINT account_never_overdrawn CHECK (balance - held >= 0),
    CONSTRAINT account_held_not_negative CHECK (held >= 0),
    CONSTRAINT account_kind_known CHECK (kind IN ('personal', 'institution', 'fund')),
    CONSTRAINT account_state_known CHECK (state IN ('normal', 'frozen', 'closed')),
    CONSTRAINT account_personal_is_kept CHECK ((kind = 'personal') = (balance IS NOT NULL)),
    CONSTRAINT account_bucket_in_range CHECK (bucket BETWEEN 0 AND 255)
) WITH (fillfactor = 70);  -- room for HOT updates: a posting changes no indexed column
-- A posting finds and locks its accounts by owner: one look-up, where a table of owners would take two.
CREATE UNIQUE INDEX account_of_owner ON ledger.accounts (owner, kind, bucket);
GRANT SELECT, INSERT ON ledger.accounts TO medsettle_app;
GRANT UPDATE (balance, held, last_entry, state) ON ledger.accounts TO medsettle_app;

-- Opening money comes out of here; its derived balance is minus what all people and institutions hold.
INSERT INTO ledger.accounts (account_id, balance, bucket, kind, owner)
VALUES (1, NULL, 0, 'fund', 'medical insurance fund');

-- One row is one movement: the same amount out of one account and into another, so it is double entry by construction.
-- (batch_id, position) is the settlement that caused it, leg its number within that settlement.
-- Entry numbers and balances are kept for kept accounts only and NULL for derived ones.
CREATE TABLE ledger.transfers (
    batch_id             bigint   NOT NULL,
    debit_account        bigint   NOT NULL,
    credit_account       bigint   NOT NULL,
    amount               bigint   NOT NULL,
    debit_balance_after  bigint,
    credit_balance_after bigint,
    debit_entry          integer,
    credit_entry         integer,
    business_day         date     NOT NULL,
    position             smallint NOT NULL,
    leg                  smallint NOT NULL,
    bucket               smallint NOT NULL,
    -- Finds the transfers of a settlement; batch ids rise, so inserts stay at a few right edges of the tree.
    PRIMARY KEY (batch_id, business_day, position, leg, bucket),
    CONSTRAINT transfer_amount_positive CHECK (amount > 0),
    CONSTRAINT transfer_between_two_accounts CHECK (debit_account <> credit_account)
) PARTITION BY RANGE (business_day);
-- History of an account, whichever side it stood on. Partial: derived accounts cost nothing here.
CREATE UNIQUE INDEX transfer_debit_entry ON ledger.transfers (debit_account, debit_entry, business_day, bucket)
    WHERE debit_entry IS NOT NULL;
CREATE UNIQUE INDEX transfer_credit_entry ON ledger.transfers (credit_account, credit_entry, business_day, bucket)
    WHERE credit_entry IS NOT NULL;
GRANT SELECT, INSERT ON ledger.transfers TO medsettle_app;

-- The journal. Every posting transaction is one batch; batches form one hash chain a lane, and a transaction takes
-- any lane that no other one holds, so chains never make writers wait. batch_id = height * 1024 + lane.
CREATE TABLE ledger.lanes (
    lane       smallint PRIMARY KEY,
    height     bigint   NOT NULL DEFAULT 0,
    chain_hash bytea    NOT NULL
);
INSERT INTO ledger.lanes (lane, chain_hash)
SELECT lane, pg_catalog.sha256(pg_catalog.convert_to('medsettle lane ' || lane, 'UTF8'))
FROM pg_catalog.generate_series(0, 255) AS lane;
GRANT SELECT ON ledger.lanes TO medsettle_app;
GRANT UPDATE (height, chain_hash) ON ledger.lanes TO medsettle_app;

-- leaf_marks: the first four bytes of each row's hash, by which `verify` names the row and not only the batch.
-- published_at: when the batch's outcomes were acknowledged by the outcome topic. NULL is work for the sweeper.
CREATE TABLE ledger.batches (
    batch_id     bigint      PRIMARY KEY,
    business_day date        NOT NULL,
    size         smallint    NOT NULL,
    settled_at   timestamptz NOT NULL,
    tree_root    bytea       NOT NULL,
    leaf_marks   bytea       NOT NULL,
    chain_hash   bytea       NOT NULL,
    published_at timestamptz,
    CONSTRAINT batch_not_empty CHECK (size > 0)
);
-- The sweeper looks for these every second; the index holds only what is not yet published.
CREATE INDEX batch_unpublished ON ledger.batches (settled_at) WHERE published_at IS NULL;
GRANT SELECT, INSERT ON ledger.batches TO medsettle_app;
GRANT UPDATE (published_at) ON ledger.batches TO medsettle_app;
