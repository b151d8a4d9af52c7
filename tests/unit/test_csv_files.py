from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from app.errors import LoadError
from app.parties import csv_files
from app.parties.csv_columns import BALANCE_MAX
from app.parties.csv_files import (
    CARDS,
    INSTITUTIONS,
    PERSONS,
    PROBLEMS_SHOWN_MAX,
    CardRow,
    InstitutionRow,
    PersonRow,
    Problems,
    Table,
    read_table,
)
from app.parties.csv_lines import LINE_BYTES_MAX
from app.parties.load import BALANCES_SUM_MAX, check_total
from app.settlement import messages


def persons(tmp_path: Path, content: str | bytes) -> tuple[Table[PersonRow], list[tuple[int, str]]]:
    file = tmp_path / "persons.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    problems = Problems()
    table = read_table(file, PERSONS, problems)
    assert problems.count == len(problems.first)
    return table, [(problem.line, problem.reason) for problem in problems.first]


def institutions(tmp_path: Path, content: str) -> tuple[list[InstitutionRow], list[tuple[int, str]]]:
    file = tmp_path / "institutions.csv"
    file.write_bytes(content.encode())
    problems = Problems()
    rows = read_table(file, INSTITUTIONS, problems).rows
    return rows, [(problem.line, problem.reason) for problem in problems.first]


def cards(tmp_path: Path, content: str) -> tuple[list[CardRow], list[tuple[int, str]]]:
    file = tmp_path / "cards.csv"
    file.write_bytes(content.encode())
    problems = Problems()
    rows = read_table(file, CARDS, problems).rows
    return rows, [(problem.line, problem.reason) for problem in problems.first]


@pytest.mark.parametrize(
    "content",
    [
        "person_no,balance\nP1,100\nP2,0\n",
        "balance,person_no\n100,P1\n0,P2\n",
        "person_no,balance\nP1,100\nP2,0",
        "person_no,balance\r\nP1,100\r\nP2,0\r\n",
        "\ufeffperson_no,balance\nP1,100\nP2,0\n",
        '\ufeff"person_no","balance"\r\n"P1","100"\r\n"P2","0"\r\n',
    ],
    ids=["plain", "columns swapped", "no last line feed", "CRLF", "byte order mark", "all quoted"],
)
def test_all_common_shapes_of_csv_are_read(tmp_path: Path, content: str) -> None:
    table, problems = persons(tmp_path, content)
    assert problems == []
    assert table.rows == [PersonRow(2, "P1", 100), PersonRow(3, "P2", 0)]


def test_blank_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    table, problems = persons(tmp_path, "person_no,balance\n\nP1,100\r\n\r\nP2,x\n\n")
    assert table.rows == [PersonRow(3, "P1", 100)]
    assert [line for line, _ in problems] == [5]


@pytest.mark.parametrize(
    "header",
    [
        "person_no", "person_no,balance,age", "person_no,balance,balance", "person_no;balance", "Person_no,Balance",
        "person_no, balance", "P1,100", "", '"person_no,balance', "person_no,balance,",
    ],
)  # fmt: skip
def test_a_wrong_header_refuses_the_file(tmp_path: Path, header: str) -> None:
    table, problems = persons(tmp_path, f"{header}\nP1,100\n")
    assert not table.is_understood
    assert table.rows == []
    [(line, reason)] = problems
    assert line == (2 if header == "" else 1)
    assert "person_no,balance" in reason


def test_an_empty_file_has_a_wrong_header(tmp_path: Path) -> None:
    table, [(line, _)] = persons(tmp_path, b"")
    assert (table.is_understood, line) == (False, 1)


@pytest.mark.parametrize(
    "balance", ["-1", "1.0", "1e3", "", " 1", "1 ", "+1", "01", "1_000", "１", "10000000000000000", "9" * 400]
)
def test_a_balance_is_a_whole_number_of_fen(tmp_path: Path, balance: str) -> None:
    table, [(line, reason)] = persons(tmp_path, f"person_no,balance\nP1,1\nP2,{balance}\nP3,3\n")
    assert [row.person_no for row in table.rows] == ["P1", "P3"]
    assert line == 3
    assert reason.startswith("balance is not a whole number of fen")


