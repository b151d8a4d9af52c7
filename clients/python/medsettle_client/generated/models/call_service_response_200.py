from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.call_service_response_200_output import CallServiceResponse200Output


T = TypeVar("T", bound="CallServiceResponse200")


@_attrs_define
class CallServiceResponse200:
    """
    Attributes:
        infcode (int): 0: done; else err_msg says why not
        inf_refmsgid (str):
        refmsg_time (str):
        respond_time (str):
        err_msg (str):
        output (CallServiceResponse200Output):
        enctype (str | Unset):
        signtype (str | Unset):
        cainfo (str | Unset):
        warn_msg (str | Unset):
    """

    infcode: int
    inf_refmsgid: str
    refmsg_time: str
    respond_time: str
    err_msg: str
    output: CallServiceResponse200Output
    enctype: str | Unset = UNSET
    signtype: str | Unset = UNSET
    cainfo: str | Unset = UNSET
    warn_msg: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        infcode = self.infcode

        inf_refmsgid = self.inf_refmsgid

        refmsg_time = self.refmsg_time

        respond_time = self.respond_time

        err_msg = self.err_msg

        output = self.output.to_dict()

        enctype = self.enctype

        signtype = self.signtype

        cainfo = self.cainfo

        warn_msg = self.warn_msg

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "infcode": infcode,
                "inf_refmsgid": inf_refmsgid,
                "refmsg_time": refmsg_time,
                "respond_time": respond_time,
                "err_msg": err_msg,
                "output": output,
            }
        )
        if enctype is not UNSET:
            field_dict["enctype"] = enctype
        if signtype is not UNSET:
            field_dict["signtype"] = signtype
        if cainfo is not UNSET:
            field_dict["cainfo"] = cainfo
        if warn_msg is not UNSET:
            field_dict["warn_msg"] = warn_msg

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.call_service_response_200_output import (
            CallServiceResponse200Output,  # noqa: PLC0415
        )

        d = dict(src_dict)
        infcode = d.pop("infcode")

        inf_refmsgid = d.pop("inf_refmsgid")

        refmsg_time = d.pop("refmsg_time")

        respond_time = d.pop("respond_time")

        err_msg = d.pop("err_msg")

        output = CallServiceResponse200Output.from_dict(d.pop("output"))

        enctype = d.pop("enctype", UNSET)

        signtype = d.pop("signtype", UNSET)

        cainfo = d.pop("cainfo", UNSET)

        warn_msg = d.pop("warn_msg", UNSET)

        call_service_response_200 = cls(
            infcode=infcode,
            inf_refmsgid=inf_refmsgid,
            refmsg_time=refmsg_time,
            respond_time=respond_time,
            err_msg=err_msg,
            output=output,
            enctype=enctype,
            signtype=signtype,
            cainfo=cainfo,
            warn_msg=warn_msg,
        )

        call_service_response_200.additional_properties = d
        return call_service_response_200

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
