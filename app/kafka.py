"""The way to Kafka: clients with every option that matters written down, and records as plain data."""

import ssl
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from app.config import Settings

__all__ = ["AIOKafkaConsumer", "AIOKafkaProducer", "ConsumerRecord", "KafkaError", "TopicPartition"]

# A dead letter carries a refused message whole with headers added, so the producer takes more than brokers send us.
_REQUEST_BYTES_MAX = 4 * 1024 * 1024
