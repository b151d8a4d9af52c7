-- Acknowledgments: what banks say became of the lines of their files.

-- An acknowledgment is taken whole or refused whole, with the code and the reason; both are kept as they came. `returned`
-- is when the money of its failed lines was back with their institutions. Counts and sums, in signed fen, are of the
-- results that it brought, and first_count of the lines of which nothing was known before.
CREATE TABLE clearing.acknowledgments (
    ack_id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_id      text        NOT NULL REFERENCES clearing.files,
    form         text        NOT NULL,
    sha256       bytea       NOT NULL,
    content      bytea       NOT NULL,
    code         text        NOT NULL,
    reason       text        NOT NULL DEFAULT '',
    paid_count   bigint      NOT NULL DEFAULT 0,
    paid         bigint      NOT NULL DEFAULT 0,
    failed_count bigint      NOT NULL DEFAULT 0,
    failed       bigint      NOT NULL DEFAULT 0,
    first_count  bigint      NOT NULL DEFAULT 0,
    received_by  text        NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    returned_at  timestamptz,
    -- The same bytes again are the same acknowledgment.
    CONSTRAINT acknowledgment_taken_once UNIQUE (file_id, sha256),
    CONSTRAINT acknowledgment_form_known CHECK (form IN ('text', 'pain.002'))
);
GRANT SELECT, INSERT, UPDATE (returned_at) ON clearing.acknowledgments TO medsettle_app;
-- Every scheduler looks every few seconds for those that a crash left; there are none, however many were taken.
CREATE INDEX acknowledgment_unreturned ON clearing.acknowledgments (ack_id) WHERE code = 'ok' AND returned_at IS NULL;

-- Every scheduler looks every few seconds which payment files of a day wait for one, past the details of all institutions.
CREATE INDEX file_paying ON clearing.files (business_day, bank) WHERE kind = 'payment';

-- What became of a line. A line that was paid may fail later, when the money comes back to the bank; one that failed is
-- never paid, its money goes out under another line.
CREATE TABLE clearing.line_results (
    business_day date   NOT NULL,
    line_no      integer NOT NULL,
    outcome      text   NOT NULL,
    code         text   NOT NULL,
    reason       text   NOT NULL,
    ack_id       bigint NOT NULL REFERENCES clearing.acknowledgments,
    PRIMARY KEY (business_day, line_no, outcome),
    FOREIGN KEY (business_day, line_no) REFERENCES clearing.lines,
    CONSTRAINT line_outcome_known CHECK (outcome IN ('paid', 'failed'))
);
GRANT SELECT, INSERT ON clearing.line_results TO medsettle_app;
-- A seal draws again what failed, of whichever day: few of very many.
CREATE INDEX line_failed ON clearing.line_results (business_day, line_no) WHERE outcome = 'failed';

-- The line that failed, and whose money this one pays again.
ALTER TABLE clearing.lines
    ADD COLUMN reissue_of_day date,
    ADD COLUMN reissue_of_no  integer,
    ADD CONSTRAINT line_points_to_a_line FOREIGN KEY (reissue_of_day, reissue_of_no) REFERENCES clearing.lines,
    ADD CONSTRAINT line_points_back CHECK (num_nulls(reissue_of_day, reissue_of_no) IN (0, 2)
                                           AND reissue_of_day < business_day),
    ADD CONSTRAINT line_reissued_once UNIQUE (reissue_of_day, reissue_of_no);
