"""Settings of the Magento database and of capture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from config.base import SettingsModel


class TlsSettings(SettingsModel):
    """TLS to the database."""

    enabled: Annotated[bool, Field(description="Encrypt the connection to the database.")] = False
    ca: Annotated[
        Path | None,
        Field(description="File of the CA that the server's certificate is checked against."),
    ] = None
    cert: Annotated[Path | None, Field(description="Client certificate file.")] = None
    key: Annotated[Path | None, Field(description="Client key file.")] = None
    verify: Annotated[
        bool, Field(description="Check the certificate and the host name (needs `ca`).")
    ] = True

    @model_validator(mode="after")
    def _files_fit(self) -> Self:
        if self.enabled and self.verify and self.ca is None:
            raise ValueError("tls.ca is needed while tls.verify is on; or set tls.verify: false")
        if (self.cert is None) != (self.key is None):
            raise ValueError("tls.cert and tls.key belong together: set both or neither")
        return self


class DatabaseSettings(SettingsModel):
    """How to reach the Magento database (the primary, or a replica with log_replica_updates)."""

    host: Annotated[str, Field(description="Host name or address.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="TCP port.")] = 3306
    unix_socket: Annotated[
        str | None, Field(description="Socket file; replaces host and port where set.")
    ] = None
    user: Annotated[str, Field(description="User with the privileges that README.md lists.")] = (
        "magento_cdc"
    )
    password: Annotated[SecretStr, Field(description="Password of the user.")] = SecretStr("")
    name: Annotated[str, Field(min_length=1, description="Schema that holds the shop.")] = "magento"
    table_prefix: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_]*$",
            description="Magento's table prefix, if any. Letters, digits and underscore.",
        ),
    ] = ""
    tls: TlsSettings = TlsSettings()
    connect_timeout_s: Annotated[
        float, Field(gt=0, description="Longest wait for a connection.")
    ] = 10.0
    read_timeout_s: Annotated[
        float, Field(gt=0, description="Longest wait for the answer to a statement.")
    ] = 60.0


class SettleSettings(SettingsModel):
    """How long a key waits for further changes before it is read."""

    quiet_ms: Annotated[
        int, Field(ge=0, description="Read the key once it was quiet for this long.")
    ] = 20
    longest_ms: Annotated[
        int, Field(ge=0, description="Read the key at the latest after this long.")
    ] = 1000
    delete_ms: Annotated[
        int,
        Field(
            ge=0,
            description="A delete waits this long, so that a re-creation makes it an update.",
        ),
    ] = 20

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.longest_ms < self.quiet_ms:
            raise ValueError("longest_ms must not be below quiet_ms")
        return self


class SettleByModel(SettingsModel):
    """How long a key of each model waits for further changes before it is read."""

    product: Annotated[
        SettleSettings,
        Field(
            description=(
                "Products. Longer than the others: an import writes each product in a dozen small "
                "transactions, and replaces one by a delete and a new row."
            )
        ),
    ] = SettleSettings(quiet_ms=300, longest_ms=5000, delete_ms=2000)
    customer: Annotated[SettleSettings, Field(description="Customers.")] = SettleSettings()
    order: Annotated[SettleSettings, Field(description="Orders.")] = SettleSettings()
    subscriber: Annotated[SettleSettings, Field(description="Newsletter subscribers.")] = (
        SettleSettings()
    )


class CaptureSettings(SettingsModel):
    """How the binlog is read and entities are published."""

    server_id: Annotated[
        int,
        Field(
            ge=1,
            le=4294967295,
            description="Replication client id; must differ from the server's and every replica's.",
        ),
    ] = 47110
    position: Annotated[
        Literal["auto", "gtid", "file"],
        Field(description="Kind of position: auto takes GTIDs where the server has them."),
    ] = "auto"
    heartbeat_s: Annotated[
        float, Field(ge=0.1, le=30, description="How often a quiet server says that it is there.")
    ] = 1.0
    window_keys: Annotated[
        int, Field(ge=1, description="Most keys read and published in one step.")
    ] = 1000
    dirty_keys_max: Annotated[
        int, Field(ge=1, description="Most keys in memory; reading the binlog waits when full.")
    ] = 200_000
    scan_chunk_keys: Annotated[
        int, Field(ge=1, le=10_000, description="Keys per step of an initial load or full run.")
    ] = 1000
    settle: SettleByModel = SettleByModel()
    poison: Annotated[
        Literal["stop", "resync"],
        Field(
            description=(
                "An event that cannot be decoded: stop, or mark its table's models for a full "
                "run and go on."
            )
        ),
    ] = "stop"
    publish_unchanged: Annotated[
        bool,
        Field(
            description=(
                "Publish changed entities also when their content is what was last published. Full "
                "runs always do."
            )
        ),
    ] = False
    fallback_delay_ms: Annotated[
        int,
        Field(
            ge=0,
            description=(
                "MySQL without GTIDs only: wait before each read, as such a server cannot be asked "
                "whether a change is visible yet."
            ),
        ),
    ] = 200
    tombstone_after_h: Annotated[
        float, Field(gt=0, description="How long the topics remember a deleted key.")
    ] = 168.0
