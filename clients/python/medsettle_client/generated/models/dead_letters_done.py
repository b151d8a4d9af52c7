from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.dead_letters_done_reads_as import DeadLettersDoneReadsAs
    from ..models.letter_left import LetterLeft


T = TypeVar("T", bound="DeadLettersDone")


@_attrs_define
class DeadLettersDone:
    """done: letters that were closed, or in a dry run would be. left: the first hundred of those that were not.

    reads_as: of a dry run of a replay, what this release makes of them. more: further letters are open behind `limit`.

        Attributes:
            done (int):
            left_count (int):
            left (list[LetterLeft]):
            reads_as (DeadLettersDoneReadsAs):
            more (bool):
    """

    done: int
    left_count: int
    left: list[LetterLeft]
    reads_as: DeadLettersDoneReadsAs
    more: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        done = self.done

        left_count = self.left_count

        left = []
        for left_item_data in self.left:
            left_item = left_item_data.to_dict()
            left.append(left_item)

        reads_as = self.reads_as.to_dict()

        more = self.more

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "done": done,
                "left_count": left_count,
                "left": left,
                "reads_as": reads_as,
                "more": more,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.dead_letters_done_reads_as import DeadLettersDoneReadsAs  # noqa: PLC0415
        from ..models.letter_left import LetterLeft  # noqa: PLC0415

        d = dict(src_dict)
        done = d.pop("done")

        left_count = d.pop("left_count")

        left = []
        _left = d.pop("left")
        for left_item_data in _left:
            left_item = LetterLeft.from_dict(left_item_data)

            left.append(left_item)

        reads_as = DeadLettersDoneReadsAs.from_dict(d.pop("reads_as"))

        more = d.pop("more")

        dead_letters_done = cls(
            done=done,
            left_count=left_count,
            left=left,
            reads_as=reads_as,
            more=more,
        )

        dead_letters_done.additional_properties = d
        return dead_letters_done

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
