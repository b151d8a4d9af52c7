from base64 import b64encode

import pytest
from app.codes import Code
from app.errors import Refused, UsageError
from app.parties.vault import DataKey, Vault, new_entry, read_ring
from cryptography.exceptions import InvalidTag
from pydantic import SecretStr

CITIZEN, NAME = "999999199003071234", "测试甲"
MASTER, OTHER = bytes(range(32)), bytes(range(32, 64))


def vault(*entries: str) -> Vault:
    return Vault.of(SecretStr(",".join(entries)))


def test_what_was_sealed_opens_again_and_is_never_sealed_twice_alike() -> None:
    key = DataKey(1, MASTER)
    sealed = [key.seal("P1", "name", NAME) for _ in range(2)]
    assert [key.open("P1", "name", value) for value in sealed] == [NAME, NAME]
    assert sealed[0] != sealed[1]
    assert sealed[0][:12] != sealed[1][:12]
    assert NAME.encode() not in sealed[0]


@pytest.mark.parametrize(("person_no", "field"), [("P2", "name"), ("P1", "citizen_no")])
def test_a_value_opens_nowhere_but_in_its_place(person_no: str, field: str) -> None:
    sealed = DataKey(1, MASTER).seal("P1", "name", NAME)
    with pytest.raises(InvalidTag):
        DataKey(1, MASTER).open(person_no, field, sealed)


def test_a_changed_value_and_another_key_do_not_open_it() -> None:
    sealed = DataKey(1, MASTER).seal("P1", "name", NAME)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(InvalidTag):
            DataKey(1, MASTER).open("P1", "name", bytes(changed))
    with pytest.raises(InvalidTag):
        DataKey(1, OTHER).open("P1", "name", sealed)


def test_the_index_depends_on_key_and_number_alone() -> None:
    index = DataKey(1, MASTER).index_of(CITIZEN)
    assert index == DataKey(7, MASTER).index_of(CITIZEN)
    assert len({index, DataKey(1, OTHER).index_of(CITIZEN), DataKey(1, MASTER).index_of("11010519491231002X")}) == 3


def test_new_values_go_under_the_first_key_and_all_keys_open() -> None:
    old, new = new_entry(1), new_entry(2)
    before = vault(old).sealed("P1", CITIZEN, NAME)
    both = vault(new, old)
    after = both.sealed("P1", CITIZEN, NAME)
    assert (before.key_id, after.key_id, both.key_ids) == (1, 2, [2, 1])
    assert both.opened("P1", before) == both.opened("P1", after) == (CITIZEN, NAME)
    assert both.indexes_of(CITIZEN) == [after.citizen_index, before.citizen_index]


def test_a_key_that_is_missing_is_named() -> None:
    sealed = vault(new_entry(1)).sealed("P1", CITIZEN, NAME)
    with pytest.raises(Refused, match="key 1") as refused:
        vault(new_entry(2)).opened("P1", sealed)
    assert refused.value.code == Code.ENCRYPTION_KEYS_MISSING
    assert vault().key_ids == []
    for without in (vault().require_key, lambda: vault().indexes_of(CITIZEN), lambda: vault().current):
        with pytest.raises(Refused) as refused:
            without()
        assert refused.value.code == Code.ENCRYPTION_KEYS_MISSING


def test_a_ring_is_read() -> None:
    entries = f"3:{b64encode(MASTER).decode()}, 32767:{b64encode(OTHER).decode()}"
    assert read_ring(SecretStr(entries)) == {3: MASTER, 32767: OTHER}
    assert read_ring(SecretStr("")) == {}
    assert list(read_ring(SecretStr(new_entry(5)))) == [5]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("", "give it as"), ("nonsense", "give it as"), ("0:AAAA", "give it as"), ("32768:AAAA", "give it as"),
        ("-1:AAAA", "give it as"), ("1:c2VjcmV0", "32"), ("1:", "32"), ("1:c2Vjc!V0", "not base64"),
        (f"9:{b64encode(MASTER).decode()}", "twice"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_refused_by_place_and_quotes_nothing(entry: str, reason: str) -> None:
    ring = f"9:{b64encode(OTHER).decode()},{entry}"
    with pytest.raises(UsageError, match="entry 2") as refused:
        read_ring(SecretStr(ring))
    assert reason in str(refused.value)
    assert "c2Vjc" not in str(refused.value)
    assert b64encode(MASTER).decode() not in str(refused.value)


def test_no_key_shows_in_a_word_about_it() -> None:
    entry = new_entry(1)
    assert entry.split(":")[1] not in f"{Vault.of(SecretStr(entry))!r} {DataKey(1, MASTER)!r} {SecretStr(entry)!r}"
