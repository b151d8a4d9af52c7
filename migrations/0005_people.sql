-- People as the social security card records them, the card's states, and who may pay for whom.
-- Columns that hold citizen numbers, names or notes on health are AES-GCM, `key_id` telling the key.

-- citizen_index: keyed hash of the citizen number, by which a person is found; one citizen number, one person.
-- All five are NULL for a person of whom only the number is known.
ALTER TABLE parties.persons
    ADD COLUMN key_id smallint,
    ADD COLUMN citizen_index bytea,
    ADD COLUMN citizen_no bytea,
    ADD COLUMN name bytea,
    ADD COLUMN gender text,
    ADD COLUMN personal_status text,
    ADD COLUMN region text NOT NULL DEFAULT '',
    ADD COLUMN registered_at timestamptz NOT NULL DEFAULT now(),
    ADD CONSTRAINT person_identity_is_whole
        CHECK (num_nulls(key_id, citizen_index, citizen_no, name, gender) IN (0, 5)),
    ADD CONSTRAINT person_gender_known CHECK (gender IN ('male', 'female')),
    ADD CONSTRAINT person_status_known CHECK (personal_status IN ('employed', 'unemployed', 'retired'));
CREATE UNIQUE INDEX person_of_citizen_no ON parties.persons (citizen_index);
-- Key rotation looks for what is still under an older key.
CREATE INDEX person_by_key ON parties.persons (key_id, person_no) WHERE key_id IS NOT NULL;
GRANT UPDATE (key_id, citizen_index, citizen_no, name, gender, personal_status, region)
    ON parties.persons TO medsettle_app;

-- The five insurances of Article 2 of the Social Insurance Law. suspended: payments paused; ended: the relation is over.
CREATE TABLE parties.insurances (
    person_no text NOT NULL,
    insurance text NOT NULL,
    state     text NOT NULL,
    since     date NOT NULL,
    until     date,
    PRIMARY KEY (person_no, insurance),
    CONSTRAINT insurance_known
        CHECK (insurance IN ('pension', 'medical', 'work_injury', 'unemployment', 'maternity')),
    CONSTRAINT insurance_state_known CHECK (state IN ('normal', 'suspended', 'ended')),
    CONSTRAINT insurance_ends_after_start CHECK (until >= since)
);
GRANT SELECT, INSERT, UPDATE ON parties.insurances TO medsettle_app;

-- Amounts in fen. `month` is the first day of the month that was paid for.
CREATE TABLE parties.insurance_payments (
    person_no     text   NOT NULL,
    insurance     text   NOT NULL,
    month         date   NOT NULL,
    wage_base     bigint NOT NULL CHECK (wage_base >= 0),
    person_paid   bigint NOT NULL CHECK (person_paid >= 0),
    employer_paid bigint NOT NULL CHECK (employer_paid >= 0),
    PRIMARY KEY (person_no, insurance, month),
    CONSTRAINT insurance_payment_known
        CHECK (insurance IN ('pension', 'medical', 'work_injury', 'unemployment', 'maternity')),
    CONSTRAINT insurance_payment_month_starts CHECK (extract(day FROM month) = 1)
);
GRANT SELECT, INSERT ON parties.insurance_payments TO medsettle_app;

CREATE TABLE parties.qualifications (
    person_no      text NOT NULL,
    certificate_no text NOT NULL,
    title          text NOT NULL,
    level          text NOT NULL,
    issued_on      date NOT NULL,
    PRIMARY KEY (person_no, certificate_no)
);
GRANT SELECT, INSERT ON parties.qualifications TO medsettle_app;

-- grade: 1 (worst) to 10, once the labour ability appraisal has given one.
CREATE TABLE parties.work_injuries (
    person_no   text     NOT NULL,
    record_no   text     NOT NULL,
    kind        text     NOT NULL CHECK (kind IN ('injury', 'occupational_disease')),
    happened_on date     NOT NULL,
    grade       smallint CHECK (grade BETWEEN 1 AND 10),
    key_id      smallint NOT NULL,
    note        bytea    NOT NULL,
    PRIMARY KEY (person_no, record_no)
);
CREATE INDEX work_injury_by_key ON parties.work_injuries (key_id, person_no);
GRANT SELECT, INSERT, UPDATE (key_id, note, grade) ON parties.work_injuries TO medsettle_app;

