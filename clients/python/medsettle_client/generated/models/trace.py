from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.trace_stage import TraceStage, check_trace_stage

if TYPE_CHECKING:
    from ..models.batch_step import BatchStep
    from ..models.day_step import DayStep
    from ..models.file_step import FileStep
    from ..models.line_step import LineStep
    from ..models.message_step import MessageStep
    from ..models.movement import Movement
    from ..models.original import Original
    from ..models.outcome import Outcome
    from ..models.position_step import PositionStep
    from ..models.standing import Standing


T = TypeVar("T", bound="Trace")


@_attrs_define
class Trace:
    """The whole way of one transaction, each list in order of time.

        positions: of its business day, and where that was carried, of the days behind it until it was paid. lines: that
    of
        the last position, and where it failed, those that paid its money again. details: files that name the
    transaction.

        Attributes:
            institution (str):
            message_id (str):
            stage (TraceStage):
            message (MessageStep): message_key: 16 bytes made of institution and message id. occurred_at: as the sender
                said; settled_at: here.

                    fingerprint_matches: what is stored of the message is what was taken under its key; null where a reversal
                took the
                    key before the message came.
            outcome (Outcome): What a message came to, as the topic, the HTTP reply and every query show it. Amounts in fen.

                    amount: what the message asked for; where it left that open, what was moved or released. Example:
                {'settlement_id': '2026112200000000000010240003', 'institution': 'H00000000001', 'message_id':
                'H00000000001202611221030000001', 'kind': 'payment', 'person_no': '99000000000001', 'status': 'settled', 'code':
                'ok', 'amount': 10500, 'account_paid': 10000, 'mutual_aid_paid': 0, 'debit_paid': 0, 'cash_due': 500,
                'balance_after': 0, 'parts': [{'source': 'account', 'amount': 10000, 'part': 'current'}, {'source': 'cash',
                'amount': 500}], 'business_day': '2026-11-22', 'settled_at': '2026-11-22T02:30:00.123456Z',
                'original_message_id': None, 'expires_at': None, 'card_activated': False, 'replayed': False, 'differing_fields':
                [], 'detail': None, 'metadata': None}.
            original (None | Original):
            standing (None | Standing):
            transfers (list[Movement]):
            batch (BatchStep): Place in the journal. position: from 0, among `size` rows. published_at: when Kafka had the
                batch's outcomes.
            day (DayStep): The business day; the rest once it is closed, and day_hash once its totals are taken.
            positions (list[PositionStep]):
            details (list[FileStep]):
            lines (list[LineStep]):
    """

    institution: str
    message_id: str
    stage: TraceStage
    message: MessageStep
    outcome: Outcome
    original: None | Original
    standing: None | Standing
    transfers: list[Movement]
    batch: BatchStep
    day: DayStep
    positions: list[PositionStep]
    details: list[FileStep]
    lines: list[LineStep]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.original import Original  # noqa: PLC0415
        from ..models.standing import Standing  # noqa: PLC0415

        institution = self.institution

        message_id = self.message_id

        stage: str = self.stage

        message = self.message.to_dict()

        outcome = self.outcome.to_dict()

        original: dict[str, Any] | None
        if isinstance(self.original, Original):
            original = self.original.to_dict()
        else:
            original = self.original

        standing: dict[str, Any] | None
        if isinstance(self.standing, Standing):
            standing = self.standing.to_dict()
        else:
            standing = self.standing

        transfers = []
        for transfers_item_data in self.transfers:
            transfers_item = transfers_item_data.to_dict()
            transfers.append(transfers_item)

        batch = self.batch.to_dict()

        day = self.day.to_dict()

        positions = []
        for positions_item_data in self.positions:
            positions_item = positions_item_data.to_dict()
            positions.append(positions_item)

        details = []
        for details_item_data in self.details:
            details_item = details_item_data.to_dict()
            details.append(details_item)

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "institution": institution,
                "message_id": message_id,
                "stage": stage,
                "message": message,
                "outcome": outcome,
                "original": original,
                "standing": standing,
                "transfers": transfers,
                "batch": batch,
                "day": day,
                "positions": positions,
                "details": details,
                "lines": lines,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.batch_step import BatchStep  # noqa: PLC0415
        from ..models.day_step import DayStep  # noqa: PLC0415
        from ..models.file_step import FileStep  # noqa: PLC0415
        from ..models.line_step import LineStep  # noqa: PLC0415
        from ..models.message_step import MessageStep  # noqa: PLC0415
        from ..models.movement import Movement  # noqa: PLC0415
        from ..models.original import Original  # noqa: PLC0415
        from ..models.outcome import Outcome  # noqa: PLC0415
        from ..models.position_step import PositionStep  # noqa: PLC0415
        from ..models.standing import Standing  # noqa: PLC0415

        d = dict(src_dict)
        institution = d.pop("institution")

        message_id = d.pop("message_id")

        stage = check_trace_stage(d.pop("stage"))

        message = MessageStep.from_dict(d.pop("message"))

        outcome = Outcome.from_dict(d.pop("outcome"))

        def _parse_original(data: object) -> None | Original:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                original_type_0 = Original.from_dict(data)

                return original_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Original, data)

        original = _parse_original(d.pop("original"))

        def _parse_standing(data: object) -> None | Standing:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                standing_type_0 = Standing.from_dict(data)

                return standing_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Standing, data)

        standing = _parse_standing(d.pop("standing"))

        transfers = []
        _transfers = d.pop("transfers")
        for transfers_item_data in _transfers:
            transfers_item = Movement.from_dict(transfers_item_data)

            transfers.append(transfers_item)

        batch = BatchStep.from_dict(d.pop("batch"))

        day = DayStep.from_dict(d.pop("day"))

        positions = []
        _positions = d.pop("positions")
        for positions_item_data in _positions:
            positions_item = PositionStep.from_dict(positions_item_data)

            positions.append(positions_item)

        details = []
        _details = d.pop("details")
        for details_item_data in _details:
            details_item = FileStep.from_dict(details_item_data)

            details.append(details_item)

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = LineStep.from_dict(lines_item_data)

            lines.append(lines_item)

        trace = cls(
            institution=institution,
            message_id=message_id,
            stage=stage,
            message=message,
            outcome=outcome,
            original=original,
            standing=standing,
            transfers=transfers,
            batch=batch,
            day=day,
            positions=positions,
            details=details,
            lines=lines,
        )

        trace.additional_properties = d
        return trace

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
