"""When a process may be given work: asked by the orchestrator over HTTP."""

from pathlib import Path

import asyncpg
import httpx
from app.database import Pool
from app.embedded.ports import free_port
from app.readiness import why_not_ready
from tests.harness import House, eventually


async def says(pool: Pool, reason: str | None) -> None:
    """A database that answers late is away; on a busy machine that passes."""

    async def is_said() -> bool:
        return await why_not_ready(pool) == reason

    await eventually(is_said)


async def test_a_database_with_all_migrations_of_this_release_is_ready(pool: Pool) -> None:
    await says(pool, None)


async def test_a_release_waits_for_its_own_migrations(pool: Pool, owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    await owner.execute("DELETE FROM public.medsettle_migrations WHERE name LIKE '0001%'")
    await says(pool, "database not migrated")


async def test_a_release_runs_on_the_schema_of_a_newer_one(
    pool: Pool, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await owner.execute("INSERT INTO public.medsettle_migrations (name, sha256) VALUES ('9999_newer.sql', '')")
    await says(pool, None)


async def test_a_worker_and_a_scheduler_answer_probes_and_prometheus(standing: House, tmp_path: Path) -> None:
    ports = {"worker": free_port(), "scheduler": free_port()}
    overrides = {f"{name}_metrics_port": port for name, port in ports.items()}
    async with standing.other(tmp_path, **overrides) as house:
        await house.start_worker()
        house.installation._start("scheduler")
        for port in ports.values():
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                await eventually(lambda client=client: _is_ready(client))  # type: ignore[misc]
                for path in ("/health/live", "/health/startup", "/metrics"):
                    assert (await client.get(path)).status_code == 200


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/ready")).is_success
    except httpx.TransportError:
        return False
