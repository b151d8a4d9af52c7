from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.code import Code, check_code
from ..types import UNSET, Unset

T = TypeVar("T", bound="Replays")


@_attrs_define
class Replays:
    """
    Attributes:
        letters (list[int] | None | Unset):
        code (Code | None | Unset):
        institution (None | str | Unset):
        partition (int | None | Unset):
        since (datetime.datetime | None | Unset):
        until (datetime.datetime | None | Unset):
        dry_run (bool | Unset):  Default: False.
        limit (int | Unset):  Default: 1000.
        reason (str | Unset):  Default: ''.
    """

    letters: list[int] | None | Unset = UNSET
    code: Code | None | Unset = UNSET
    institution: None | str | Unset = UNSET
    partition: int | None | Unset = UNSET
    since: datetime.datetime | None | Unset = UNSET
    until: datetime.datetime | None | Unset = UNSET
    dry_run: bool | Unset = False
    limit: int | Unset = 1000
    reason: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        letters: list[int] | None | Unset
        if isinstance(self.letters, Unset):
            letters = UNSET
        elif isinstance(self.letters, list):
            letters = self.letters

        else:
            letters = self.letters

        code: None | str | Unset
        if isinstance(self.code, Unset):
            code = UNSET
        elif isinstance(self.code, str):
            code = self.code
        else:
            code = self.code

        institution: None | str | Unset
        if isinstance(self.institution, Unset):
            institution = UNSET
        else:
            institution = self.institution

        partition: int | None | Unset
        if isinstance(self.partition, Unset):
            partition = UNSET
        else:
            partition = self.partition

        since: None | str | Unset
        if isinstance(self.since, Unset):
            since = UNSET
        elif isinstance(self.since, datetime.datetime):
            since = self.since.isoformat()
        else:
            since = self.since

        until: None | str | Unset
        if isinstance(self.until, Unset):
            until = UNSET
        elif isinstance(self.until, datetime.datetime):
            until = self.until.isoformat()
        else:
            until = self.until

        dry_run = self.dry_run

        limit = self.limit

        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if letters is not UNSET:
            field_dict["letters"] = letters
        if code is not UNSET:
            field_dict["code"] = code
        if institution is not UNSET:
            field_dict["institution"] = institution
        if partition is not UNSET:
            field_dict["partition"] = partition
        if since is not UNSET:
            field_dict["since"] = since
        if until is not UNSET:
            field_dict["until"] = until
        if dry_run is not UNSET:
            field_dict["dry_run"] = dry_run
        if limit is not UNSET:
            field_dict["limit"] = limit
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_letters(data: object) -> list[int] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                letters_type_0 = cast(list[int], data)

                return letters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[int] | None | Unset, data)

        letters = _parse_letters(d.pop("letters", UNSET))

        def _parse_code(data: object) -> Code | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                code_type_0 = check_code(data)

                return code_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Code | None | Unset, data)

        code = _parse_code(d.pop("code", UNSET))

        def _parse_institution(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        institution = _parse_institution(d.pop("institution", UNSET))

        def _parse_partition(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        partition = _parse_partition(d.pop("partition", UNSET))

        def _parse_since(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                since_type_0 = datetime.datetime.fromisoformat(data)

                return since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        since = _parse_since(d.pop("since", UNSET))

        def _parse_until(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                until_type_0 = datetime.datetime.fromisoformat(data)

                return until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        until = _parse_until(d.pop("until", UNSET))

        dry_run = d.pop("dry_run", UNSET)

        limit = d.pop("limit", UNSET)

        reason = d.pop("reason", UNSET)

        replays = cls(
            letters=letters,
            code=code,
            institution=institution,
            partition=partition,
            since=since,
            until=until,
            dry_run=dry_run,
            limit=limit,
            reason=reason,
        )

        return replays
