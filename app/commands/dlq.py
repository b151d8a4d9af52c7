"""`medsettle dlq …`: dead letters; list, show, replay and discard."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from app.commands.desk import on_ledger
from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from app.config import Settings
    from app.database import Pool
    from app.progress import Progress
    from app.settlement.dead_letter_desk import Done, Shown
    from app.settlement.dead_letter_register import Filter, Letter

app = typer.Typer(no_args_is_help=True, help="Dead letters: messages whose sender could not be answered.")

_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_LETTERS = typer.Argument(None, help="Numbers of letters; absent: all that the options find", min=1)
_CODE = typer.Option(None, help="Why they failed, as in docs/contract/errors.md")
_INSTITUTION = typer.Option(None, help="As the messages name it, where they can be read")
_PARTITION = typer.Option(None, min=0)
_SINCE = typer.Option(None, formats=_TIMES, help="Failed then or later, in Asia/Shanghai")
_UNTIL = typer.Option(None, formats=_TIMES, help="Failed before, in Asia/Shanghai")
_ALL = typer.Option(False, "--all", help="Every open letter")
_DRY_RUN = typer.Option(False, "--dry-run", help="Say what would be done, and do nothing")
_LIMIT = typer.Option(None, min=1, help="So many at most")
_OPERATOR = typer.Option(..., help="Who does it; recorded with it")


@app.callback()
def dlq() -> None:
    """Dead letters: messages whose sender could not be answered."""


@app.command(name="list")
def list_(
    state: str = typer.Option("open", help="open, replayed, discarded or all"),
    code: str | None = _CODE,
    institution: str | None = _INSTITUTION,
    partition: int | None = _PARTITION,
    since: datetime | None = _SINCE,
    until: datetime | None = _UNTIL,
    before: int | None = typer.Option(None, help="Only those before this number"),
    limit: int = typer.Option(50, min=1, max=1_000),
) -> None:
    """Newest first, and how many are open by code."""
    from app.settlement.dead_letter_desk import count_open, list_letters
    from app.settlement.dead_letter_register import LETTER_NO_MAX

    if state not in ("open", "replayed", "discarded", "all"):
        raise typer.BadParameter("--state is open, replayed, discarded or all")
    wanted = _filter(None, code, institution, partition, since, until)._replace(state=None if state == "all" else state)

    async def work(pool: "Pool", _: "Settings") -> str:
        found = await list_letters(pool, wanted, before=before or LETTER_NO_MAX, limit=limit)
        counts = await count_open(pool, wanted)
        opened = ", ".join([f"{count:,} {code}" for code, count in sorted(counts.items())])
        more = [f"more: --before {found[-1].letter_no}"] if len(found) == limit else []
        return "\n".join([*map(_line, found), *more, f"open: {opened or 'none'}"])

    on_ledger(work)


@app.command()
def show(letter: int = typer.Argument(..., min=1)) -> None:
    """A letter with its content masked, what this release makes of it, and what was done about it."""
    from app.parties.vault import Vault
    from app.settlement import dead_letter_desk

    async def work(pool: "Pool", settings: "Settings") -> str:
        return _text(await dead_letter_desk.show(pool, Vault.of(settings.data_keys), letter))

    on_ledger(work)


@app.command()
def replay(
    letters: list[int] | None = _LETTERS,
    code: str | None = _CODE,
    institution: str | None = _INSTITUTION,
    partition: int | None = _PARTITION,
    since: datetime | None = _SINCE,
    until: datetime | None = _UNTIL,
    everything: bool = _ALL,
    limit: int | None = _LIMIT,
    dry_run: bool = _DRY_RUN,
    reason: str = typer.Option("", help="Recorded with it"),
    operator: str = _OPERATOR,
) -> None:
    """Send open letters again, oldest first; nothing settles twice. What still fails comes back as a new letter."""
    from app.kafka import make_producer, start
    from app.parties.vault import Vault
    from app.settlement.dead_letter_desk import Resender
    from app.settlement.dead_letter_desk import replay as replay_letters

    wanted = _chosen(letters, code, institution, partition, since, until, everything)

    async def work(pool: "Pool", settings: "Settings", progress: "Progress") -> "Done":
        producer = make_producer(settings)
        resender = Resender(producer, settings.topic_transactions)
        if not dry_run:
            await start(producer, settings)
        try:
            return await replay_letters(
                pool, Vault.of(settings.data_keys), resender, wanted, operator=operator, reason=reason,
                dry_run=dry_run, limit=limit, progress=progress,
            )  # fmt: skip
        finally:
            await producer.stop()

    _do("dlq replay", wanted, work, operator=operator, dry_run=dry_run)


@app.command()
def discard(
    letters: list[int] | None = _LETTERS,
    code: str | None = _CODE,
    institution: str | None = _INSTITUTION,
    partition: int | None = _PARTITION,
    since: datetime | None = _SINCE,
    until: datetime | None = _UNTIL,
    everything: bool = _ALL,
    limit: int | None = _LIMIT,
    dry_run: bool = _DRY_RUN,
    reason: str = typer.Option(..., help="Recorded with it"),
    operator: str = _OPERATOR,
) -> None:
    """Close open letters about which nothing is to be done; they are kept."""
    from app.settlement.dead_letter_desk import discard as discard_letters

    if not reason.strip():
        raise typer.BadParameter("--reason may not be empty")
    wanted = _chosen(letters, code, institution, partition, since, until, everything)

    async def work(pool: "Pool", _: "Settings", progress: "Progress") -> "Done":
        return await discard_letters(
            pool, wanted, operator=operator, reason=reason.strip(), dry_run=dry_run, limit=limit, progress=progress
        )

    _do("dlq discard", wanted, work, operator=operator, dry_run=dry_run)


def _do(
    command: str,
    wanted: "Filter",
    work: "Callable[[Pool, Settings, Progress], Awaitable[Done]]",
    *,
    operator: str,
    dry_run: bool,
) -> None:
    """Record the command, do it with its progress shown, and say what came of it. Exit 1 if some were left."""
    from app.access.audit import record_command
    from app.database import open_pool, transaction
    from app.progress import shown

    settings = outside_settings(kafka=not dry_run and command == "dlq replay")

    async def with_pool() -> None:
        url = settings.database_url.get_secret_value()
        async with await open_pool(url, size_max=2, application_name="medsettle dlq") as pool:
            if not dry_run:
                async with transaction(pool) as connection:
                    await record_command(connection, operator, f"medsettle {command}", _said(wanted))
            with shown() as progress:
                done = await work(pool, settings, progress)
            typer.echo(_done_text(done, command, dry_run=dry_run))
            if done.left_count:
                raise typer.Exit(1)

    run(with_pool())


def _chosen(
    letters: list[int] | None,
    code: str | None,
    institution: str | None,
    partition: int | None,
    since: datetime | None,
    until: datetime | None,
    everything: bool,
) -> "Filter":
    from app.settlement.dead_letter_register import Filter

    wanted = _filter(letters, code, institution, partition, since, until)
    if (wanted == Filter()) != everything:
        raise typer.BadParameter("Name letters, or say by options which; or --all alone.")
    return wanted


def _filter(
    letters: list[int] | None,
    code: str | None,
    institution: str | None,
    partition: int | None,
    since: datetime | None,
    until: datetime | None,
) -> "Filter":
    from app.codes import Code
    from app.config import ZONE
    from app.settlement.dead_letter_register import Filter

    if code is not None and code not in set(Code):
        raise typer.BadParameter("--code is one of docs/contract/errors.md")
    return Filter(
        code=None if code is None else Code(code),
        institution=institution,
        partition=partition,
        since=since and since.replace(tzinfo=ZONE),
        until=until and until.replace(tzinfo=ZONE),
        letters=tuple(letters) if letters else None,
    )


def _said(wanted: "Filter") -> str:
    named = {name: value for name, value in wanted._asdict().items() if value is not None and name != "letters"}
    if wanted.letters is not None:
        named["letters"] = ",".join(map(str, wanted.letters))
    return " ".join([f"{name}={value}" for name, value in named.items()])[:200]


def _line(letter: "Letter") -> str:
    sender = f"; {letter.institution}/{letter.message_id}" if letter.institution is not None else ""
    again = f"; came back of {letter.replay_of}" if letter.replay_of is not None else ""
    lost = "" if letter.is_kept else "; not kept whole"
    return (
        f"{letter.letter_no} {letter.failed_at:%Y-%m-%d %H:%M:%S} {letter.state}; {letter.code}; {letter.topic}"
        f" {letter.partition}/{letter.offset}{sender}; {letter.value_bytes:,} bytes{again}{lost}"
    )


def _text(shown: "Shown") -> str:
    lines = [_line(shown.letter), f"why: {shown.letter.detail}"]
    if shown.reads_as is not None:
        verdict = "a message" if shown.reads_as == "ok" else f"{shown.reads_as}: {shown.reads_as_detail}"
        lines.append(f"this release reads it as {verdict}")
    if shown.settlement_id is not None:
        lines.append(f"under its institution and message id stands settlement {shown.settlement_id}")
    lines += [f"header {name}: {value}" for name, value in shown.headers]
    lines += [f"key: {shown.key}"] if shown.key is not None else []
    lines += [f"value: {shown.value}"] if shown.value is not None else []
    for act in shown.acts:
        to = f" to {act.place}" if act.place else ""
        reason = f": {act.reason}" if act.reason else ""
        lines.append(f"{act.acted_at:%Y-%m-%d %H:%M:%S} {act.act}{to} by {act.operator}{reason}")
    lines += [f"came back as letter {number}" for number in shown.came_back_as]
    return "\n".join(lines)


def _done_text(done: "Done", command: str, *, dry_run: bool) -> str:
    verb = "replayed" if command == "dlq replay" else "discarded"
    lines = [f"{done.done:,} letters {'would be ' if dry_run else ''}{verb}"]
    for code, count in sorted(done.reads_as.items()):
        lines.append(f"  {count:,} read as a message" if code == "ok" else f"  {count:,} would come back as {code}")
    if done.left_count:
        lines.append(f"{done.left_count:,} left:")
        lines += [f"  {number}: {code}" for number, code in done.left]
    if done.more:
        lines.append("more are open behind --limit")
    return "\n".join(lines)
