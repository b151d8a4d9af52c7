-- Money that the agency pays into personal accounts and takes back, and the interest that they bear.

CREATE SCHEMA funding;
GRANT USAGE ON SCHEMA funding TO medsettle_app;

-- A bulk file of contributions. Its number is its sender's and part of each line's message id, so a line takes effect
-- once however often the file comes; digest tells the same file from another one under its number. Sums in fen.
CREATE TABLE funding.contribution_files (
    file_no     text        PRIMARY KEY,
    digest      bytea       NOT NULL,
    month       date        NOT NULL,
    line_count  integer     NOT NULL,
    total       bigint      NOT NULL,
    received_by text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Set together, when every line was answered.
    settled_at    timestamptz,
    settled_count integer,
    settled_total bigint
);
GRANT SELECT, INSERT, UPDATE (settled_at, settled_count, settled_total) ON funding.contribution_files TO medsettle_app;

CREATE TABLE funding.refused_lines (
    file_no text    NOT NULL,
    line    integer NOT NULL,
    code    text    NOT NULL,
    detail  text    NOT NULL,
    PRIMARY KEY (file_no, line)
);
GRANT SELECT, INSERT ON funding.refused_lines TO medsettle_app;

-- A correction by hand: one clerk makes it, another one checks it, and only then it moves money.
CREATE TABLE funding.adjustments (
    adjustment_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_no     text        NOT NULL,
    direction     text        NOT NULL,
    amount        bigint      NOT NULL CHECK (amount > 0),
    reason        text        NOT NULL,
    maker         text        NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    state         text        NOT NULL DEFAULT 'proposed',
    checker       text,
    checked_at    timestamptz,
    CONSTRAINT adjustment_direction_known CHECK (direction IN ('credit', 'debit')),
    CONSTRAINT adjustment_state_known CHECK (state IN ('proposed', 'approved', 'rejected')),
    CONSTRAINT adjustment_is_checked_by_another CHECK (checker <> maker),
    CONSTRAINT adjustment_has_checker CHECK ((state = 'proposed') = (checker IS NULL))
);
CREATE INDEX adjustment_of_person ON funding.adjustments (person_no, adjustment_id);
GRANT SELECT, INSERT, UPDATE (state, checker, checked_at) ON funding.adjustments TO medsettle_app;

-- Interest of a year in millionths, of one part of the account, from a day on. '' stands for every other region.
CREATE TABLE funding.interest_rates (
    region         text        NOT NULL,
    part           text        NOT NULL,
    effective_from date        NOT NULL,
    millionths     integer     NOT NULL CHECK (millionths BETWEEN 0 AND 1000000),
    filed_by       text        NOT NULL,
    filed_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (region, part, effective_from),
    CONSTRAINT interest_part_known CHECK (part IN ('current', 'accumulated'))
);
GRANT SELECT, INSERT ON funding.interest_rates TO medsettle_app;
