"""Settings of the topic log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from config.base import SettingsModel


class EmbeddedLogSettings(SettingsModel):
    """The embedded log: one SQLite file, for one machine."""

    path: Annotated[
        Path | None, Field(description="File of the log; default: log.sqlite in `state_dir`.")
    ] = None
    partitions: Annotated[
        int,
        Field(ge=1, le=64, description="Partitions of each model topic when it is created."),
    ] = 1


class KafkaLogSettings(SettingsModel):
    """The Kafka log."""

    bootstrap_servers: Annotated[
        tuple[str, ...], Field(description="host:port of one or more brokers.")
    ] = ("127.0.0.1:9092",)
    partitions: Annotated[
        int, Field(ge=1, description="Partitions of each model topic when it is created.")
    ] = 6
    replication_factor: Annotated[
        int, Field(ge=1, description="Copies of each partition when topics are created.")
    ] = 1
    security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        Field(description="How to talk to the brokers."),
    ] = "PLAINTEXT"
    sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None,
        Field(description="SASL mechanism, for the SASL_ protocols."),
    ] = None
    sasl_username: Annotated[str | None, Field(description="SASL user.")] = None
    sasl_password: Annotated[SecretStr | None, Field(description="SASL password.")] = None
    ssl_cafile: Annotated[Path | None, Field(description="CA file for SSL protocols.")] = None
    compression: Annotated[
        Literal["none", "zstd", "lz4", "gzip", "snappy"],
        Field(description="Compression of batches; lz4 and snappy need libraries of their own."),
    ] = "none"
    transaction_timeout_ms: Annotated[
        int,
        Field(
            ge=1000,
            description="A publisher that hangs longer loses its transaction. Until then, "
            "consumers wait for it.",
        ),
    ] = 20_000
    session_timeout_ms: Annotated[
        int, Field(ge=1000, description="A consumer that is silent longer loses its partitions.")
    ] = 45_000


class LogSettings(SettingsModel):
    """Where change records are kept."""

    backend: Annotated[
        Literal["embedded", "kafka"],
        Field(description="embedded (one machine, nothing to run) or kafka."),
    ] = "embedded"
    prefix: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9._-]+$",
            description=(
                "What the names of topics and groups begin with. One daemon publishes under a "
                "prefix. Letters, digits, dot, hyphen and underscore."
            ),
        ),
    ] = "magento"
    embedded: EmbeddedLogSettings = EmbeddedLogSettings()
    kafka: KafkaLogSettings = KafkaLogSettings()
