"""One session of a bank: it looks, reads out of `/out` and lays acknowledgments into `/in`."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import asyncssh
from asyncssh import FXF_READ, FXF_WRITE, SFTPAttrs, SFTPFailure, SFTPName, SFTPNoSuchFile, SFTPPermissionDenied

from app import logs
from app.access import audit
from app.access.principal import Principal
from app.access.sftp_keys import is_good_key
from app.clearing.acknowledgments.taking import take
from app.codes import Code
from app.config import Settings
from app.database import Pool, transaction
from app.errors import DatabaseUnavailable, Refused
from app.sftp.closed import Closed
from app.sftp.downloads import Download, Text
from app.sftp.out import Out
from app.sftp.paths import Folder, Place, acknowledged_file, normalized, place_of
from app.sftp.uploads import Room, Upload

_log = logs.get(__name__)

_OPEN_MAX = 32
_READ_BYTES_MAX = 256 << 10
# Of answers that a client does not take; above it the next one waits, and the client is let go after a while.
_UNSENT_BYTES_MAX = 4 << 20
_UNSENT_SECONDS_MAX = 60.0
_UNSENT_LOOK_SECONDS = 0.05
_FOLDER, _READ_ONLY, _WRITE_ONLY = 0o040555, 0o100444, 0o100222
PUT: Final = "SFTP put /in"


class Root(Closed):
    """One session. `is_cut`: the client ended it, so that what it left open is not whole."""

    def __init__(
        self,
        channel: asyncssh.SSHServerChannel[bytes],
        pool: Pool,
        settings: Settings,
        principal: Principal,
        room: Room,
        is_cut: Callable[[], bool],
    ) -> None:
        super().__init__(channel)
        assert principal.bank is not None
        self._pool = pool
        self._settings = settings
        self._principal = principal
        self._bank = principal.bank
        self._out = Out(pool, principal)
        self._room = room
        self._is_cut = is_cut
        self._open = 0
        self._waiting: dict[str, Upload] = {}  # whole, under a name that says it is only on its way
        self._sizes: dict[str, int] = {}  # of what was taken: many clients look whether all has come

    # Looking

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        place = _place(path)
        await self._prove()
        if place.name:
            raise SFTPNoSuchFile("This is no folder.")
        yield _name(".", _folder_attrs())
        yield _name("..", _folder_attrs())
        match place.folder:
            case Folder.ROOT:
                for folder in (Folder.IN, Folder.OUT):
                    yield _name(folder.value.lstrip("/"), _folder_attrs())
            case Folder.IN:
                for name, size in self._laid().items():
                    yield _name(name, _file_attrs(size, datetime.now(UTC), _WRITE_ONLY))
            case Folder.OUT:
                with _told():
                    async for name, found in self._out.listed():
                        yield _name(name, _attrs_of(found))

    async def stat(self, path: bytes) -> SFTPAttrs:
        place = _place(path)
        if not place.name:
            return _folder_attrs()
        if place.folder is Folder.IN:
            if place.name not in self._laid():
                raise SFTPNoSuchFile("Nothing of this name was laid here in this session.")
            return _file_attrs(self._laid()[place.name], datetime.now(UTC), _WRITE_ONLY)
        with _told():
            return _attrs_of(await self._out.find(place.name))

    async def lstat(self, path: bytes) -> SFTPAttrs:
        return await self.stat(path)

    def fstat(self, file_obj: object) -> SFTPAttrs:
        if isinstance(file_obj, Upload):
            return _file_attrs(file_obj.size, datetime.now(UTC), _WRITE_ONLY)
        assert isinstance(file_obj, Download | Text)
        return _attrs_of(file_obj)

    def realpath(self, path: bytes) -> bytes:
        try:
            return normalized(path).encode()
        except UnicodeDecodeError:
            raise SFTPNoSuchFile("There is no such file.") from None

    # Reading and laying

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        place = _place(path)
        await self._prove()
        if not place.name:
            raise SFTPPermissionDenied("This is a folder.")
        if self._open >= _OPEN_MAX:
            raise SFTPFailure(f"{_OPEN_MAX} files are open.")
        opened: object
        if place.folder is Folder.OUT:
            if pflags & ~FXF_READ:
                raise SFTPPermissionDenied("What lies in /out is only read.")
            with _told():
                opened = await self._out.find(place.name)
        else:
            if not pflags & FXF_WRITE:
                raise SFTPPermissionDenied("What is laid into /in is not read.")
            opened = Upload(place.name, self._room)
        self._open += 1
        return opened

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        if isinstance(file_obj, Upload):
            raise SFTPPermissionDenied("What is laid into /in is not read.")
        assert isinstance(file_obj, Download | Text)
        await self._wait_for_reader()
        with _told():
            return await file_obj.read(offset, min(size, _READ_BYTES_MAX))

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        if not isinstance(file_obj, Upload):
            raise SFTPPermissionDenied("What lies in /out is only read.")
        file_obj.write(offset, data)
        return len(data)

    async def close(self, file_obj: object) -> None:
        """Of an upload that is whole: take it. Raises SFTPFailure where it could not be."""
        self._open -= 1
        if not isinstance(file_obj, Upload):
            return
        if self._is_cut() or self.channel.is_closing():
            file_obj.drop()
            self.channel.close()  # a client that waits for an answer still gets none, and sends it again
            return
        if not file_obj.is_whole:
            file_obj.drop()
            raise SFTPFailure("Not all of it came; nothing was taken.")
        self._forget(file_obj.name)
        if acknowledged_file(file_obj.name) is None:
            self._waiting[file_obj.name] = file_obj
            return
        await self._take(file_obj, file_obj.name)

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Of an upload that came under another name first."""
        old, new = _place(oldpath), _place(newpath)
        if old.folder is not Folder.IN or new.folder is not Folder.IN or not new.name:
            raise SFTPPermissionDenied("Only what was laid into /in in this session is renamed, within it.")
        upload = self._waiting.pop(old.name, None)
        if upload is None:
            raise SFTPNoSuchFile("Nothing of this name was laid here in this session.")
        self._forget(new.name)
        if acknowledged_file(new.name) is None:
            self._waiting[new.name] = upload
            return
        await self._take(upload, new.name)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self.rename(oldpath, newpath)

    def remove(self, path: bytes) -> None:
        place = _place(path)
        if place.folder is not Folder.IN or place.name not in self._waiting:
            raise SFTPPermissionDenied("Nothing is removed but what was laid into /in and not taken yet.")
        self._forget(place.name)

    def exit(self) -> None:
        for name in list(self._waiting):
            self._forget(name)

    def _laid(self) -> dict[str, int]:
        return {**self._sizes, **{name: upload.size for name, upload in self._waiting.items()}}

    def _forget(self, name: str) -> None:
        upload = self._waiting.pop(name, None)
        if upload is not None:
            upload.drop()

    async def _take(self, upload: Upload, name: str) -> None:
        file_id = acknowledged_file(name)
        assert file_id is not None
        try:
            with _told():
                await self._hand_over(file_id, upload.content())
            self._sizes[name] = upload.size
        finally:
            upload.drop()

    async def _hand_over(self, file_id: str, content: bytes) -> None:
        """What became of it stands in the result file; that it was refused as a whole is no failure of the upload."""
        await self._prove()
        deed = audit.Deed(PUT, f"file_id={file_id}", "", "")
        entry_id = await audit.begin(self._pool, self._principal, deed)
        try:
            async with transaction(self._pool) as connection:
                await self._out.own_file(connection, file_id)
            taken = await take(
                self._settings.database_url.get_secret_value(),
                self._settings.cut_off,
                file_id,
                content,
                by=self._principal.name,
            )
        except Refused:
            await audit.end(self._pool, entry_id, HTTPStatus.UNPROCESSABLE_ENTITY, None)
            raise
        status = HTTPStatus.OK if taken.replayed else HTTPStatus.CREATED
        status = status if taken.code == Code.OK else HTTPStatus.UNPROCESSABLE_ENTITY
        await audit.end(self._pool, entry_id, status, None)

    # Who is there

    async def _prove(self) -> None:
        """Raises SFTPPermissionDenied once the key is revoked or expired; the connection ends then."""
        with _told():
            async with transaction(self._pool) as connection:
                is_good = await is_good_key(connection, self._bank, self._principal.credential)
        if not is_good:
            self.connection.close()
            raise SFTPPermissionDenied("The key is not good any more.")

    async def _wait_for_reader(self) -> None:
        """Until what was answered is taken. Raises SFTPFailure, and lets a client go that takes nothing for long."""
        waited_until = time.monotonic() + _UNSENT_SECONDS_MAX
        while self._unsent() > _UNSENT_BYTES_MAX:
            if time.monotonic() > waited_until:
                self.connection.abort()
                raise SFTPFailure("Nothing was read for too long.")
            await asyncio.sleep(_UNSENT_LOOK_SECONDS)

    def _unsent(self) -> int:
        # asyncssh does not stop at a full socket, and a client names its own window: both buffers count.
        transport = self.connection._transport  # noqa: SLF001
        return self.channel.get_write_buffer_size() + (0 if transport is None else transport.get_write_buffer_size())

    # Times and permissions that clients set on what they lay are passed over

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        if _place(path).folder is not Folder.IN:
            raise SFTPPermissionDenied("What lies in /out is only read.")

    def lsetstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        self.setstat(path, attrs)

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        if not isinstance(file_obj, Upload):
            raise SFTPPermissionDenied("What lies in /out is only read.")


