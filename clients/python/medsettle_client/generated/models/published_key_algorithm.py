from typing import Literal

PublishedKeyAlgorithm = Literal["Ed25519", "SM2"]

PUBLISHED_KEY_ALGORITHM_VALUES: set[PublishedKeyAlgorithm] = {
    "Ed25519",
    "SM2",
}


def check_published_key_algorithm(value: str) -> PublishedKeyAlgorithm:
    if value in PUBLISHED_KEY_ALGORITHM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PUBLISHED_KEY_ALGORITHM_VALUES!r}")
