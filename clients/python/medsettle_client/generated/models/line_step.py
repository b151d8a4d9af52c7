from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.booking_step import BookingStep
    from ..models.file_step import FileStep
    from ..models.result_step import ResultStep


T = TypeVar("T", bound="LineStep")


@_attrs_define
class LineStep:
    """A payment of the bank to the institution, out of which the position's money goes. reissue_of: the failed line.

    booked: out of the institution's account into the bank's; returned: back again, once it failed.

    Attributes:
        line_id (str):
        business_day (datetime.date):
        bank (str):
        amount (int):
        reissue_of (None | str):
        booked (BookingStep | None):
        files (list[FileStep]):
        results (list[ResultStep]):
        returned (BookingStep | None):
    """

    line_id: str
    business_day: datetime.date
    bank: str
    amount: int
    reissue_of: None | str
    booked: BookingStep | None
    files: list[FileStep]
    results: list[ResultStep]
    returned: BookingStep | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.booking_step import BookingStep  # noqa: PLC0415

        line_id = self.line_id

        business_day = self.business_day.isoformat()

        bank = self.bank

        amount = self.amount

        reissue_of: None | str
        reissue_of = self.reissue_of

        booked: dict[str, Any] | None
        if isinstance(self.booked, BookingStep):
            booked = self.booked.to_dict()
        else:
            booked = self.booked

        files = []
        for files_item_data in self.files:
            files_item = files_item_data.to_dict()
            files.append(files_item)

        results = []
        for results_item_data in self.results:
            results_item = results_item_data.to_dict()
            results.append(results_item)

        returned: dict[str, Any] | None
        if isinstance(self.returned, BookingStep):
            returned = self.returned.to_dict()
        else:
            returned = self.returned

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "line_id": line_id,
                "business_day": business_day,
                "bank": bank,
                "amount": amount,
                "reissue_of": reissue_of,
                "booked": booked,
                "files": files,
                "results": results,
                "returned": returned,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.booking_step import BookingStep  # noqa: PLC0415
        from ..models.file_step import FileStep  # noqa: PLC0415
        from ..models.result_step import ResultStep  # noqa: PLC0415

        d = dict(src_dict)
        line_id = d.pop("line_id")

        business_day = datetime.date.fromisoformat(d.pop("business_day"))

        bank = d.pop("bank")

        amount = d.pop("amount")

        def _parse_reissue_of(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reissue_of = _parse_reissue_of(d.pop("reissue_of"))

        def _parse_booked(data: object) -> BookingStep | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                booked_type_0 = BookingStep.from_dict(data)

                return booked_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(BookingStep | None, data)

        booked = _parse_booked(d.pop("booked"))

        files = []
        _files = d.pop("files")
        for files_item_data in _files:
            files_item = FileStep.from_dict(files_item_data)

            files.append(files_item)

        results = []
        _results = d.pop("results")
        for results_item_data in _results:
            results_item = ResultStep.from_dict(results_item_data)

            results.append(results_item)

        def _parse_returned(data: object) -> BookingStep | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                returned_type_0 = BookingStep.from_dict(data)

                return returned_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(BookingStep | None, data)

        returned = _parse_returned(d.pop("returned"))

        line_step = cls(
            line_id=line_id,
            business_day=business_day,
            bank=bank,
            amount=amount,
            reissue_of=reissue_of,
            booked=booked,
            files=files,
            results=results,
            returned=returned,
        )

        line_step.additional_properties = d
        return line_step

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