def test_the_largest_balance_is_that_of_a_message(tmp_path: Path) -> None:
    table, problems = persons(tmp_path, f"person_no,balance\nP1,{BALANCE_MAX}\n")
    assert problems == []
    assert table.rows[0].balance == messages.AMOUNT_MAX


def test_the_sum_of_a_file_fits_a_bigint(tmp_path: Path) -> None:
    lines = BALANCES_SUM_MAX // BALANCE_MAX
    rest = BALANCES_SUM_MAX - lines * BALANCE_MAX
    full = "".join(f"P{number},{BALANCE_MAX}\n" for number in range(lines))
    for last, is_too_much in [(rest, False), (rest + 1, True)]:
        table, problems = persons(tmp_path, f"person_no,balance\n{full}Q,{last}\nR,0\n")
        assert problems == []
        found = Problems()
        check_total(table, found)
        assert [problem.line for problem in found.first] == ([lines + 2] if is_too_much else [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("P2", "not 2 fields"),
        ("P2,1,2", "not 2 fields"),
        ('"P2,1', "quotes that do not match"),
        ('"P2"x,1', "quotes that do not match"),
        (",1", "person_no is not 1 to 30 letters, digits or ._:@=+*-"),
        ("P 2,1", "person_no is not 1 to 30 letters, digits or ._:@=+*-"),
        ("P|2,1", "person_no is not 1 to 30 letters, digits or ._:@=+*-"),
        ("P2\x00,1", "person_no is not 1 to 30 letters, digits or ._:@=+*-"),
        ('"P2\x00",1', "person_no is not 1 to 30 letters, digits or ._:@=+*-"),
        (f"{'P' * 31},1", "person_no is not 1 to 30 letters, digits or ._:@=+*-"),
        ("测试,1", "person_no is not 1 to 30 letters, digits or ._:@=+*-"),
        ("P\r2,1", "person_no is not 1 to 30 letters, digits or ._:@=+*-"),
        ("P1,1", "the same person_no as line 2"),
        ("P1,2", "the same person_no as line 2"),
    ],
)
def test_a_bad_line_is_named_and_harms_no_other(tmp_path: Path, line: str, reason: str) -> None:
    table, problems = persons(tmp_path, f"person_no,balance\nP1,1\n{line}\nP3,3\n")
    assert table.rows == [PersonRow(2, "P1", 1), PersonRow(4, "P3", 3)]
    assert problems == [(3, reason)]


def test_a_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    table, problems = persons(tmp_path, b"person_no,balance\nP1,1\nP\xff,2\nP3,3\n")
    assert [row.line for row in table.rows] == [2, 4]
    assert problems == [(3, "not UTF-8")]


@pytest.mark.parametrize("length", [LINE_BYTES_MAX, LINE_BYTES_MAX + 1, 3 * LINE_BYTES_MAX, 3 * LINE_BYTES_MAX + 1])
def test_an_endless_line_is_not_kept_in_memory(tmp_path: Path, length: int) -> None:
    table, problems = persons(tmp_path, b"person_no,balance\nP1,1\n" + b"9" * length + b"\nP3,3\n")
    assert [row.line for row in table.rows] == [2, 4]
    assert problems == [(3, f"longer than {LINE_BYTES_MAX:,} bytes")]


def test_all_that_is_wrong_in_a_line_is_said_at_once(tmp_path: Path) -> None:
    _, [(_, reason)] = cards(tmp_path, "card_no,person_no,card_sn,state,valid_to\nC 1,P 1,S 1,gone,never\n")
    assert [part.split()[0] for part in reason.split("; ")] == ["card_no", "person_no", "card_sn", "state", "valid_to"]


def test_reasons_never_quote_what_stands_there(tmp_path: Path) -> None:
    """A citizen number (here a made one) may stand in the wrong column."""
    number = "999999199003071234"
    _, problems = persons(tmp_path, f"person_no,balance\n{number},1\n{number},{number}.0\n测{number},5\n")
    assert len(problems) == 2
    assert number not in str(problems)


