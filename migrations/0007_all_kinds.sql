-- Holds, what was returned of a settlement, reversals that came before their originals, and more rules of regions.
-- All of it is small beside the settlements: plain payments touch none of these tables.

-- A settlement that succeeded bears `held` or `reversed` where it moved no money or moved it back.
ALTER TABLE settlement.settlements
    DROP CONSTRAINT settlement_parts_sum_to_amount,
    ADD CONSTRAINT settlement_parts_sum_to_amount CHECK (
        status NOT IN ('settled', 'held')
        OR kind NOT IN ('payment', 'authorization', 'capture', 'refund', 'deposit', 'withdrawal', 'transfer', 'purchase')
        OR amount = 0 AND kind IN ('capture', 'refund')  -- the sender left the amount to us
        OR account_paid + mutual_aid_paid + debit_paid + cash_due = amount
    );

-- A hold of an authorization, whose message key it bears. held: fen that count against the balance now; what all open
-- holds of an account hold is the account's `held`. Once expires_at is reached a hold counts no more, swept or not.
CREATE TABLE settlement.holds (
    message_key bytea       PRIMARY KEY,
    account_id  bigint      NOT NULL,
    amount      bigint      NOT NULL,
    held        bigint      NOT NULL,
    expires_at  timestamptz NOT NULL,
    bucket      smallint    NOT NULL,
    state       text        NOT NULL,
    CONSTRAINT hold_state_known CHECK (state IN ('open', 'captured', 'voided', 'expired', 'reversed')),
    CONSTRAINT hold_never_exceeded CHECK (held BETWEEN 0 AND amount),
    CONSTRAINT hold_closed_holds_nothing CHECK (state = 'open' OR held = 0)
);
-- The sweeper looks for the next one to expire, a posting for those of its accounts that are due.
CREATE INDEX hold_open_until ON settlement.holds (expires_at) WHERE state = 'open';
CREATE INDEX hold_open_of_account ON settlement.holds (account_id, expires_at) WHERE state = 'open';
GRANT SELECT, INSERT, UPDATE (held, state) ON settlement.holds TO medsettle_app;

-- Every change of what a hold holds, when it happened; of an expiry that is expires_at, whenever it was swept.
CREATE TABLE settlement.hold_entries (
    entry_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_key bytea       NOT NULL,
    account_id  bigint      NOT NULL,
    change      bigint      NOT NULL,
    happened_at timestamptz NOT NULL
);
-- What an account held as of a time.
CREATE INDEX hold_entry_of_account ON settlement.hold_entries (account_id, happened_at);
GRANT SELECT, INSERT ON settlement.hold_entries TO medsettle_app;

-- How much of a settlement went back again, by refunds or by its reversal. by_part: fen of each of its transfers in the
-- order of their legs, carry-over left aside, and of its cash at the end.
CREATE TABLE settlement.returns (
    message_key bytea    PRIMARY KEY,
    amount      bigint   NOT NULL,
    returned    bigint   NOT NULL,
    by_part     bigint[] NOT NULL,
    is_reversed boolean  NOT NULL,
    CONSTRAINT return_never_exceeds_original CHECK (returned BETWEEN 0 AND amount)
);
GRANT SELECT, INSERT, UPDATE (returned, by_part, is_reversed) ON settlement.returns TO medsettle_app;

-- A reversal that came before its original takes the original's message key (settlement.message_keys leads to the
-- reversal) and stands here. When the original comes it is recorded as declined, and found from here.
CREATE TABLE settlement.tombstones (
    message_key       bytea PRIMARY KEY,
    late_batch_id     bigint,
    late_business_day date,
    late_position     smallint
);
GRANT SELECT, INSERT, UPDATE (late_batch_id, late_business_day, late_position)
    ON settlement.tombstones TO medsettle_app;

-- What a person paid of account money at pharmacies on a business day, where their region caps it.
CREATE TABLE settlement.pharmacy_days (
    account_id   bigint   NOT NULL,
    business_day date     NOT NULL,
    paid         bigint   NOT NULL CHECK (paid >= 0),
    payments     integer  NOT NULL CHECK (payments >= 0),
    PRIMARY KEY (account_id, business_day)
);
GRANT SELECT, INSERT, UPDATE (paid, payments) ON settlement.pharmacy_days TO medsettle_app;

-- med_types: those for which the account may pay, NULL for all. pharmacy_daily_*: the most account money and the most
-- payments with account money of one person at pharmacies on one business day, NULL for no cap.
-- refund_days: business days after the original's within which it may be refunded, NULL for ever.
ALTER TABLE settlement.region_rules
    ADD COLUMN med_types text[],
    ADD COLUMN pharmacy_daily_fen bigint CHECK (pharmacy_daily_fen >= 0),
    ADD COLUMN pharmacy_daily_payments integer CHECK (pharmacy_daily_payments >= 0),
    ADD COLUMN suspended_may_spend boolean NOT NULL DEFAULT true,
    ADD COLUMN mutual_aid boolean NOT NULL DEFAULT true,
    ADD COLUMN partial_refunds boolean NOT NULL DEFAULT true,
    ADD COLUMN refund_days integer CHECK (refund_days >= 0);
