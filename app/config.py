"""Settings of one process, read from `MEDSETTLE_*` environment variables and frozen at start."""

from datetime import time
from functools import cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

#: Business days are counted in this zone everywhere; the law of the land knows one.
ZONE = ZoneInfo("Asia/Shanghai")

Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="MEDSETTLE_", frozen=True, extra="ignore")

    database_url: SecretStr = Field(SecretStr(""), description="Application role; empty: embedded Postgres")
    owner_database_url: SecretStr = Field(
        SecretStr(""), description="Role that owns the schema, for `migrate`; empty: database_url"
    )
    kafka_bootstrap_servers: str = Field("", description="host:port,…; empty: embedded broker")

    topic_transactions: str = "card.transactions.v1"
    topic_outcomes: str = "settlement.outcomes.v1"
    topic_dead_letters: str = "card.transactions.v1.dlq"
    topic_partitions: int = Field(16, ge=1, le=256, description="Partitions made where topics are created")
    consumer_group: str = "medsettle"
    kafka_idempotent_producer: bool = Field(True, description="Off only for the embedded broker")
    kafka_compression: Literal["none", "lz4", "zstd", "snappy", "gzip"] = "lz4"
    kafka_session_timeout_ms: int = Field(45_000, ge=1_000, le=300_000)

    api_host: str = "127.0.0.1"
    api_port: Port = 8080
    worker_metrics_host: str = "127.0.0.1"
    worker_metrics_port: Port = Field(0, description="0: a free port, said in the log")

    pool_size_max: int = Field(4, ge=2, le=100, description="Postgres connections of one process")
    batch_messages_max: int = Field(2_000, ge=1, le=5_000)
    batch_wait_ms_max: int = Field(50, ge=1, le=5_000, description="How long the worker waits for a first message")
    message_bytes_max: int = Field(65_536, ge=1_024, le=900_000, description="A longer message is a dead letter")
    http_queue_max: int = Field(4_000, ge=1, le=100_000, description="Waiting transactions before a 503")
    watchdog_seconds: int = Field(60, ge=5, le=3_600, description="A worker with lag and no progress exits")
    drain_seconds_max: int = Field(20, ge=1, le=600, description="Bound of a graceful stop")

    data_keys: SecretStr = Field(
        SecretStr(""), description="Keys of personal data, `id:base64 of 32 bytes`,…; the first one is current"
    )
    signing_key: SecretStr = Field(SecretStr(""), description="Signs receipts: `ed25519:base64` or `sm2:base64`")
    retired_signing_keys: str = Field("", description="Public keys of earlier ones: the bodies of their PEM,…")

    national_regions: str = Field("", description="TOML file of regions, laid over app/national/regions.toml")

    cut_off: time = Field(time(0, 0), description="Start of the business day in Asia/Shanghai, until one is filed")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    log_json: bool = Field(True, description="Off: plain lines for a terminal")


@cache
def settings() -> Settings:
    return Settings()
