from typing import Literal

SignatureAlgorithm = Literal["Ed25519", "SM2"]

SIGNATURE_ALGORITHM_VALUES: set[SignatureAlgorithm] = {
    "Ed25519",
    "SM2",
}


def check_signature_algorithm(value: str) -> SignatureAlgorithm:
    if value in SIGNATURE_ALGORITHM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SIGNATURE_ALGORITHM_VALUES!r}")
