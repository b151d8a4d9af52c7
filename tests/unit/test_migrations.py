"""Migrations only add, so that the release before works on beside the new one, and after a rollback."""

import re
from pathlib import Path

import pytest
from app.migrate import DIRECTORY

#: What the code of the release before would fall over.
_TAKES_AWAY = {
    r"\bDROP\s+(TABLE|COLUMN|SCHEMA|FUNCTION|VIEW|TYPE|SEQUENCE|ROLE)\b": "drops what the release before uses",
    r"\bRENAME\b": "renames",
    r"\bALTER\s+COLUMN\s+\w+\s+(SET\s+DATA\s+)?TYPE\b": "changes the type of a column",
    r"\bSET\s+NOT\s+NULL\b": "refuses what the release before may write",
    r"\bDROP\s+DEFAULT\b": "refuses rows of the release before",
    r"\b(TRUNCATE|DELETE\s+FROM)\b": "takes rows away",
    r"\bREVOKE\b(?!\s+(EXECUTE\s+ON\s+FUNCTION\s+[\w.]+|ALL)\s+FROM\s+PUBLIC)(?!\s+EXECUTE)": "takes a right away",
    r"\bADD\s+COLUMN\s+\w+\s+(?![^,;]*\bDEFAULT\b)[^,;]*\bNOT\s+NULL\b": "wants a new column filled",
}
# A rule or an index may be put in the place of one of the same name, as where a CHECK lets in one word more.
_REPLACED = r"\bDROP\s+(?:CONSTRAINT|INDEX)\s+(?:IF\s+EXISTS\s+)?(?:\w+\.)?(\w+)"
_MADE = r"\b(?:ADD\s+CONSTRAINT|CREATE\s+(?:UNIQUE\s+)?INDEX)\s+(\w+)"
_UNDER_ANOTHER_NAME = {"account_personal_is_kept": "account_of_holder_is_kept"}


def taken_away(sql: str) -> list[str]:
    """What a migration takes away, in words. Bodies of functions are not looked at: they run later."""
    plain = re.sub(r"--[^\n]*|'[^']*'", "", re.sub(r"AS \$\$.*?\$\$", "", sql, flags=re.DOTALL))
    found = [words for pattern, words in _TAKES_AWAY.items() if re.search(pattern, plain, re.IGNORECASE)]
    made = set(re.findall(_MADE, plain, re.IGNORECASE))
    gone = [
        name for name in re.findall(_REPLACED, plain, re.IGNORECASE) if _UNDER_ANOTHER_NAME.get(name, name) not in made
    ]
    return found + [f"drops {name} and puts nothing in its place" for name in gone]


@pytest.mark.parametrize("file", sorted(DIRECTORY.glob("*.sql")), ids=lambda file: file.stem)
def test_a_migration_only_adds(file: Path) -> None:
    assert taken_away(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE ledger.accounts;",
        "ALTER TABLE t DROP COLUMN c;",
        "alter table t rename column a to b;",
        "ALTER TABLE t ALTER COLUMN c TYPE bigint;",
        "ALTER TABLE t ALTER COLUMN c SET NOT NULL;",
        "ALTER TABLE t ADD COLUMN a text, ADD COLUMN c text NOT NULL;",
        "ALTER TABLE t DROP CONSTRAINT c;",
        "DROP INDEX s.i; CREATE INDEX other ON t (c);",
        "REVOKE SELECT ON t FROM medsettle_app;",
        "TRUNCATE t;",
        "DELETE FROM t WHERE true;",
    ],
)
def test_what_takes_away_is_found(sql: str) -> None:
    assert len(taken_away(sql)) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ADD COLUMN c text NOT NULL DEFAULT '', ADD COLUMN d date;",
        "ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a IN ('x', 'y'));",
        "DROP INDEX s.i; CREATE UNIQUE INDEX i ON s.t (c);",
        "-- DROP TABLE t\nCREATE TABLE t (a text NOT NULL);",
        "REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DELETE FROM t $$;",
    ],
)
def test_what_only_adds_is_let_through(sql: str) -> None:
    assert taken_away(sql) == []
