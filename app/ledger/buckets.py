"""The bucket of a person: Kafka's own hash of the person number, so that the partition follows from it.

Producers' default partitioner takes murmur2(key) modulo the partition count; with a count that divides 256,
partition = bucket modulo count, in every client language.
"""

from functools import lru_cache

from aiokafka.partitioner import murmur2

from app.ledger.accounts import BUCKETS


@lru_cache(maxsize=65_536)
def bucket_of(person_no: str) -> int:
    return int((murmur2(person_no.encode()) & 0x7FFFFFFF) % BUCKETS)
