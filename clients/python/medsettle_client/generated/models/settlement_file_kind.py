from typing import Literal

SettlementFileKind = Literal["detail_csv", "detail_parquet", "manifest", "payment"]

SETTLEMENT_FILE_KIND_VALUES: set[SettlementFileKind] = {
    "detail_csv",
    "detail_parquet",
    "manifest",
    "payment",
}


def check_settlement_file_kind(value: str) -> SettlementFileKind:
    if value in SETTLEMENT_FILE_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SETTLEMENT_FILE_KIND_VALUES!r}")
