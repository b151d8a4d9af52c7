-- Settlement files: what each bank is told of a sealed day, kept as the bytes that it pulls.

-- How a bank is told, and out of which account it pays. The last row of a bank counts for what is drawn after it; a bank
-- without one is told nothing, and its lines wait. form: of the payment file; exactly one, since two would be paid twice.
CREATE TABLE clearing.bank_terms (
    bank          text        NOT NULL,
    form          text        NOT NULL,
    encoding      text        NOT NULL,
    bank_name     text        NOT NULL,
    bank_no       text        NOT NULL,
    payer_name    text        NOT NULL,
    payer_account text        NOT NULL,
    filed_by      text        NOT NULL,
    filed_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (bank, filed_at),
    CONSTRAINT bank_form_known CHECK (form IN ('text', 'pain.001')),
    -- XML is UTF-8 here.
    CONSTRAINT bank_encoding_known CHECK (encoding = 'UTF-8' OR (encoding = 'GBK' AND form = 'text'))
);
GRANT SELECT, INSERT ON clearing.bank_terms TO medsettle_app;

-- A file is drawn, with all that its bytes are made of, and then written: whoever writes it again makes the same bytes.
-- file_id is its name. institution: of details, '' otherwise. Counts and sums, in fen, are those of its lines; of details
-- those of the transactions. A file that is written is never changed; the next version of it is another file.
CREATE TABLE clearing.files (
    file_id        text        PRIMARY KEY,
    business_day   date        NOT NULL REFERENCES clearing.seals,
    bank           text        NOT NULL,
    kind           text        NOT NULL,
    institution    text        NOT NULL DEFAULT '',
    version        smallint    NOT NULL,
    terms_filed_at timestamptz NOT NULL,
    drawn_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    credit_count   bigint      NOT NULL,
    credits        bigint      NOT NULL,
    debit_count    bigint      NOT NULL,
    debits         bigint      NOT NULL,
    written_at     timestamptz,
    size           bigint,
    sha256         bytea,
    signature      bytea,
    key_id         text,
    CONSTRAINT file_drawn_once UNIQUE (business_day, bank, kind, institution, version),
    CONSTRAINT file_kind_known CHECK (kind IN ('payment', 'detail_csv', 'detail_parquet', 'manifest')),
    CONSTRAINT file_of_terms FOREIGN KEY (bank, terms_filed_at) REFERENCES clearing.bank_terms (bank, filed_at),
    CONSTRAINT file_written_whole CHECK (
        num_nulls(written_at, size, sha256) IN (0, 3) AND num_nulls(signature, key_id) IN (0, 2)
        AND (written_at IS NOT NULL OR signature IS NULL)
    )
);
GRANT SELECT, INSERT, UPDATE (written_at, size, sha256, signature, key_id) ON clearing.files TO medsettle_app;
-- Every second the scheduler asks what is drawn and not written, which is next to nothing.
CREATE INDEX file_not_written ON clearing.files (business_day) WHERE written_at IS NULL;

-- The bytes, a mebibyte a row and the rest in the last one; they stand in the transaction that says `written_at`.
CREATE TABLE clearing.file_chunks (
    file_id  text    NOT NULL REFERENCES clearing.files,
    chunk_no integer NOT NULL,
    content  bytea   NOT NULL,
    PRIMARY KEY (file_id, chunk_no)
);
-- Written as it is: packing a mebibyte took longer than all the rest, and a part of a chunk is read without the others.
ALTER TABLE clearing.file_chunks ALTER COLUMN content SET STORAGE EXTERNAL;
GRANT SELECT, INSERT ON clearing.file_chunks TO medsettle_app;
