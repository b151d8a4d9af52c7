"""Acknowledgments on their way in: kept in memory until they are whole, bounded, and dropped with their session."""

from typing import Final

from asyncssh import SFTPFailure

from app.clearing.acknowledgments.taking import BYTES_MAX

#: Of all that is on its way in one process.
_BYTES_IN_HAND_MAX: Final = 4 * BYTES_MAX


class Room:
    """How much all uploads of a process hold."""

    def __init__(self) -> None:
        self._taken = 0

    def take(self, size: int) -> None:
        """Raises SFTPFailure where there is no more."""
        if self._taken + size > _BYTES_IN_HAND_MAX:
            raise SFTPFailure("Other uploads are in hand; send this one again in a while.")
        self._taken += size

    def give(self, size: int) -> None:
        self._taken -= size


class Upload:
    """What came of a file so far, in whichever order its pieces came."""

    def __init__(self, name: str, room: Room) -> None:
        self.name = name
        self._room = room
        self._content = bytearray()
        self._written = 0
        self._is_spoilt = False

    def write(self, offset: int, data: bytes) -> None:
        """Raises SFTPFailure where it is more than is taken; what came is of no use then."""
        end = offset + len(data)
        try:
            if end > BYTES_MAX:
                raise SFTPFailure(f"At most {BYTES_MAX:,} bytes are taken at a time; send several.")
            self._room.take(max(end - len(self._content), 0))
        except SFTPFailure:
            self._is_spoilt = True
            raise
        if end > len(self._content):
            self._content.extend(bytes(end - len(self._content)))
        self._content[offset:end] = data
        self._written += len(data)

    @property
    def size(self) -> int:
        return len(self._content)

    @property
    def is_whole(self) -> bool:
        """Nothing was refused, and no piece is missing."""
        return not self._is_spoilt and self._written == len(self._content)

    def content(self) -> bytes:
        return bytes(self._content)

    def drop(self) -> None:
        self._room.give(len(self._content))
        self._content.clear()
