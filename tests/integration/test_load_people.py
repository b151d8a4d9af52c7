"""Persons and cards with all that a card records, by load."""

from datetime import date
from pathlib import Path

import pytest
from app.codes import Code
from app.database import Pool, transaction
from app.errors import LoadError, Refused
from app.loading import LoadFiles, LoadReport, load
from app.parties import persons
from app.parties.vault import Vault, new_entry
from app.settlement.rules import RuleBook
from pydantic import SecretStr
from tests.builders import MIDNIGHT, add_person
from tests.people import citizen_no, new_person

OLD, NEW = new_entry(1), new_entry(2)
VAULT = Vault.of(SecretStr(OLD))
FEMALE, MALE = "11010519491231002X", "440524188001010014"
HEADER = "person_no,balance,citizen_no,name,gender,personal_status,region,state\n"
PERSONS = f"{HEADER}P1,700,{FEMALE.lower()},测试甲,female,retired,330100,dormant\nP2,0,{MALE},测试乙,,,,normal\n"
CARDS = """\
card_no,person_no,card_sn,state,valid_to,kind,medium,bank,issued_on,debit_application
C1,P1,SN1,active,2040-01-31,social_security,dual_interface,102,2026-01-31,on
C2,P1,SN2,active,2040-01-31,medical,contact,,,off
"""


async def loaded(pool: Pool, tmp_path: Path, content: str, cards: str = "", vault: Vault = VAULT) -> LoadReport:
    files = LoadFiles(persons=tmp_path / "persons.csv", cards=tmp_path / "cards.csv" if cards else None)
    (tmp_path / "persons.csv").write_text(content)
    (tmp_path / "cards.csv").write_text(cards)
    return await load(pool, files, rules=RuleBook(MIDNIGHT), vault=vault)


async def refusal(pool: Pool, tmp_path: Path, content: str, vault: Vault = VAULT) -> list[str]:
    with pytest.raises(LoadError) as error:
        await loaded(pool, tmp_path, content, vault=vault)
    return [line.rsplit("/", 1)[-1] for line in str(error.value).splitlines()[1:]]


async def test_all_columns_land(pool: Pool, tmp_path: Path) -> None:
    report = await loaded(pool, tmp_path, PERSONS, CARDS)
    assert (report.persons.loaded, report.cards.loaded, report.opening_fen) == (2, 2, 700)
    async with transaction(pool) as connection:
        person = await persons.read_person(connection, VAULT, "P1")
        assert await persons.find_by_citizen_no(connection, VAULT, FEMALE) == "P1"
        assert await persons.identity_matches(connection, VAULT, "P2", MALE)
        other = await persons.read_person(connection, VAULT, "P2")
    assert (person.name_masked, person.gender, person.personal_status, person.region) == (
        "测**", "female", "retired", "330100",
    )  # fmt: skip
    assert (other.gender, other.personal_status, other.region) == ("male", None, "")
    account = await pool.fetchrow("SELECT state, terms, balance FROM ledger.accounts WHERE owner = 'P1'")
    assert account is not None
    assert tuple(account) == ("dormant", "330100", 700)
    rows = await pool.fetch("SELECT kind, medium, bank, issued_on, debit_application FROM parties.cards ORDER BY 1")
    assert [tuple(row) for row in rows] == [
        ("medical", "contact", "", None, "off"),
        ("social_security", "dual_interface", "102", date(2026, 1, 31), "on"),
    ]


async def test_the_same_load_again_changes_nothing(pool: Pool, tmp_path: Path) -> None:
    await loaded(pool, tmp_path, PERSONS, CARDS)
    before = await pool.fetch("SELECT * FROM parties.persons ORDER BY person_no")
    for vault in (VAULT, Vault.of(SecretStr(f"{NEW},{OLD}"))):
        report = await loaded(pool, tmp_path, PERSONS, CARDS, vault)
        assert (report.persons, report.cards) == ((0, 2), (0, 2))
    assert await pool.fetch("SELECT * FROM parties.persons ORDER BY person_no") == before


async def test_other_content_is_named_by_its_column(pool: Pool, tmp_path: Path) -> None:
    await loaded(pool, tmp_path, PERSONS)
    await add_person(pool, "BARE")
    number = citizen_no()
    reasons = await refusal(
        pool, tmp_path,
        f"{HEADER}P1,700,{number},另一,,employed,,normal\nBARE,0,{number},测试丙,,,,normal\n",
    )  # fmt: skip
    assert reasons == [
        "persons.csv:2: is already there with other content: citizen_no, name, personal_status",
        "persons.csv:3: is already there with other content: citizen_no, name",
    ]


@pytest.mark.parametrize("ring", [OLD, f"{NEW},{OLD}"], ids=["one key", "two keys"])
async def test_one_citizen_number_is_one_person(pool: Pool, tmp_path: Path, ring: str) -> None:
    known, new = new_person(), new_person()
    await persons.register(pool, VAULT, known, operator="c")
    lines = [f"{no},0,{new.citizen_no},{new.name},,,,normal" for no in ("Q1", "Q2")]
    lines.append(f"Q3,0,{known.citizen_no},{known.name},,,,normal")
    reasons = await refusal(pool, tmp_path, HEADER + "\n".join(lines), Vault.of(SecretStr(ring)))
    assert reasons == [
        "persons.csv:3: the same citizen_no as line 2",
        "persons.csv:4: citizen_no is another person's",
    ]
    assert await pool.fetchval("SELECT count(*) FROM parties.persons") == 1


async def test_without_a_key_no_personal_data_is_taken(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        await loaded(pool, tmp_path, PERSONS, vault=Vault({}))
    assert refused.value.code == Code.ENCRYPTION_KEYS_MISSING
    assert await pool.fetchval("SELECT count(*) FROM parties.persons") == 0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"P1,0,{FEMALE[:-1]}1,测试,,,,normal", "citizen_no has a wrong check character: it was mistyped"),
        (f"P1,0,{FEMALE},,,,,normal", "citizen_no and name come together"),
        ("P1,0,,测试,,,,normal", "citizen_no and name come together"),
        (f"P1,0,{FEMALE},测试,male,,,normal", "gender is not that of the citizen_no"),
        ("P1,0,,,male,,,normal", "gender comes with a citizen_no"),
        (f"{FEMALE},0,{FEMALE},测试,,,,normal", "person_no is the citizen_no, which is kept in no clear text"),
        ("P1,5,,,,,,closed", "a closed account takes no opening balance"),
    ],
)
async def test_a_bad_line_says_why(pool: Pool, tmp_path: Path, line: str, reason: str) -> None:
    assert await refusal(pool, tmp_path, f"{HEADER}{line}\n") == [f"persons.csv:2: {reason}"]
