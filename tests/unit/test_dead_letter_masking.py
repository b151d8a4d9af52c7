"""What an operator sees of a dead letter: its shape, and nothing of a person."""

import orjson
import pytest
from app.settlement.dead_letter_masking import masked_header, masked_text, masked_value
from tests.builders import payment_json

CITIZEN_NO = "110101199003077758"
PERSONAL = [CITIZEN_NO, "110101900307775", "99000000000001", "张伟", "Zhang", "A1B2C3", "620000000000"]


def test_known_fields_are_shown_and_those_of_persons_masked() -> None:
    value = payment_json(message_id="M-1", person_no="99000000000001", card={"cert_type": "03", "card_no": "A1B2C3"})
    assert orjson.loads(masked_value(value)) == {
        "institution": "H00000000001",
        "message_id": "M-1",
        "kind": "payment",
        "person_no": "***",
        "amount": 1000,
        "card": {"cert_type": "03", "card_no": "***"},
    }


@pytest.mark.parametrize("personal", PERSONAL)
@pytest.mark.parametrize(
    "template",
    [
        '{"person_no": "%s", "amount": 1}',
        '{"%s": 1}',
        '{"metadata": {"note": ["%s"]}}',
        '{"institution": "%s", "message_id": "%s!"}',
        '{"kind": "%s", "med_type": "%s", "occurred_at": "%s"}',
        '{"person_no": "%s", "amount": ',
        "person_no=%s;name=%s",
        "<psn>%s</psn>",
        "%s",
    ],
)
def test_nothing_of_a_person_is_shown_wherever_it_stands(template: str, personal: str) -> None:
    value = template.replace("%s", personal)
    assert personal not in masked_value(value.encode())
    assert personal not in masked_value(value.encode("gbk"))
    assert personal.encode("unicode_escape").decode() not in masked_value(value.encode("unicode_escape"))


@pytest.mark.parametrize("field", ["message_id", "original_message_id", "amount", "institution"])
def test_a_citizen_number_is_masked_even_where_another_value_belongs(field: str) -> None:
    for value in (f'{{"{field}": "{CITIZEN_NO}"}}', f'{{"{field}": {CITIZEN_NO}}}', f'{{"{field}": 110101900307775}}'):
        assert orjson.loads(masked_value(value.encode())) == {field: "***"}


def test_what_is_no_json_shows_where_its_shape_breaks() -> None:
    assert masked_value(b'{"institution": "H00000000001", "amount" 12}') == '{"institution": "***", "amount" ***}'


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert masked_text(b"\xff\x00 no message") == "\\xff\x00 *** ***"


def test_escaped_letters_are_masked() -> None:
    assert masked_value(b'{"person_no": "\\u5f20\\u4f1f"') == '{"person_no": "******"'


def test_a_deep_value_is_masked_and_not_walked() -> None:
    assert masked_value(b'{"metadata":' * 900 + b"1" + b"}" * 900).count("metadata") < 10


def test_a_long_value_is_cut() -> None:
    assert len(masked_value(orjson.dumps({"card": ["x"] * 5_000}))) < 2_100


def test_of_headers_only_ours_are_shown() -> None:
    assert masked_header("medsettle_replay_of", b"17") == ("medsettle_replay_of", "17")
    assert masked_header("ce_id", CITIZEN_NO.encode()) == ("ce_id", "*** (18 bytes)")
    assert masked_header("none", None) == ("none", "null")
    assert masked_header(CITIZEN_NO, b"") == ("***", "*** (0 bytes)")
