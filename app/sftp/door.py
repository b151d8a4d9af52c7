"""Who gets in over SSH: a bank by one of its public keys, for the SFTP subsystem alone."""

from collections import Counter
from typing import Final

import asyncssh
from asyncssh.channel import SSHChannel
from asyncssh.stream import SSHServerStreamSession

from app import logs, metrics
from app.access.principal import Principal, Role
from app.access.rate_limits import Limit
from app.access.sftp_keys import is_good_key
from app.config import Settings
from app.database import Pool, transaction
from app.errors import DatabaseUnavailable, RateLimited
from app.sftp.root import Root
from app.sftp.uploads import Room

_log = logs.get(__name__)

_CONNECTIONS_MAX: Final = 200
_CONNECTIONS_OF_BANK_MAX: Final = 8
_SESSIONS_MAX: Final = 4
_KEYS_TRIED_MAX: Final = 10
# Of one address: each costs a handshake.
_LOGINS_PER_SECOND, _LOGINS_BURST_SECONDS = 5, 10
_VERSION: Final = 3


class Hall:
    """What the connections of one process share."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self.pool = pool
        self.settings = settings
        self.room = Room()
        self.logins = Limit("logins", _LOGINS_PER_SECOND, _LOGINS_BURST_SECONDS)
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self.of_bank: Counter[str] = Counter()


class Door(asyncssh.SSHServer):
    """Of one connection."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._connection: asyncssh.SSHServerConnection | None = None
        self._principal: Principal | None = None
        self._is_in = False
        self._tried = 0
        self._sessions = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        try:
            if len(self._hall.connections) >= _CONNECTIONS_MAX:
                raise RateLimited("connections", "", 0)
            self._hall.logins.take(str(conn.get_extra_info("peername")[0]))
        except RateLimited:
            metrics.SFTP_LOGINS.labels("limited").inc()
            conn.abort()
            return
        self._hall.connections.add(conn)
        metrics.SFTP_CONNECTIONS.set(len(self._hall.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._hall.connections.discard(self._connection)
            metrics.SFTP_CONNECTIONS.set(len(self._hall.connections))
        if self._is_in and self._principal is not None:
            self._hall.of_bank[self._principal.name] -= 1

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self._principal = None
        self._tried += 1
        fingerprint = key.get_fingerprint()
        try:
            is_good = self._tried <= _KEYS_TRIED_MAX and await self._is_good(username, fingerprint)
        except DatabaseUnavailable:
            is_good = False
        if is_good:
            self._principal = Principal(Role.BANK, username, fingerprint, bank=username)
        else:
            metrics.SFTP_LOGINS.labels("refused").inc()
        return is_good

    def auth_completed(self) -> None:
        assert self._principal is not None
        assert self._connection is not None
        bank = self._principal.name
        if self._hall.of_bank[bank] >= _CONNECTIONS_OF_BANK_MAX:
            metrics.SFTP_LOGINS.labels("limited").inc()
            self._connection.disconnect(
                asyncssh.DISC_TOO_MANY_CONNECTIONS, f"A bank has {_CONNECTIONS_OF_BANK_MAX} connections at a time."
            )
            return
        self._is_in = True
        self._hall.of_bank[bank] += 1
        metrics.SFTP_LOGINS.labels("good").inc()
        _log.info("sftp_login", bank=bank, key=self._principal.credential)

    def session_requested(self) -> "_Session | bool":
        if not self._is_in or self._principal is None or self._sessions >= _SESSIONS_MAX:
            return False
        self._sessions += 1
        return _Session(self._hall, self._principal)

    async def _is_good(self, bank: str, fingerprint: str) -> bool:
        async with transaction(self._hall.pool) as connection:
            return await is_good_key(connection, bank, fingerprint)


class _Session(SSHServerStreamSession[bytes]):
    """The SFTP subsystem, which remembers that its client ended it. A shell, a command or a terminal there is not."""

    def __init__(self, hall: Hall, principal: Principal) -> None:
        def root(channel: SSHChannel[bytes]) -> Root:
            assert isinstance(channel, asyncssh.SSHServerChannel)
            return Root(channel, hall.pool, hall.settings, principal, hall.room, lambda: self._is_ended)

        super().__init__(None, root, _VERSION, False)
        self._is_ended = False

    def eof_received(self) -> bool:
        self._is_ended = True
        return bool(super().eof_received())
