"""Offsets are committed by a member of the group alone.

aiokafka tries a commit again until the broker answers. If the member was put out of its group meanwhile, it then asks
as one that needs no group, and a broker that knows nobody of the group takes that: one with an empty log keeps offsets
of the log that was lost, and what stands before them on the new one would never be read.
"""

from typing import Any

from aiokafka.consumer import consumer
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import UnknownMemberIdError
from aiokafka.protocol.commit import OffsetCommitRequest


def commit_as_member_alone() -> None:
    """From now on `commit` of a consumer that starts raises CommitFailedError while it is in no group."""
    consumer.GroupCoordinator = _Coordinator


class _Coordinator(GroupCoordinator):  # type: ignore[misc]
    async def _do_commit_offsets(self, assignment: Any, offsets: Any) -> None:
        if self.generation == OffsetCommitRequest.DEFAULT_GENERATION_ID:
            raise UnknownMemberIdError(self.group_id)
        await super()._do_commit_offsets(assignment, offsets)
