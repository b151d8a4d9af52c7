"""The embedded stack: Postgres and the broker on one data folder, for as long as a `with` block lasts."""

import fcntl
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.embedded.broker import Broker, start_broker
from app.embedded.disk import made_folder, refusals_explained, require_space
from app.embedded.postgres import Postgres, start_postgres
from app.errors import StackError


@dataclass(frozen=True, slots=True)
class Stack:
    data_dir: Path
    postgres: Postgres
    broker: Broker


@asynccontextmanager
async def running_stack(
    data_dir: Path,
    *,
    postgres_port: int = 0,
    kafka_port: int = 0,
    postgres_settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Stack]:
    """Postgres and the broker, both gone at the end of the block, or with this process if it is killed."""
    folder = made_folder(data_dir)
    async with AsyncExitStack() as cleanup:
        cleanup.enter_context(_held(folder))
        require_space(folder)
        postgres = await start_postgres(folder, postgres_port, settings=postgres_settings)
        cleanup.push_async_callback(postgres.stop)
        broker = await start_broker(folder, kafka_port)
        cleanup.push_async_callback(broker.stop)
        yield Stack(folder, postgres, broker)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keep other stacks off the folder; the kernel lets go when this process ends, however it ends."""
    with refusals_explained(folder):
        lock = (folder / "lock").open("a+")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise StackError(
                f"{folder} is in use by another medsettle stack (process {holder}): "
                "stop it, or choose another data folder"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
