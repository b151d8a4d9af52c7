-- Dead letters: what no sender could be answered about, and what operators did about it (docs/adr/0031).

-- One row a record of Kafka that could not be settled, written before the offset behind it is committed. topic, partition
-- and record_offset: where it stood. sent_at: its own time, NULL where it had none. institution and message_id: as it
-- names them, proven or not. value_bytes: as it came. is_whole: nothing was cut off to keep it.
-- content: key, value and headers, sealed under key_id; NULL where the worker had no key of personal data.
-- record_key: a keyed digest of place, time and bytes: a record that is read again after a crash is one letter, and one
-- that stands at the same place of a topic that was made anew is another.
-- replay_of: the letter that was replayed and came back as this one.
CREATE TABLE settlement.dead_letters (
    letter_no     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_key    bytea       NOT NULL,
    topic         text        NOT NULL,
    partition     integer     NOT NULL,
    record_offset bigint      NOT NULL,
    sent_at       timestamptz,
    failed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    code          text        NOT NULL,
    detail        text        NOT NULL,
    institution   text,
    message_id    text,
    value_bytes   integer     NOT NULL,
    is_whole      boolean     NOT NULL,
    key_id        smallint,
    content       bytea,
    replay_of     bigint      REFERENCES settlement.dead_letters,
    state         text        NOT NULL DEFAULT 'open',
    CONSTRAINT dead_letter_kept_once UNIQUE (record_key),
    CONSTRAINT dead_letter_state_known CHECK (state IN ('open', 'replayed', 'discarded')),
    CONSTRAINT dead_letter_sealed CHECK (num_nulls(key_id, content) IN (0, 2))
);
-- What is to be done is looked at all day, and is little beside what was done.
CREATE INDEX dead_letter_open ON settlement.dead_letters (letter_no) WHERE state = 'open';
-- What became of a replay.
CREATE INDEX dead_letter_replay ON settlement.dead_letters (replay_of) WHERE replay_of IS NOT NULL;
-- Rotation looks for what stands under an older key.
CREATE INDEX dead_letter_of_key ON settlement.dead_letters (key_id, letter_no) WHERE key_id IS NOT NULL;
GRANT SELECT, INSERT, UPDATE (state, key_id, content) ON settlement.dead_letters TO medsettle_app;

-- Who did what about a letter, and why. Rows are never changed. place: partition/offset at which a replay was sent.
CREATE TABLE settlement.dead_letter_acts (
    act_no    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    letter_no bigint      NOT NULL REFERENCES settlement.dead_letters,
    act       text        NOT NULL,
    operator  text        NOT NULL,
    reason    text        NOT NULL,
    place     text,
    acted_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT dead_letter_act_known CHECK (act IN ('replayed', 'discarded')),
    CONSTRAINT dead_letter_discarded_for_a_reason CHECK (act <> 'discarded' OR reason <> '')
);
-- The history of a letter.
CREATE INDEX dead_letter_acts_of_letter ON settlement.dead_letter_acts (letter_no);
GRANT SELECT, INSERT ON settlement.dead_letter_acts TO medsettle_app;
