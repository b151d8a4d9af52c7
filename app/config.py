"""Settings of one process, read from `MEDSETTLE_*` environment variables and frozen at start."""

from datetime import time
from functools import cache
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import UsageError

#: Business days are counted in this zone everywhere; the law of the land knows one.
ZONE = ZoneInfo("Asia/Shanghai")

#: With which a token may be signed. Those with a shared secret are not among them, and neither is none.
JWT_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
_ON_LOOPBACK = {("http", "127.0.0.1"), ("http", "localhost")}


def is_private(url: str) -> bool:
    """Whether nobody on the way can listen: https, or http that stays on this machine."""
    parts = urlsplit(url)
    return (parts.scheme == "https" and bool(parts.hostname)) or (parts.scheme, parts.hostname) in _ON_LOOPBACK


Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="MEDSETTLE_", frozen=True, extra="ignore", hide_input_in_errors=True)

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
    kafka_compression: Literal["none", "lz4", "zstd", "snappy", "gzip"] = "zstd"
    kafka_session_timeout_ms: int = Field(45_000, ge=1_000, le=300_000)

    # No login without TLS: the password and what people buy would cross the network as they are.
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_SSL"] = "PLAINTEXT"
    kafka_ca_file: str = Field("", description="PEM: who signs the brokers' certificates; empty: the system's list")
    kafka_certificate_file: str = Field("", description="PEM: our certificate, where brokers ask for one")
    kafka_key_file: str = Field("", description="PEM: its private key")
    kafka_sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")

    kafka_producer_check: Literal["off", "signed"] = Field(
        "off", description="signed: records without a signature of their institution are dead letters"
    )

    api_host: str = "127.0.0.1"
    api_port: Port = 8080
    trusted_proxies: str = Field(
        "", description="Addresses or networks of proxies,…, that say in X-Forwarded-For where a request comes from"
    )
    worker_metrics_host: str = "127.0.0.1"
    worker_metrics_port: Port = Field(0, description="0: a free port, said in the log")
    scheduler_metrics_host: str = "127.0.0.1"
    scheduler_metrics_port: Port = Field(0, description="0: a free port, said in the log")

    sftp_host: str = "127.0.0.1"
    sftp_port: Port = 2022
    sftp_host_key: SecretStr = Field(
        SecretStr(""), description="By which banks know the SFTP server: `ed25519:base64`, of each process the same"
    )
    sftp_metrics_host: str = "127.0.0.1"
    sftp_metrics_port: Port = Field(0, description="0: a free port, said in the log")

    pool_size_max: int = Field(4, ge=2, le=100, description="Postgres connections; an API has 3 more, a worker 2")
    batch_messages_max: int = Field(2_000, ge=1, le=5_000, description="A worker far behind takes twice as many")
    batch_wait_ms_max: int = Field(50, ge=1, le=5_000, description="How long the worker waits for a first message")
    message_bytes_max: int = Field(65_536, ge=1_024, le=900_000, description="A longer message is a dead letter")
    http_queue_max: int = Field(4_000, ge=1, le=100_000, description="Waiting transactions before a 503")
    http_silence_seconds_max: int = Field(
        60, ge=1, le=3_600, description="A sender or reader who stands still for so long is let go"
    )
    watchdog_seconds: int = Field(60, ge=5, le=3_600, description="A worker with lag and no progress exits")
    rate_limit_per_second: int = Field(10_000, ge=1, description="Requests of one client to one process")
    rate_limit_looks_per_second: int = Field(200, ge=1, description="Looks at persons' data of one client, likewise")
    drain_seconds_max: int = Field(20, ge=1, le=600, description="Bound of a graceful stop")

    data_keys: SecretStr = Field(
        SecretStr(""), description="Keys of personal data, `id:base64 of 32 bytes`,…; the first one is current"
    )
    signing_key: SecretStr = Field(
        SecretStr(""), description="Signs receipts and files: `ed25519:…` or `sm2:…`, base64"
    )
    retired_signing_keys: str = Field("", description="Public keys of earlier ones: the bodies of their PEM,…")

    national_regions: str = Field("", description="TOML file of regions, laid over app/national/regions.toml")

    jwt_issuer: str = Field("", description="`iss` of the bearer tokens that are taken; empty: none are")
    jwt_audience: str = Field("", description="`aud` that they must have")
    jwt_jwks_url: str = Field("", description="Where the issuer publishes its keys; https, or http on loopback")
    jwt_algorithms: tuple[str, ...] = Field(("RS256", "ES256"), description='As JSON: ["RS256"]; asymmetric ones alone')
    jwt_role_claim: str = "medsettle_role"
    jwt_institution_claim: str = "medsettle_institution"
    jwt_bank_claim: str = "medsettle_bank"
    jwt_name_claim: str = Field("sub", description="The name that stands in events and the audit log")
    jwt_scope_claim: str = Field("", description="Claim that narrows a token to scopes; empty: the role decides")

    oidc_client_id: str = Field(
        "", description="Client of the console at jwt_issuer; empty: keys and tokens alone open it"
    )
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Empty for a public client, which PKCE protects")
    oidc_console_url: str = Field("", description="Where browsers reach the service, as https://settle.example")
    oidc_scope: str = Field("openid", description="What the provider is asked for, so that it names the role")

    otlp_endpoint: str = Field(
        "", description="Base URL of a collector that takes traces by OTLP over HTTP; empty: none are made"
    )

    cut_off: time = Field(time(0, 0), description="Start of the business day in Asia/Shanghai, until one is filed")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    log_json: bool = Field(True, description="Off: plain lines for a terminal")

    @model_validator(mode="after")
    def _tokens_are_safe(self) -> Self:
        named = (self.jwt_issuer, self.jwt_audience, self.jwt_jwks_url)
        if any(named) and not all(named):
            raise ValueError("set jwt_issuer, jwt_audience and jwt_jwks_url together, or none of them")
        weak = set(self.jwt_algorithms) - JWT_ALGORITHMS
        if weak or not self.jwt_algorithms:
            raise ValueError(f"jwt_algorithms may be: {', '.join(sorted(JWT_ALGORITHMS))}")
        if self.jwt_jwks_url and not is_private(self.jwt_jwks_url):
            raise ValueError("jwt_jwks_url must be https")
        return self

    @model_validator(mode="after")
    def _the_provider_is_whole(self) -> Self:
        if not self.oidc_client_id:
            return self
        if not self.jwt_issuer:
            raise ValueError("oidc_client_id is a client of jwt_issuer: set it too")
        if not is_private(self.jwt_issuer) or not is_private(self.oidc_console_url):
            raise ValueError("jwt_issuer and oidc_console_url must be https")
        return self

    @model_validator(mode="after")
    def _collector_is_a_place(self) -> Self:
        url = urlsplit(self.otlp_endpoint)
        if self.otlp_endpoint and (url.scheme not in ("http", "https") or not url.hostname):
            raise ValueError("otlp_endpoint must be a URL such as http://collector:4318")
        if url.username is not None or url.password is not None:
            raise ValueError("otlp_endpoint may hold no login: name it in OTEL_EXPORTER_OTLP_HEADERS")
        return self

    @model_validator(mode="after")
    def _kafka_is_reached_one_way(self) -> Self:
        files = (self.kafka_ca_file, self.kafka_certificate_file, self.kafka_key_file)
        if any(files) and self.kafka_security_protocol == "PLAINTEXT":
            raise ValueError("kafka_security_protocol must be SSL or SASL_SSL where files of certificates are named")
        if bool(self.kafka_certificate_file) != bool(self.kafka_key_file):
            raise ValueError("set kafka_certificate_file and kafka_key_file together, or neither")
        login = (self.kafka_username, self.kafka_password.get_secret_value())
        if any(login) and self.kafka_security_protocol != "SASL_SSL":
            raise ValueError("kafka_security_protocol must be SASL_SSL where a login is given")
        if any(login) and not all(login):
            raise ValueError("set kafka_username and kafka_password together, or neither")
        return self


@cache
def settings() -> Settings:
    """Raises UsageError, which names what is wrong and shows no value."""
    try:
        return Settings()
    except ValidationError as error:
        raise UsageError("; ".join(_told(one["loc"], one["msg"]) for one in error.errors())) from None


def _told(place: tuple[int | str, ...], message: str) -> str:
    named = f"MEDSETTLE_{'.'.join(map(str, place)).upper()}: " if place else "Settings: "
    return named + message.removeprefix("Value error, ")
