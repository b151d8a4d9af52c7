"""Receipts of made batches: what proves, and what a changed one fails at."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import msgspec
import orjson
import pytest
from app.ledger.journal import tree_root
from app.ledger.posting import transfers_hash
from app.settlement.leaves import content_text, leaf, leaf_over
from app.settlement.receipt_check import NotProved, verify_receipt
from app.settlement.receipts import Evidence, path_of, root_over, row_of, sign
from app.settlement.records import Settlement, outcome
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.made_receipts import KEY, SALT, SETTLED_AT, made, new_key, settlement, transfers_of

JSON = dict[str, Any]


@cache
def genuine() -> bytes:
    return made(settlement(37))


def document() -> JSON:
    found: JSON = orjson.loads(genuine())
    return found


def failing_check(changed: bytes) -> str:
    with pytest.raises(NotProved) as failure:
        verify_receipt(changed, [KEY.public])
    return failure.value.check


# What proves


def test_a_receipt_proves_and_shows_the_outcome_of_a_query() -> None:
    row = settlement(37)
    found = verify_receipt(genuine(), [new_key().public, KEY.public])
    assert row_of(found) == row
    shown = document()["outcome"]
    assert shown == orjson.loads(msgspec.json.encode(outcome(row, SETTLED_AT, replayed=False)))
    assert (shown["card_activated"], shown["cash_due"], shown["metadata"]["note"]) == (True, 300, "a|{b")
    assert shown["settlement_id"] == "2026112400000000000051270037"


@pytest.mark.parametrize(
    "changes",
    [
        {"accumulated_paid": 0, "particulars": None, "metadata": None},
        {"status": "declined", "code": "insufficient_funds", "account_paid": 0, "accumulated_paid": 0, "cash_due": 0},
        {"balance_after": None, "occurred_at": None, "cert_type": None, "card_no": None, "card_sn": None},
        {"kind": "contribution", "institution": "AGENCY000000", "med_type": None, "metadata": "{}"},
        {"metadata": '{"名":"甲","\\\\":"\\"","deep":{"list":[1,-0.5,1e3,null,true]}}'},
    ],
)
def test_settlements_of_every_form_prove(changes: JSON) -> None:
    row = settlement(0, **changes)
    assert row_of(verify_receipt(made(row, size=1), [KEY.public])) == row


@pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 255, 256, 257, 272, 273, 4_096, 4_097, 5_000])
def test_every_position_of_a_batch_has_a_path(size: int) -> None:
    leaves = [number.to_bytes(32, "big") for number in range(size)]
    root = tree_root(leaves)
    for position in {*range(0, size, 97), 0, size // 2, size - 1}:
        path = path_of(leaves, position)
        assert root_over(leaves[position], position, size, path) == root
        assert [len(level) <= 15 for level in path[:2]] == [True, True]
        for elsewhere in {position - 1, position + 1, position + 16, position - 16, position + 256, -1} - {position}:
            assert root_over(leaves[position], elsewhere, size, path) != root
        for level in range(3):
            longer = [*path]
            longer[level] = (*path[level], "0" * 64)
            assert root_over(leaves[position], position, size, (longer[0], longer[1], longer[2])) is None


def test_a_receipt_by_sm2_proves() -> None:
    pytest.importorskip("gmssl_pyx")
    key = new_key("SM2")
    document = made(settlement(3), key=key)
    assert verify_receipt(document, [KEY.public, key.public]).signature.algorithm == "SM2"
    with pytest.raises(NotProved) as failure:
        verify_receipt(document.replace(b'"SM2"', b'"Ed25519"'), [KEY.public, key.public])
    assert failure.value.check == "key"


# What is altered


def scalars(value: Any, *place: Any) -> Iterator[tuple[Any, ...]]:
    """The place of each value that is no object and no list, of empty ones too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not inner:
        yield place
    for step, below in inner:
        yield from scalars(below, *place, step)