-- The pension personal account is kept elsewhere; this is its last known figure, in fen, for information.
CREATE TABLE parties.pension_accounts (
    person_no text   PRIMARY KEY,
    balance   bigint NOT NULL CHECK (balance >= 0),
    as_of     date   NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON parties.pension_accounts TO medsettle_app;

-- kind medical: the old medical card, which has no applications and is retired at the pharmacy (activation channel c).
-- activated_at: when the social security application was switched on. The debit application is switched apart.
-- state_before_loss: what a recovery restores.
ALTER TABLE parties.cards
    ADD COLUMN kind text NOT NULL DEFAULT 'social_security',
    ADD COLUMN medium text NOT NULL DEFAULT 'contact',
    ADD COLUMN bank text NOT NULL DEFAULT '',
    ADD COLUMN issued_on date,
    ADD COLUMN activated_at timestamptz,
    ADD COLUMN activation_channel text,
    ADD COLUMN debit_application text NOT NULL DEFAULT 'off',
    ADD COLUMN state_before_loss text,
    ADD COLUMN replaced_by text,
    ADD CONSTRAINT card_kind_known CHECK (kind IN ('social_security', 'medical')),
    ADD CONSTRAINT card_medium_known CHECK (medium IN ('contact', 'dual_interface', 'chip_and_stripe')),
    ADD CONSTRAINT card_activation_channel_known CHECK (activation_channel IN ('bank', 'hospital', 'pharmacy')),
    ADD CONSTRAINT card_debit_application_known CHECK (debit_application IN ('off', 'on', 'closed')),
    ADD CONSTRAINT card_debit_application_needs_chip CHECK (kind = 'social_security' OR debit_application = 'off');
CREATE INDEX card_of_person ON parties.cards (person_no);
GRANT UPDATE (activated_at, activation_channel, debit_application, state_before_loss, replaced_by)
    ON parties.cards TO medsettle_app;

-- What happened to cards and to the state of accounts; rows are never changed.
-- actor: the clerk, or the institution whose message did it. place: the bank or institution. reference: a document,
-- or the settlement that did it.
CREATE TABLE parties.card_events (
    event_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    card_no     text        NOT NULL,
    person_no   text        NOT NULL,
    event       text        NOT NULL,
    from_state  text        NOT NULL,
    to_state    text        NOT NULL,
    place       text        NOT NULL,
    actor       text        NOT NULL,
    reference   text        NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX card_event_of_card ON parties.card_events (card_no, event_id);
GRANT SELECT, INSERT ON parties.card_events TO medsettle_app;

CREATE TABLE parties.account_events (
    event_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_no   text        NOT NULL,
    event       text        NOT NULL,
    from_state  text        NOT NULL,
    to_state    text        NOT NULL,
    actor       text        NOT NULL,
    reason      text        NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX account_event_of_person ON parties.account_events (person_no, event_id);
GRANT SELECT, INSERT ON parties.account_events TO medsettle_app;

-- Who lets whom pay out of their account. A beneficiary's grants are used by place, then by grant_id.
CREATE TABLE parties.mutual_aid_grants (
    grant_id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    beneficiary   text        NOT NULL,
    granter       text        NOT NULL,
    relation      text        NOT NULL,
    place         smallint    NOT NULL,
    authorised_by text        NOT NULL,
    authorised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_by      text,
    ended_at      timestamptz,
    CONSTRAINT grant_relation_known CHECK (
        relation IN ('spouse', 'parent', 'child', 'sibling', 'grandparent', 'grandchild')
    ),
    CONSTRAINT grant_is_to_another CHECK (beneficiary <> granter)
);
-- A payment looks up the beneficiary's open grants; two of one granter would pay twice as much as was granted.
CREATE UNIQUE INDEX grant_open ON parties.mutual_aid_grants (beneficiary, granter) WHERE ended_at IS NULL;
CREATE INDEX grant_of_granter ON parties.mutual_aid_grants (granter);
GRANT SELECT, INSERT, UPDATE (place, ended_by, ended_at) ON parties.mutual_aid_grants TO medsettle_app;

-- Who asked what of a person by their card, and what was answered; the holder may see it.
CREATE TABLE parties.card_verifications (
    verification_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_no       text        NOT NULL,
    card_no         text        NOT NULL,
    service         text        NOT NULL,
    asked_by        text        NOT NULL,
    reason          text        NOT NULL,
    identified      boolean     NOT NULL,
    code            text        NOT NULL,
    entitled        boolean     NOT NULL,
    asked_at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX card_verification_of_person ON parties.card_verifications (person_no, verification_id);
GRANT SELECT, INSERT ON parties.card_verifications TO medsettle_app;

-- What was changed of a person and by whom: the names of the fields, never what stands in them.
CREATE TABLE parties.person_events (
    event_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_no   text        NOT NULL,
    event       text        NOT NULL,
    fields      text        NOT NULL,
    actor       text        NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX person_event_of_person ON parties.person_events (person_no, event_id);
GRANT SELECT, INSERT ON parties.person_events TO medsettle_app;
