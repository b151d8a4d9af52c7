"""The SFTP process: banks pull their settlement files from it and lay their acknowledgments down."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncssh

from app import logs
from app.config import Settings
from app.database import Pool, open_pool
from app.probes import Probes
from app.readiness import keep_readiness_told
from app.sftp.door import Door, Hall
from app.sftp.host_key import private_text, read_host_key
from app.tasks import start_beside, stop_beside

_log = logs.get(__name__)

_LOGIN_SECONDS_MAX = 20
_KEEPALIVE_SECONDS, _KEEPALIVES_UNANSWERED_MAX = 30, 3
# Nothing with SHA-1, no certificates, no keys that lie on a token of whose kind nothing is known here.
_SIGNATURES = (
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-256", "rsa-sha2-512",
)  # fmt: skip


async def run_sftp(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; open sessions may end by themselves within the drain bound."""
    stopping = asyncio.Event()
    probes = Probes()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    url = settings.database_url.get_secret_value()
    async with await open_pool(url, size_max=settings.pool_size_max, application_name="medsettle sftp") as pool:
        _log.info("metrics_served", port=probes.serve(settings.sftp_metrics_host, settings.sftp_metrics_port))
        beside = start_beside(probes.keep_beating(), keep_readiness_told(pool, probes))
        try:
            async with serving(pool, settings) as port:
                _log.info("sftp_started", port=port)
                await stopping.wait()
                probes.drain()
        finally:
            await stop_beside(beside)
    _log.info("sftp_stopped")


@asynccontextmanager
async def serving(pool: Pool, settings: Settings) -> AsyncIterator[int]:
    """Listen as long as the block lasts; the port, where 0 asked for a free one. Raises UsageError: no host key."""
    asyncssh.set_log_level("WARNING")  # below it says what clients call their files
    hall = Hall(pool, settings)
    host_key = read_host_key(settings.sftp_host_key.get_secret_value())
    server = await asyncssh.create_server(
        lambda: Door(hall),
        settings.sftp_host,
        settings.sftp_port,
        server_host_keys=[asyncssh.import_private_key(private_text(host_key))],
        server_version="medsettle",
        signature_algs=_SIGNATURES,
        compression_algs=["none"],
        gss_host=None,
        password_auth=False,
        kbdint_auth=False,
        host_based_auth=False,
        public_key_auth=True,
        allow_pty=False,
        allow_scp=False,
        agent_forwarding=False,
        x11_forwarding=False,
        line_editor=False,
        encoding=None,
        login_timeout=_LOGIN_SECONDS_MAX,
        keepalive_interval=_KEEPALIVE_SECONDS,
        keepalive_count_max=_KEEPALIVES_UNANSWERED_MAX,
    )
    try:
        yield server.get_port()
    finally:
        server.close()
        await _let_end(hall, settings.drain_seconds_max)
        await server.wait_closed()


async def _let_end(hall: Hall, seconds_max: float) -> None:
    """Sessions that are open may end by themselves, for a while."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds_max):
            for connection in list(hall.connections):
                await connection.wait_closed()
    for connection in list(hall.connections):
        connection.abort()
