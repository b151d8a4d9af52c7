"""The console of one API process: its pages, and what it keeps for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import Request

from app.console.live import Live
from app.routes.services import Services
from app.tasks import start_beside, stop_beside


@dataclass(frozen=True, slots=True)
class Desk:
    live: Live

    def close(self) -> None:
        """Let go of streams, so that the process can stop."""
        self.live.close()


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


@asynccontextmanager
async def running_desk(services: Services) -> AsyncIterator[Desk]:
    desk = Desk(Live(services.pool))
    beside = start_beside(desk.live.run())
    try:
        yield desk
    finally:
        await stop_beside(beside)
