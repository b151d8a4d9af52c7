"""`medsettle dev`: the whole installation with a made population, for trying clients against it."""

import asyncio
import signal
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import typer

from app.access.api_keys import Binding, create_key, revoke_keys_of
from app.access.principal import Role
from app.config import ZONE, Settings
from app.database import connect
from app.demo.population import MadeInstitution, Population
from app.demo.seed import load_population
from app.embedded.process import Child
from app.errors import StackError
from app.installation import Installation, installed

_MADE_BY = "medsettle dev"
_KEY_LIFETIME = timedelta(days=365)
_SAMPLES_MAX = 1_000
_LOOK_EVERY_SECONDS = 0.25


async def run_dev(settings: Settings, data_dir: Path, *, api_port: int, kafka_port: int, persons: int) -> None:
    """Boot, load, serve until SIGINT or SIGTERM; a process of ours that dies is started again."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    settings = settings.model_copy(update={"api_port": api_port})
    async with installed(data_dir, settings, kafka_port=kafka_port) as installation:
        population = await load_population(installation.settings, installation.data_dir, persons)
        processes = {
            "api": await installation.start_api(),
            "worker": await installation.start_worker(),
            "scheduler": await installation.start_scheduler(),
        }
        description = _Description(installation, population, processes, await _make_keys(installation, population))
        description.write()
        typer.echo(f"API {installation.base_url}  Kafka {installation.settings.kafka_bootstrap_servers}")
        typer.echo(f"what a client needs: {description.path}")
        typer.echo("ready")
        while not stopping.is_set():
            await _restart_the_dead(installation, processes, description)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _LOOK_EVERY_SECONDS)


async def _restart_the_dead(
    installation: Installation, processes: dict[str, Child], description: "_Description"
) -> None:
    for name, child in processes.items():
        if child.exit_code is not None:
            installation.children.remove(child)
            start = {
                "api": installation.start_api,
                "worker": installation.start_worker,
                "scheduler": installation.start_scheduler,
            }
            try:
                processes[name] = await start[name]()
            except StackError as error:
                typer.echo(f"{name} does not start, trying again: {error}", err=True)
                processes[name] = installation.children[-1]
            description.write()


class _Keys(NamedTuple):
    """Whole keys: one a role, that of the first institution or its bank where it is bound, and each institution's."""

    by_role: dict[str, str]
    by_institution: dict[str, str]


async def _make_keys(installation: Installation, population: Population) -> _Keys:
    """Make keys for everyone who may be tried; those of an earlier start are good no more."""
    places = _active(population)
    connection = await connect(installation.owner_url, application_name="medsettle dev")

    async def key(role: Role, name: str, institution: str | None = None, bank: str | None = None) -> str:
        binding = Binding(role, name, institution, bank)
        return (await create_key(connection, binding, lifetime=_KEY_LIFETIME, created_by=_MADE_BY)).key

    try:
        async with connection.transaction():
            await revoke_keys_of(connection, _MADE_BY)
            by_institution = {
                place.institution: await key(Role.INSTITUTION, place.institution, institution=place.institution)
                for place in places
            }
            first = places[0]
            by_role = {"institution": by_institution[first.institution]}
            by_role["bank"] = await key(Role.BANK, first.bank, bank=first.bank)
            for role in (Role.AGENCY, Role.OPERATOR, Role.AUDITOR):
                by_role[role.value] = await key(role, f"{role}-1")
    finally:
        await connection.close()
    return _Keys(by_role, by_institution)


def _active(population: Population) -> list[MadeInstitution]:
    return [place for place in population.institutions if place.state == "active"]


class _Description:
    """`dev.json`: where everything is and who may be used to try it."""

    def __init__(
        self, installation: Installation, population: Population, processes: dict[str, Child], keys: _Keys
    ) -> None:
        self._installation = installation
        self._population = population
        self._processes = processes
        self._keys = keys
        self.path = installation.data_dir / "dev.json"

    def write(self) -> None:
        aside = self.path.with_suffix(".tmp")
        aside.write_bytes(orjson.dumps(self._content(), option=orjson.OPT_INDENT_2))
        aside.chmod(0o600)
        aside.replace(self.path)  # a reader sees the old one or the new one, never a half

    def _content(self) -> dict[str, Any]:
        settings, stack = self._installation.settings, self._installation.stack
        today = datetime.now(ZONE).date()
        pids = {name: child.pid for name, child in self._processes.items()}
        if stack is not None:
            pids |= {"postgres": stack.postgres.pid, "broker": stack.broker.pid}
        return {
            "base_url": self._installation.base_url,
            "kafka_bootstrap_servers": settings.kafka_bootstrap_servers,
            "topics": {
                "transactions": settings.topic_transactions,
                "outcomes": settings.topic_outcomes,
                "dlq": settings.topic_dead_letters,
            },
            "database_url": settings.database_url.get_secret_value(),
            "api_keys": self._keys.by_role,
            "pids": pids,
            "samples": {
                "institutions": [
                    {
                        "code": place.institution,
                        "kind": place.kind,
                        "bank": place.bank,
                        "api_key": self._keys.by_institution[place.institution],
                    }
                    for place in _active(self._population)
                ],
                "persons": [
                    {
                        "person_no": person.person_no,
                        "card_no": person.card_no,
                        "card_sn": person.card_sn,
                        "balance": person.balance,
                    }
                    for person in self._population.persons
                    if person.card_state == "active" and person.valid_to >= today
                ][:_SAMPLES_MAX],
            },
        }