def test_institutions(tmp_path: Path) -> None:
    rows, problems = institutions(
        tmp_path,
        "institution,kind,bank,name\n"
        'H00000000001,hospital,102,"测试医院, 东区 ""甲"""\n'
        "P00000000001,pharmacy,403,测试\u3000药店\n",
    )
    assert problems == []
    assert rows == [
        InstitutionRow(2, "H00000000001", "hospital", "102", '测试医院, 东区 "甲"', "active"),
        InstitutionRow(3, "P00000000001", "pharmacy", "403", "测试\u3000药店", "active"),
    ]


def test_the_state_of_an_institution_may_be_given(tmp_path: Path) -> None:
    rows, problems = institutions(tmp_path, "state,name,bank,kind,institution\nblocked,N,102,hospital,H00000000001\n")
    assert problems == []
    assert rows == [InstitutionRow(2, "H00000000001", "hospital", "102", "N", "blocked")]


def test_the_settlement_office_of_an_institution_may_be_given(tmp_path: Path) -> None:
    rows, problems = institutions(
        tmp_path,
        "institution,kind,bank,name,settlement_office\n"
        "H00000000001,hospital,102,N,310101\nH00000000002,hospital,102,N,\nH00000000003,hospital,102,N,3101012\n",
    )
    assert problems == [(4, "settlement_office is not up to 6 letters or digits")]
    assert [row.settlement_office for row in rows] == ["310101", ""]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("H0000000001,hospital,102,N", "institution"),
        ("H0000000000-,hospital,102,N", "institution"),
        ("AGENCY000000,hospital,102,N", "institution"),
        ("H00000000001,clinic,102,N", "kind"),
        ("H00000000001,hospital,,N", "bank"),
        ("H00000000001,hospital,1 2,N", "bank"),
        ("H00000000001,hospital,102,", "name"),
        (f"H00000000001,hospital,102,{'N' * 201}", "name"),
        ("H00000000001,hospital,102,N\tN", "name"),
        ("H00000000001,hospital,102,N\x00", "name"),
        ("H00000000001,hospital,102,N\u2028", "name"),
    ],
)
def test_bad_institutions(tmp_path: Path, line: str, column: str) -> None:
    rows, [(number, reason)] = institutions(tmp_path, f"institution,kind,bank,name\n{line}\n")
    assert (rows, number, reason.split()[0]) == ([], 2, column)


@pytest.mark.parametrize(
    "valid_to", ["2034-02-30", "20340131", "2034-1-31", "2034-W05-2", "0000-01-01", "", "2034-01-31T00:00"]
)
def test_a_cards_validity_is_a_date(tmp_path: Path, valid_to: str) -> None:
    content = f"card_no,person_no,card_sn,state,valid_to\nC1,P1,S1,active,2034-01-31\nC2,P1,S2,active,{valid_to}\n"
    rows, problems = cards(tmp_path, content)
    assert rows == [CardRow(2, "C1", "P1", "S1", "active", date(2034, 1, 31))]
    assert problems == [(3, "valid_to is not a date like 2034-01-31")]


def test_a_report_shows_the_first_hundred_and_counts_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "persons.csv"
    file.write_text("person_no,balance\n" + "".join(f"P{number},x\n" for number in range(1_234)))
    problems = Problems()
    read_table(file, PERSONS, problems)
    with pytest.raises(LoadError) as refused:
        problems.refuse("Nothing was loaded:")
    lines = str(refused.value).splitlines()
    assert lines[0] == "Nothing was loaded: 1,234 bad lines:"
    assert lines[1].startswith(f"{file}:2: balance is not")
    assert lines[PROBLEMS_SHOWN_MAX].startswith(f"{file}:{PROBLEMS_SHOWN_MAX + 1}: ")
    assert lines[-1] == "… and 1,134 more"
    assert len(lines) == PROBLEMS_SHOWN_MAX + 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(LoadError, match="cannot be read"):
            read_table(path, PERSONS, Problems())


def test_the_limits_are_those_of_messages() -> None:
    assert BALANCE_MAX == messages.AMOUNT_MAX
    for column, field in [
        ("institution", messages.Institution),
        ("person_no", messages.PersonNo),
        ("card_no", messages.CardNo),
        ("card_sn", messages.CardSn),
    ]:
        [meta] = get_args(field)[1:]
        assert meta.extra_json_schema == {"pattern": f"^{csv_files.PATTERNS[column]}$"}
