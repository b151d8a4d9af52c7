from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.acknowledgment_answer import AcknowledgmentAnswer


T = TypeVar("T", bound="Acknowledgments")


@_attrs_define
class Acknowledgments:
    """Newest first; also those that were refused. `next_before` asks for the next page; null on the last one.

    Attributes:
        acknowledgments (list[AcknowledgmentAnswer]):
        next_before (int | None):
    """

    acknowledgments: list[AcknowledgmentAnswer]
    next_before: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        acknowledgments = []
        for acknowledgments_item_data in self.acknowledgments:
            acknowledgments_item = acknowledgments_item_data.to_dict()
            acknowledgments.append(acknowledgments_item)

        next_before: int | None
        next_before = self.next_before

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "acknowledgments": acknowledgments,
                "next_before": next_before,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.acknowledgment_answer import AcknowledgmentAnswer  # noqa: PLC0415

        d = dict(src_dict)
        acknowledgments = []
        _acknowledgments = d.pop("acknowledgments")
        for acknowledgments_item_data in _acknowledgments:
            acknowledgments_item = AcknowledgmentAnswer.from_dict(acknowledgments_item_data)

            acknowledgments.append(acknowledgments_item)

        def _parse_next_before(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        next_before = _parse_next_before(d.pop("next_before"))

        acknowledgments = cls(
            acknowledgments=acknowledgments,
            next_before=next_before,
        )

        acknowledgments.additional_properties = d
        return acknowledgments

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
