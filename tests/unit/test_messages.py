"""Bytes → Message or Malformed, and never an exception, whatever the bytes."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson
import pytest
from app.codes import Code
from app.settlement.decoding import METADATA_BYTES_MAX, decode, read_fields
from app.settlement.json_objects import RepeatedKey, parse
from app.settlement.messages import AMOUNT_MAX, Card, Malformed, Message, NamedCard, message_key
from hypothesis import example, given
from hypothesis import strategies as st
from tests.builders import AGENCY, HOSPITAL, payment, payment_json


def raw(field: str, json_text: str) -> bytes:
    """A payment in which one field is exactly this text, valid JSON or not."""
    return payment_json(**{field: "@@"}).replace(b'"@@"', json_text.encode())


def understood(value: bytes) -> Message:
    decoded = decode(value)
    assert isinstance(decoded, Message), decoded
    return decoded


def refused(value: bytes) -> Malformed:
    decoded = decode(value)
    assert isinstance(decoded, Malformed), decoded
    return decoded


# What is read


def test_a_payment_is_read_whole() -> None:
    value = payment_json(
        message_id="M-1",
        person_no="99000000000001",
        card={"cert_type": "03", "card_no": "Z00000001", "card_sn": "SN1"},
        med_type="11",
        amount=10_500,
        short_balance="decline",
        use_mutual_aid=False,
        use_debit=True,
        occurred_at="2026-11-22T10:30:00+08:00",
        metadata={"till": 7},
    )
    assert understood(value) == Message(
        HOSPITAL, "M-1", "payment", "99000000000001", 10_500, Card("03", "Z00000001", "SN1"), "11",
        "decline", False, True, datetime(2026, 11, 22, 2, 30, tzinfo=UTC), {"till": 7},
    )  # fmt: skip


def test_what_is_not_said_has_the_defaults_of_the_contract() -> None:
    message = understood(payment_json())
    assert (message.short_balance, message.use_mutual_aid, message.use_debit) == ("split", True, False)
    assert (message.med_type, message.occurred_at, message.metadata) == (None, None, None)


def test_unknown_fields_are_ignored() -> None:
    value = payment_json(message_id="M1", new_field={"a": [1, {"b": None}]}, Amount=5)
    assert understood(value) == understood(payment_json(message_id="M1"))


@pytest.mark.parametrize("cert_type", ["01", "02"])
def test_a_token_or_citizen_number_is_dropped(cert_type: str) -> None:
    value = payment_json(card={"cert_type": cert_type, "card_no": "110101199003078515", "card_sn": "S1"})
    assert understood(value).card == Card(cert_type)  # type: ignore[arg-type]


@pytest.mark.parametrize("blank", [b"", b" ", b"\n", b"\r\n\t "])
def test_blanks_around_the_object_are_allowed(blank: bytes) -> None:
    understood(blank + payment_json() + blank)


@pytest.mark.parametrize("amount", [1, 2**53 + 1, AMOUNT_MAX])
def test_amounts_are_exact(amount: int) -> None:
    assert understood(payment_json(amount=amount)).amount == amount


def test_text_outside_ascii_comes_back_in_metadata() -> None:
    metadata = {"药": "阿司匹林 🏥", "nul": "\x00", "quote": '"\\'}
    assert understood(payment_json(metadata=metadata)).metadata == metadata


# What cannot be read at all


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b" ",
        b"null",
        b"true",
        b"17",
        b'"text"',
        b"[]",
        b"[{}]",
        b"{",
        b"{}}",
        b"{'institution': 1}",
        b"{,}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e400}',
        b'{"a":01}',
        b'{"a":"\xff\xfe"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\udc00\\ud800"}',
        b'{"a":"\x00"}',
        b'{"a":"\n"}',
        b"\x00",
        b"\x1f\x8b\x08\x00",
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_json_object_is_a_dead_letter(value: bytes) -> None:
    malformed = refused(value)
    assert malformed.code is Code.INVALID_JSON
    assert not malformed.answerable


def test_a_byte_order_mark_is_no_json() -> None:
    assert refused(b"\xef\xbb\xbf" + payment_json()).code is Code.INVALID_JSON


def test_every_truncation_is_a_dead_letter() -> None:
    value = payment_json(metadata={"a": [1, "b"]}, occurred_at="2026-11-22T10:30:00+08:00")
    for length in range(len(value)):
        assert refused(value[:length]).code is Code.INVALID_JSON


def test_bytes_behind_the_object_are_refused() -> None:
    for tail in (b"\x00", b"{}", b",", payment_json()):
        assert refused(payment_json() + tail).code is Code.INVALID_JSON


# Fields


@pytest.mark.parametrize(
    "amount",
    [
        "-1",
        "0",
        "-0",
        "1.0",
        "1.5",
        "1e3",
        "1E3",
        "0.0",
        "10000000000000000",  # 10^16
        "9223372036854775807",
        "9223372036854775808",  # 2^63
        "18446744073709551615",
        "18446744073709551616",  # 2^64
        "-9223372036854775809",
        "1" * 300,
        '"1000"',
        '"一千"',
        "true",
        "false",
        "null",
        "[1000]",
        '{"fen":1000}',
    ],
)
def test_an_amount_that_is_no_whole_number_of_fen_is_refused(amount: str) -> None:
    malformed = refused(raw("amount", amount))
    assert (malformed.code, malformed.pointer) == (Code.INVALID_AMOUNT, "/amount")
    assert malformed.answerable


@pytest.mark.parametrize("field", ["amount", "kind", "person_no"])
def test_a_missing_field_is_named(field: str) -> None:
    malformed = refused(payment_json(**{field: None}))
    assert malformed.pointer == f"/{field}"
    assert malformed.answerable


@pytest.mark.parametrize("field", ["institution", "message_id"])
@pytest.mark.parametrize(
    "text", ["null", "7", "true", "[]", "{}", '""', '"a b"', '"é"', '"a\\u0000b"', '"a|b"', '"a~b"']
)
def test_without_its_key_a_message_cannot_be_answered(field: str, text: str) -> None:
    malformed = refused(raw(field, text))
    assert malformed.code is Code.MESSAGE_KEY_MISSING
    assert not malformed.answerable
    assert (malformed.institution, malformed.message_id, malformed.person_no) == (None, None, None)


@pytest.mark.parametrize("field", ["institution", "message_id"])
def test_a_missing_key_cannot_be_answered(field: str) -> None:
    assert refused(payment_json(**{field: None})).code is Code.MESSAGE_KEY_MISSING


@pytest.mark.parametrize("institution", ["H0000000000", "H000000000012", "H0000000000-", "Ｈ00000000001"])
def test_an_institution_has_twelve_letters_or_digits(institution: str) -> None:
    assert refused(payment_json(institution=institution)).code is Code.MESSAGE_KEY_MISSING


@pytest.mark.parametrize(
    ("field", "length_max"), [("message_id", 30), ("person_no", 30), ("card_no", 50), ("card_sn", 32), ("med_type", 6)]
)
def test_texts_have_a_longest_length(field: str, length_max: int) -> None:
    def value(length: int) -> bytes:
        text = "1" * length
        if field.startswith("card_"):
            return payment_json(card={"cert_type": "03", "card_no": "Z1", field: text})
        return payment_json(**{field: text})

    understood(value(length_max))
    refused(value(length_max + 1))


@pytest.mark.parametrize(
    ("field", "good"), [("institution", HOSPITAL), ("message_id", "M1"), ("person_no", "P1"), ("med_type", "11")]
)
@pytest.mark.parametrize("tail", ["\n", "\r\n", " ", "\x00", "\u2028"])
def test_an_id_with_a_line_feed_or_blank_behind_it_is_refused(field: str, good: str, tail: str) -> None:
    understood(payment_json(**{field: good}))
    refused(payment_json(**{field: good + tail}))


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("person_no", "7"),
        ("person_no", '""'),
        ("med_type", '"1"'),
        ("med_type", '"1１"'),
        ("med_type", "11"),
        ("short_balance", '"maybe"'),
        ("short_balance", "null"),
        ("use_mutual_aid", "1"),
        ("use_mutual_aid", '"true"'),
        ("use_debit", "null"),
        ("occurred_at", '"2026-11-22T10:30:00"'),
        ("occurred_at", '"2026-11-22"'),
        ("occurred_at", '"2026-02-30T10:30:00Z"'),
        ("occurred_at", '"2026-11-22T25:30:00Z"'),
        ("occurred_at", '"2026-11-22T10:30:00+25:00"'),
        ("occurred_at", "1795314600"),
        ("occurred_at", '"now"'),
        ("card", '"03"'),
        ("card", "[]"),
        ("metadata", "[]"),
        ("metadata", '"text"'),
        ("metadata", "1"),
    ],
)
def test_a_wrong_type_or_value_is_an_invalid_field(field: str, text: str) -> None:
    malformed = refused(raw(field, text))
    assert (malformed.code, malformed.pointer) == (Code.INVALID_FIELD, f"/{field}")
    assert malformed.answerable


@pytest.mark.parametrize("kind", ["nonsense", "Payment", "", "loan"])
def test_an_unknown_kind_is_refused(kind: str) -> None:
    malformed = refused(payment_json(kind=kind))
    assert (malformed.code, malformed.pointer) == (Code.KIND_UNKNOWN, "/kind")


@pytest.mark.parametrize(
    "kind", ["contribution", "retiree_credit", "claw_back", "adjustment", "carry_over", "interest"]
)
def test_an_institution_may_not_send_what_is_the_agencys(kind: str) -> None:
    malformed = refused(payment_json(kind=kind, card=None))
    assert (malformed.code, malformed.pointer) == (Code.KIND_UNKNOWN, "/kind")


def registration_json(**overrides: Any) -> bytes:
    return payment_json(**{"kind": "registration", "amount": None, "visit": "outpatient", **overrides})


def test_a_registration_is_read_whole() -> None:
    message = understood(registration_json(card={"cert_type": "03", "card_no": "Z1", "card_sn": "SN1"}))
    assert (message.kind, message.visit, message.amount, message.old_card) == ("registration", "outpatient", 0, None)


def test_the_old_card_at_a_pharmacy_is_read() -> None:
    message = understood(payment_json(old_card={"card_no": "OLD1", "card_sn": "SN0"}))
    assert message.old_card == NamedCard("OLD1", "SN0")


@pytest.mark.parametrize(
    ("overrides", "code", "pointer"),
    [
        ({"visit": None}, Code.INVALID_FIELD, "/visit"),
        ({"visit": "daytime"}, Code.INVALID_FIELD, "/visit"),
        ({"old_card": {"card_no": "OLD1"}}, Code.INVALID_FIELD, "/old_card"),
        ({"visit": None, "old_card": {}}, Code.INVALID_FIELD, "/old_card/card_no"),
        ({"visit": None, "old_card": {"card_no": "OLD 1"}}, Code.INVALID_FIELD, "/old_card/card_no"),
        ({"visit": None, "old_card": {"card_no": "OLD1", "card_sn": "a|b"}}, Code.INVALID_FIELD, "/old_card/card_sn"),
        ({"amount": 1}, Code.INVALID_AMOUNT, "/amount"),
        ({"amount": 0}, Code.INVALID_AMOUNT, "/amount"),
        ({"card": None}, Code.CARD_MISSING, "/card"),
        ({"direction": "credit"}, Code.INVALID_FIELD, "/direction"),
    ],
    ids=str,
)
def test_a_registration_that_is_not_one_is_refused(overrides: dict[str, Any], code: Code, pointer: str) -> None:
    malformed = refused(registration_json(**overrides))
    assert (malformed.code, malformed.pointer) == (code, pointer)


def test_a_payment_without_an_amount_is_refused() -> None:
    malformed = refused(payment_json(amount=None))
    assert (malformed.code, malformed.pointer) == (Code.INVALID_AMOUNT, "/amount")


def test_nobody_may_speak_for_the_agency() -> None:
    malformed = refused(payment_json(institution=AGENCY))
    assert (malformed.code, malformed.pointer) == (Code.INVALID_FIELD, "/institution")


@pytest.mark.parametrize(
    ("card", "code", "pointer"),
    [
        ("null", Code.CARD_MISSING, "/card"),
        ('{"cert_type":null}', Code.CARD_MISSING, "/card/cert_type"),
        ('{"cert_type":"03"}', Code.CARD_MISSING, "/card/card_no"),
        ('{"cert_type":"03","card_no":null}', Code.CARD_MISSING, "/card/card_no"),
        ("{}", Code.INVALID_FIELD, "/card/cert_type"),
        ('{"cert_type":"04"}', Code.INVALID_FIELD, "/card/cert_type"),
        ('{"cert_type":3}', Code.INVALID_FIELD, "/card/cert_type"),
        ('{"cert_type":"03","card_no":7}', Code.INVALID_FIELD, "/card/card_no"),
        ('{"cert_type":"03","card_no":"Z1","card_sn":"a|b"}', Code.INVALID_FIELD, "/card/card_sn"),
    ],
)
def test_a_payment_names_its_card(card: str, code: Code, pointer: str) -> None:
    malformed = refused(raw("card", card))
    assert (malformed.code, malformed.pointer) == (code, pointer)


# Times at both ends


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_outside_the_years_1_to_9999_is_refused(moment: str) -> None:
    """In UTC it has no date that Python could hold, so no database could be given it."""
    malformed = refused(payment_json(occurred_at=moment))
    assert (malformed.code, malformed.pointer) == (Code.INVALID_FIELD, "/occurred_at")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_the_first_and_the_last_moment_are_read(moment: str) -> None:
    assert understood(payment_json(occurred_at=moment)).occurred_at == datetime.fromisoformat(moment)


# Repeated keys


@pytest.mark.parametrize(
    "text",
    [
        '{"amount":1,"amount":2}',
        '{"amount":1,"amount":1}',
        '{"amount" :1,"amount"\t:\n2}',
        '{"amount":1, "amount":2}',
        '{"am\\u006funt":1,"amount":2}',
        '{"card":{"card_no":"A","card_no":"B"}}',
        '{"card":{"card_no" : "A" , "card_no" : "B"}}',
        '{"metadata":{"a":{"b":1,"b":2}}}',
        '{"metadata":{"a":[0,[{"b":1,"b":2}]]}}',
        '{"metadata":{"a\\":":1,"a\\":":2}}',
        '{"metadata":{"":1,"":2}}',
        '{"x":"\\":","amount":1,"amount":2}',
        '{"x":[{"y":1},{"y":1,"y":1}]}',
    ],
)
def test_a_key_that_stands_twice_is_refused(text: str) -> None:
    keys = payment_json()[:-1]
    assert refused(keys + b"," + text.encode()[1:]).code is Code.DUPLICATE_KEY
    assert isinstance(parse(text.encode()), RepeatedKey)


def test_a_repeated_key_is_answered_where_the_message_key_can_be_read() -> None:
    malformed = refused(b'{"amount":1,' + payment_json(message_id="M1")[1:])
    assert (malformed.code, malformed.institution, malformed.message_id) == (Code.DUPLICATE_KEY, HOSPITAL, "M1")


@pytest.mark.parametrize(
    "metadata",
    [
        {"note": '"amount":1,"amount":2'},
        {"note": '":":":":'},
        {'"amount":': 1, "amount": 2},
        {'a":': {'a":': {'a":': '":'}}},
        {"a": {"a": {"a": 1}}},
        {"a": [{"a": 1}, {"a": 1}]},
        {"a": '\\":'},
        {"amount": 1, "Amount": 1, "amount ": 1},
    ],
    ids=str,
)
def test_the_look_of_a_key_inside_a_text_is_no_repeated_key(metadata: dict[str, Any]) -> None:
    assert understood(payment_json(metadata=metadata)).metadata == metadata
    with_blanks = json.dumps(orjson.loads(payment_json(metadata=metadata)), indent=2).encode()
    assert understood(with_blanks).metadata == metadata


def test_of_an_array_only_the_item_with_the_repeated_key_is_marked() -> None:
    good, bad = b'{"a":1}', b'{"a":1,"a":2}'
    first, second, third = parse(b"[" + b",".join([good, bad, good]) + b"]")
    assert [isinstance(item, RepeatedKey) for item in (first, second, third)] == [False, True, False]


# Metadata


def metadata_of(size: int) -> dict[str, str]:
    """Takes `size` bytes as compact JSON."""
    return {"a": "x" * (size - len('{"a":""}'))}


def test_metadata_may_be_1024_bytes_long() -> None:
    longest = metadata_of(METADATA_BYTES_MAX)
    assert len(orjson.dumps(longest)) == 1024
    assert understood(payment_json(metadata=longest)).metadata == longest


def test_metadata_of_1025_bytes_is_refused() -> None:
    malformed = refused(payment_json(metadata=metadata_of(METADATA_BYTES_MAX + 1)))
    assert (malformed.code, malformed.pointer) == (Code.INVALID_FIELD, "/metadata")


def test_metadata_is_measured_in_bytes() -> None:
    assert refused(payment_json(metadata={"a": "药" * 400})).pointer == "/metadata"


@pytest.mark.parametrize(
    "number", ["9007199254740993", "18446744073709551615", "-9223372036854775808", "0.1", "1.5e300"]
)
def test_numbers_in_metadata_of_64_bits_come_back_as_they_came(number: str) -> None:
    metadata = understood(raw("metadata", f'{{"n":{number}}}')).metadata
    assert json.loads(orjson.dumps(metadata)) == {"n": json.loads(number)}


# Depth and size


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")], ids=["[", "{", "[{"])
@pytest.mark.parametrize("field", ["metadata", "unknown"])
def test_no_depth_is_too_deep_to_be_answered(opening: str, closing: str, field: str) -> None:
    for depth in (*range(90, 110), *range(240, 270), *range(480, 530), *range(960, 1_040), 10_000, 100_000):
        nested = opening * depth + "1" + closing * depth
        text = f'{{"m":{nested}}}' if field == "metadata" else nested
        assert isinstance(decode(raw(field, text)), Message | Malformed)


@pytest.mark.parametrize("depth", [100, 1_000, 100_000])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_nothing_but_depth_is_a_dead_letter(depth: int, brackets: str) -> None:
    opening = "[" if brackets == "[]" else '{"a":'
    for text in (opening * depth, opening * depth + "1" + brackets[1] * depth):
        assert not refused(text.encode()).answerable


def test_metadata_that_is_too_deep_is_refused() -> None:
    malformed = refused(raw("metadata", '{"a":' + "[" * 300 + "]" * 300 + "}"))
    assert (malformed.code, malformed.pointer) == (Code.INVALID_FIELD, "/metadata")


def test_a_value_of_a_megabyte_is_read() -> None:
    understood(payment_json(unknown="x" * 1_000_000))
    assert refused(payment_json(metadata={"a": "x" * 1_000_000})).pointer == "/metadata"
    assert refused(b"x" * 1_000_000).code is Code.INVALID_JSON


def test_a_million_repeats_of_a_key_are_refused() -> None:
    text = b'{"unknown":{' + b",".join([b'"a":1'] * 150_000) + b"}," + payment_json()[1:]
    assert refused(text).code is Code.DUPLICATE_KEY


# For any input

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
field_names = st.sampled_from(Message.__struct_fields__)
near_messages = st.dictionaries(field_names, json_values, max_size=4).map(
    lambda overrides: {**orjson.loads(payment_json()), **overrides}
)


@given(st.binary(max_size=400))
@example(b"")
def test_any_bytes_are_a_message_or_malformed(value: bytes) -> None:
    assert isinstance(decode(value), Message | Malformed)


@given(st.binary(max_size=6), st.integers(0, 200))
def test_a_damaged_message_is_a_message_or_malformed(damage: bytes, place: int) -> None:
    value = payment_json(metadata={"a": 'b":'})
    assert isinstance(decode(value[:place] + damage + value[place + len(damage) :]), Message | Malformed)


@given(json_values | near_messages)
def test_any_json_is_a_message_or_malformed(value: Any) -> None:
    for separators in ((",", ":"), (" , ", " : ")):
        assert isinstance(decode(json.dumps(value, separators=separators).encode()), Message | Malformed)
    assert isinstance(read_fields(value), Message | Malformed)


@given(near_messages)
def test_what_is_answerable_names_its_message(fields: dict[str, Any]) -> None:
    decoded = decode(json.dumps(fields).encode())
    if isinstance(decoded, Malformed) and decoded.answerable:
        assert (decoded.institution, decoded.message_id) == (fields["institution"], fields["message_id"])


ids = st.from_regex(r"[A-Za-z0-9._:@=+*-]{1,30}", fullmatch=True)
ours = st.builds(
    payment,
    institution=st.from_regex(r"[A-Za-z0-9]{12}", fullmatch=True),
    message_id=ids,
    person_no=ids,
    amount=st.integers(1, AMOUNT_MAX),
    card=st.builds(Card, st.sampled_from(["01", "02"])) | st.builds(Card, st.just("03"), ids, st.none() | ids),
    med_type=st.none() | st.from_regex(r"[0-9]{2,6}", fullmatch=True),
    short_balance=st.sampled_from(["split", "decline"]),
    use_mutual_aid=st.booleans(),
    use_debit=st.booleans(),
    occurred_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    metadata=st.none()
    | st.dictionaries(
        st.text(max_size=8),
        st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=20),
        max_size=5,
    ),
)


@given(ours)
def test_a_valid_message_comes_through_unchanged(message: Message) -> None:
    value = msgspec.json.encode(message)
    assert decode(value) == message == decode_by_fields(value)
    said = {key: each for key, each in orjson.loads(value).items() if each not in (None, False, "split")}
    assert decode(orjson.dumps(said)) == decode_by_fields(orjson.dumps(said))


PLAIN = payment_json(card={"cert_type": "03", "card_no": "Z1", "card_sn": "S1"}, med_type="11", use_debit=True)
pieces_of_json = st.sampled_from(
    [
        b'"amount":2,',
        b'"amount" :2,',
        b'"am\\u006funt":2,',
        b'"card_sn":"S2",',
        b'"use_debit":false,',
        b'"use_account":true,',
        b'"x":1,',
        b'"x":"\\":",',
        b'"med_type":null,',
        b'"card":{"cert_type":"03","card_no":"Z2"},',
        b'"amount":2.0,',
        b'"occurred_at":"2026-11-22T10:30:00+08:00",',
        b'"occurred_at":"0001-01-01T00:00:00+08:00",',
        b'"person_no":"P\\u0000",',
        b'"metadata":{"a":1,"a":2},',
        b'"metadata":{},',
        b'"amount":1e3,',
        b'"person_no":"P\xff",',
        b'"person_no":"\\ud800",',
        b" ",
        b",",
    ]
)


@given(st.lists(st.tuples(pieces_of_json, st.sampled_from([b"{", b",", b":", b'"'])), min_size=1, max_size=3))
@example([(b'"amount" :2,', b"{")])
def test_the_short_way_to_a_plain_payment_says_what_the_long_way_says(
    spoils: list[tuple[bytes, bytes]],
) -> None:
    value = PLAIN
    for piece, behind in spoils:
        value = value.replace(behind, behind + piece, 1)
    assert decode(value) == decode_by_fields(value)


def decode_by_fields(value: bytes) -> Message | Malformed:
    """The long way, which looks at every key."""
    try:
        return read_fields(parse(value))
    except orjson.JSONDecodeError:
        return Malformed(Code.INVALID_JSON, "The message is not JSON in UTF-8.")


_SECRETS = ("SECRET110101199003078515", "SECRETCARD0000000000000001", "SECRETSN0000000000000001")


@given(
    field_names,
    st.sampled_from(["", "\n", " ", "|", "x" * 60]),
    st.sampled_from(["card_no", "card_sn", "cert_type", "person_no", "metadata", "occurred_at", "kind", "amount"]),
)
def test_what_is_said_of_a_malformed_message_repeats_no_value_of_it(missing: str, tail: str, spoiled: str) -> None:
    person, card_no, card_sn = _SECRETS
    fields: dict[str, Any] = orjson.loads(payment_json(person_no=person))
    fields["card"] = {"cert_type": "03", "card_no": card_no, "card_sn": card_sn}
    fields["metadata"] = {person: card_no}
    holder = fields["card"] if spoiled in fields["card"] else fields
    holder[spoiled] = f"{person}{tail}"
    fields.pop(missing, None)
    decoded = decode(orjson.dumps(fields))
    if isinstance(decoded, Malformed):
        assert not any(secret in decoded.detail + decoded.pointer for secret in _SECRETS)


# Keys


@given(ours, ours)
def test_two_messages_have_one_key_only_if_they_have_one_sender_and_id(first: Message, second: Message) -> None:
    same = (first.institution, first.message_id) == (second.institution, second.message_id)
    keys = [message_key(message.institution, message.message_id) for message in (first, second)]
    assert (keys[0] == keys[1]) is same
    assert {len(key) for key in keys} == {16}