def _place(path: bytes) -> Place:
    place = place_of(path)
    if place is None:
        raise SFTPNoSuchFile("There is no such file.")
    return place


@contextmanager
def _told() -> Iterator[None]:
    """Failures in the words of SFTP."""
    try:
        yield
    except Refused as refused:
        if refused.code is Code.FILE_UNKNOWN:
            raise SFTPNoSuchFile(refused.detail) from None
        raise SFTPFailure(f"{refused.code}: {refused.detail}") from None
    except DatabaseUnavailable:
        raise SFTPFailure("The ledger is away. Try again in a while.") from None
    except ValueError as error:
        _log.error("file_unreadable", **logs.failure(error))
        raise SFTPFailure("The file cannot be read. Tell the operator.") from None


def _name(name: str, attrs: SFTPAttrs) -> SFTPName:
    return SFTPName(name.encode(), attrs=attrs)


def _attrs_of(readable: Download | Text) -> SFTPAttrs:
    return _file_attrs(readable.size, readable.changed_at, _READ_ONLY)


def _file_attrs(size: int, changed_at: datetime, permissions: int) -> SFTPAttrs:
    seconds = int(changed_at.timestamp())
    return SFTPAttrs(size=size, uid=0, gid=0, permissions=permissions, atime=seconds, mtime=seconds)


def _folder_attrs() -> SFTPAttrs:
    return SFTPAttrs(size=0, uid=0, gid=0, permissions=_FOLDER, atime=0, mtime=0)
