"""An SFTP server that refuses everything: what a session may do is opened one by one on top of it.

asyncssh's own server works on the file system of the machine wherever a method of it is left.
"""

import os
from collections.abc import AsyncIterator
from typing import NoReturn, TypeAlias

import asyncssh
from asyncssh import SFTPAttrs, SFTPName, SFTPOpUnsupported, SFTPPermissionDenied
from asyncssh.misc import MaybeAwait

Attributes: TypeAlias = SFTPAttrs | os.stat_result


class Closed(asyncssh.SFTPServer):
    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> MaybeAwait[object]:
        _refuse()

    def open56(self, path: bytes, desired_access: int, flags: int, attrs: SFTPAttrs) -> NoReturn:
        _refuse()

    def close(self, file_obj: object) -> MaybeAwait[None]:
        _refuse()

    def read(self, file_obj: object, offset: int, size: int) -> MaybeAwait[bytes]:
        _refuse()

    def write(self, file_obj: object, offset: int, data: bytes) -> MaybeAwait[int]:
        _refuse()

    def stat(self, path: bytes) -> MaybeAwait[Attributes]:
        _refuse()

    def lstat(self, path: bytes) -> MaybeAwait[Attributes]:
        _refuse()

    def fstat(self, file_obj: object) -> MaybeAwait[Attributes]:
        _refuse()

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        _refuse()

    def lsetstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        _refuse()

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        _refuse()

    def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        _refuse()

    def remove(self, path: bytes) -> None:
        _refuse()

    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        _refuse()

    def rmdir(self, path: bytes) -> None:
        _refuse()

    def realpath(self, path: bytes) -> MaybeAwait[bytes]:
        _refuse()

    def rename(self, oldpath: bytes, newpath: bytes) -> MaybeAwait[None]:
        _refuse()

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> MaybeAwait[None]:
        _refuse()

    def readlink(self, path: bytes) -> NoReturn:
        _refuse()

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        _refuse()

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        _refuse()

    def lock(self, file_obj: object, offset: int, length: int, flags: int) -> None:
        _refuse()

    def unlock(self, file_obj: object, offset: int, length: int) -> None:
        _refuse()

    def statvfs(self, path: bytes) -> NoReturn:
        raise SFTPOpUnsupported("There is no file system behind this.")

    def fstatvfs(self, file_obj: object) -> NoReturn:
        raise SFTPOpUnsupported("There is no file system behind this.")

    def fsync(self, file_obj: object) -> None:
        """What is taken is durable when its close is answered."""

    def map_path(self, path: bytes) -> NoReturn:
        _refuse()

    def reverse_map_path(self, path: bytes) -> NoReturn:
        _refuse()

    def format_user(self, uid: int | None) -> str:
        return "medsettle"

    def format_group(self, gid: int | None) -> str:
        return "medsettle"


def _refuse() -> NoReturn:
    raise SFTPPermissionDenied("Files are read from /out and laid into /in; nothing else is done here.")
