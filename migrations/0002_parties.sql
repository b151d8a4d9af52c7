-- Who takes part: institutions that are paid, persons who pay, cards they pay with.

CREATE SCHEMA parties;
GRANT USAGE ON SCHEMA parties TO medsettle_app;

CREATE TABLE parties.institutions (
    institution     text   PRIMARY KEY,
    account_id      bigint NOT NULL,
    kind            text   NOT NULL,
    state           text   NOT NULL DEFAULT 'active',
    bank            text   NOT NULL,
    name            text   NOT NULL,
    CONSTRAINT institution_kind_known CHECK (kind IN ('hospital', 'pharmacy')),
    CONSTRAINT institution_state_known CHECK (state IN ('active', 'blocked'))
);
GRANT SELECT, INSERT ON parties.institutions TO medsettle_app;
GRANT UPDATE (state, bank, name) ON parties.institutions TO medsettle_app;

-- A person's account is the ledger's account of kind personal whose owner is person_no.
CREATE TABLE parties.persons (
    person_no text     PRIMARY KEY,
    bucket    smallint NOT NULL
);
GRANT SELECT, INSERT ON parties.persons TO medsettle_app;

CREATE TABLE parties.cards (
    card_no   text PRIMARY KEY,
    person_no text NOT NULL,
    card_sn   text NOT NULL,
    state     text NOT NULL,
    valid_to  date NOT NULL,
    CONSTRAINT card_state_known CHECK (
        state IN ('issued', 'active', 'temp_lost', 'lost', 'pin_locked', 'replaced', 'cancelled', 'expired')
    )
);
GRANT SELECT, INSERT ON parties.cards TO medsettle_app;
GRANT UPDATE (state, valid_to) ON parties.cards TO medsettle_app;
