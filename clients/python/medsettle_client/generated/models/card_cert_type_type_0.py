from typing import Literal

CardCertTypeType0 = Literal["01", "02", "03"]

CARD_CERT_TYPE_TYPE_0_VALUES: set[CardCertTypeType0] = {
    "01",
    "02",
    "03",
}


def check_card_cert_type_type_0(value: str) -> CardCertTypeType0:
    if value in CARD_CERT_TYPE_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CARD_CERT_TYPE_TYPE_0_VALUES!r}")