def other_values(value: Any) -> list[Any]:
    """Values of the same type where there are some, and some that only look alike."""
    if isinstance(value, bool):
        return [not value, int(value), str(value).lower(), None]
    if isinstance(value, int):
        return [value + 1, value - 1, -value or 7, float(value), str(value), None, value * 2**70 or True]
    if isinstance(value, float):
        return [value + 0.01, int(value), None]
    if isinstance(value, str):
        flipped = [value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :] for at in range(len(value))]
        others = [*flipped, value + " ", value + "0", value[:-1], value.upper(), f"{value}\n", "", "~", None]
        return [other for other in others if other != value]
    return ["", "~", 0, False, "null", {}, []] if value is None else [None, "", 0, [None], {"a": 1}]


@pytest.mark.parametrize("place", list(scalars(document())), ids=lambda place: ".".join(map(str, place)))
def test_no_field_can_be_altered_or_left_out(place: tuple[Any, ...]) -> None:
    *way, last = place

    def with_change(change: Callable[[Any], None]) -> bytes:
        changed = holder = document()
        for step in way:
            holder = holder[step]
        change(holder)
        return orjson.dumps(changed)

    at = document()
    for step in place:
        at = at[step]
    for other in other_values(at):
        try:
            changed = with_change(lambda holder, other=other: holder.__setitem__(last, other))  # type: ignore[misc]
        except orjson.JSONEncodeError:  # a number that JSON writers refuse
            continue
        failing_check(changed)
    failing_check(with_change(lambda holder: holder.__delitem__(last)))


@pytest.mark.parametrize(
    ("place", "value", "check"),
    [
        (("outcome", "cash_due"), 299, "outcome"),
        (("outcome", "replayed"), True, "outcome"),
        (("outcome", "metadata", "rate"), 2.5, "outcome"),
        (("evidence", "cash_due"), 299, "path"),
        (("evidence", "transfers"), "0" * 64, "path"),
        (("position",), 38, "path"),
        (("path", 0, 3), "0" * 64, "path"),
        (("batch", "size"), 301, "chain hash"),
        (("batch", "tree_root"), "0" * 64, "chain hash"),
        (("batch", "settled_at"), "2026-11-24T03:04:05.678902Z", "chain hash"),
        (("signature", "value"), "0" * 128, "signature"),
        (("signature", "key_id"), "0" * 16, "key"),
        (("signature", "algorithm"), "SM2", "key"),
        (("version",), 2, "form"),
        (("more",), 1, "form"),
        (("batch", "settled_at"), "2026-11-24T11:04:05.678901+08:00", "form"),
        (("evidence", "occurred_at"), "2026-11-24T11:04:05+08:00", "form"),
        (("batch", "settled_at"), "2026-11-24T03:04:05.678901+00:00", "form"),
        (("batch", "settled_at"), "2026-11-24t03:04:05.678901Z", "form"),
        (("evidence", "occurred_at"), "2026-11-24T03:04:05.000Z", "form"),
        (("evidence", "card_no"), "Z1|SN1", "form"),
    ],
)
def test_the_check_that_fails_is_named(place: tuple[Any, ...], value: Any, check: str) -> None:
    changed = holder = document()
    *way, last = place
    for step in way:
        holder = holder[step]
    holder[last] = value
    assert failing_check(orjson.dumps(changed)) == check


@settings(max_examples=2_000, deadline=None)
@given(st.data())
def test_a_flipped_byte_fails_or_means_the_same(data: st.DataObject) -> None:
    original = genuine()
    place = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    changed[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != original[place]))
    try:
        verify_receipt(bytes(changed), [KEY.public])
    except NotProved:
        return
    assert orjson.loads(changed) == document()


def test_numbers_are_compared_digit_by_digit() -> None:
    assert failing_check(genuine().replace(b'"rate":1.50}', b'"rate":1.50000000000000000001}', 1)) == "outcome"


