"""`medsettle audit …`: who did what, and who looked at whose data."""

from typing import TYPE_CHECKING

import typer

from app.commands.desk import decide

if TYPE_CHECKING:
    from app.access.audit import Entry
    from app.config import Settings
    from app.database import Connection

app = typer.Typer(no_args_is_help=True, help="Read the audit log.")


@app.callback()
def audit() -> None:
    """Read the audit log."""


@app.command(name="list")
def list_(
    person: str | None = typer.Option(None, help="Number of the person whose data it was"),
    name: str | None = typer.Option(None, help="Who it was"),
    before: int | None = typer.Option(None, help="Only those before this number"),
    limit: int = typer.Option(100, min=1, max=1_000),
) -> None:
    """Acts and looks, newest first."""
    from app.access.audit import read_audit

    async def work(connection: "Connection", _: "Settings") -> str:
        found, behind = await read_audit(connection, person_no=person, name=name, cursor=before, limit=limit)
        more = [] if behind is None else [f"more: --before {behind}"]
        return "\n".join([*map(_text, found), *more]) or "nothing"

    decide(work)


def _text(entry: "Entry") -> str:
    parts = (
        f"{entry.entry_id} {entry.happened_at:%Y-%m-%d %H:%M:%S} {entry.role} {entry.name}",
        entry.credential,
        entry.route,
        entry.target,
        "" if entry.person_no is None else f"of {entry.person_no}",
        "not ended" if entry.status is None else "done" if entry.status == 0 else str(entry.status),
        entry.reason,
    )
    return "; ".join(part for part in parts if part)
