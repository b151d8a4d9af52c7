-- What the national interface keeps beside the settlements themselves.

CREATE SCHEMA national;
GRANT USAGE ON SCHEMA national TO medsettle_app;

-- Visits that institutions registered (2201) or admitted (2401). treatment_id is the mdtrt_id that they were given, and
-- follows from the message that asked for it. visit_no is the institution's own number (ipt_otp_no, ipt_no).
CREATE TABLE national.visits (
    treatment_id text        PRIMARY KEY,
    institution  text        NOT NULL,
    person_no    text        NOT NULL,
    visit_no     text        NOT NULL,
    is_inpatient boolean     NOT NULL,
    opened_by    text        NOT NULL,
    opened_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_by     text,
    ended_at     timestamptz
);
-- An institution's own number is of one open visit.
CREATE UNIQUE INDEX visit_open ON national.visits (institution, visit_no, is_inpatient) WHERE ended_at IS NULL;
GRANT SELECT, INSERT, UPDATE (ended_by, ended_at) ON national.visits TO medsettle_app;

-- One number for an operator and business day (9001).
CREATE TABLE national.sign_ons (
    institution   text        NOT NULL,
    operator      text        NOT NULL,
    business_day  date        NOT NULL,
    sign_no       text        NOT NULL,
    signed_in_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    signed_out_at timestamptz,
    PRIMARY KEY (institution, operator, business_day)
);
GRANT SELECT, INSERT, UPDATE (signed_out_at) ON national.sign_ons TO medsettle_app;

-- Institutions whose requests must be signed: the 64 bytes of their SM2 key.
CREATE TABLE national.signers (
    institution text        PRIMARY KEY,
    public_key  bytea       NOT NULL CHECK (length(public_key) = 64),
    set_by      text        NOT NULL,
    set_at      timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, DELETE, UPDATE (public_key, set_by, set_at) ON national.signers TO medsettle_app;