def test_blanks_and_the_order_of_fields_mean_nothing() -> None:
    for option in (orjson.OPT_INDENT_2, orjson.OPT_SORT_KEYS):
        verify_receipt(orjson.dumps(document(), option=option), [KEY.public])


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[]", b"null", b"\xff", b"\xef\xbb\xbf{}", b"[" * 100_000, b"{" * 5_000, b"9" * 5_000],
    ids=lambda text: text[:4].decode(errors="replace"),
)
def test_what_is_no_receipt_is_refused(text: bytes) -> None:
    assert failing_check(text) == "form"
    within = genuine().replace(b'"metadata":{', b'"metadata":{"a":' + text + b",", 1)
    assert failing_check(within) in {"form", "outcome"}


@pytest.mark.parametrize("depth", [100, 500, 900, 950, 990, 2_000])
def test_a_deep_document_is_refused(depth: int) -> None:
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        deep = opening * depth + b"1" + closing * depth
        changed = genuine().replace(b'"metadata":{', b'"metadata":{"a":' + deep + b",", 1)
        assert failing_check(changed) in {"form", "outcome"}


@pytest.mark.parametrize("where", [b'"cash_due":300', b'"note":"a|{b"', b'"position":37'])
def test_a_field_that_stands_twice_is_refused(where: bytes) -> None:
    """One reader takes the first of two, another one the last."""
    name = where.split(b":")[0]
    for twice in (where + b"," + name + b":1", name + b":1," + where):
        assert failing_check(genuine().replace(where, twice, 1)) == "form"


def test_the_key_of_another_proves_nothing() -> None:
    with pytest.raises(NotProved) as failure:
        verify_receipt(genuine(), [new_key().public])
    assert failure.value.check == "key"
    forged = document()
    forged["signature"]["key_id"] = KEY.public.key_id
    head = verify_receipt(genuine(), [KEY.public]).batch
    forged["signature"]["value"] = sign(head, new_key()).value
    assert failing_check(orjson.dumps(forged)) == "signature"


def test_a_receipt_that_is_made_up_as_a_whole_fails_at_its_signature() -> None:
    made_up = orjson.loads(made(settlement(37, cash_due=0, account_paid=1_000), key=new_key()))
    assert failing_check(orjson.dumps(made_up)) == "key"
    made_up["signature"] = document()["signature"]
    assert failing_check(orjson.dumps(made_up)) == "signature"


# Under one hash stand one row's fields alone


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": None, "particulars": '{"card_activated":true,"visit":"outpatient"}|{"note":"a|{b","rate":1.50}'},
        {"particulars": None, "metadata": 'particulars {"card_activated":true}|{"note":"a|{b","rate":1.50}'},
        {"card_no": "Z1|SN1", "card_sn": None},
        {"card_sn": ""},
        {"med_type": "~"},
    ],
)  # fmt: skip
def test_fields_cannot_be_shifted_under_the_same_hash(changes: JSON) -> None:
    row = settlement(37, card_sn=None, med_type=None)
    forged = orjson.loads(made(row))
    forged["evidence"].update(changes)
    assert failing_check(orjson.dumps(forged)) == "form"


# What a receipt keeps to itself


def test_a_receipt_shows_neither_accounts_nor_balances_of_others() -> None:
    shown = genuine().decode()
    assert SALT.hex() not in shown
    assert "987654321" not in shown
    assert "777666" not in shown
    assert set(Evidence.__struct_fields__) == {*Settlement.__struct_fields__, "transfers"} - {
        "batch_id",
        "business_day",
        "position",
    }


def test_the_hash_of_transfers_cannot_be_tried_without_the_salt() -> None:
    hashes = {
        transfers_hash(salt, position, transfers)
        for salt in (SALT, bytes(32))
        for position in (1, 11)
        for transfers in ([], transfers_of(1), transfers_of(1)[:1])
    }
    assert len(hashes) == 12
    row = settlement(1)
    content = content_text(row)
    assert leaf(row, content, [], SALT) == leaf_over(row, content, transfers_hash(SALT, 1, []).hex())
    assert leaf(row, content, [], SALT) != leaf(row, content, [], bytes(32))


def test_each_field_of_a_transfer_is_under_its_hash() -> None:
    [first, second] = transfers_of(1)
    hashed = transfers_hash(SALT, 1, [first, second])
    changes: list[JSON] = [
        *(
            {name: 99}
            for name in ("debit_account", "credit_account", "amount", "debit_balance_after", "debit_entry", "leg")
        ),
        *({name: 0} for name in ("credit_balance_after", "credit_entry")),
        {"accumulated": True},
    ]
    for change in changes:
        assert transfers_hash(SALT, 1, [first._replace(**change), second]) != hashed
