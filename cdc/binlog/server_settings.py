"""Which server settings lose changes, and what to set instead. Pure: variables in, findings out.

Sources: MySQL manual "Binary Logging Options and Variables"; MariaDB manual "Replication and Binary
Log System Variables".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from cdc.position import Flavor
from config.source import CaptureSettings

Severity = Literal["error", "warning"]

VARIABLES = (
    "log_bin", "binlog_format", "binlog_row_image", "binlog_row_metadata",
    "binlog_row_value_options", "binlog_transaction_compression", "log_bin_compress", "gtid_mode",
    "gtid_strict_mode", "log_slave_updates", "log_replica_updates", "read_only",
    "binlog_expire_logs_seconds", "expire_logs_days", "server_id", "lower_case_table_names",
    "sync_binlog", "innodb_flush_log_at_trx_commit", "max_allowed_packet",
)  # fmt: skip

_RETENTION_LEAST_S = 3 * 86_400
_PACKET_LEAST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `check` has to say: a name to look for, what is, why it matters, what to do."""

    severity: Severity
    name: str
    what: str
    why: str
    fix: str

    def __str__(self) -> str:
        return f"{self.name}: {self.what}. {self.why} Fix: {self.fix}"


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What the checks of settings look at; `is_replica` None means that it cannot be asked."""

    flavor: Flavor
    variables: Mapping[str, str]
    is_replica: bool | None
    has_json: bool
    is_catalog_enough: bool


def setting_findings(facts: ServerFacts, capture: CaptureSettings) -> Iterator[Finding]:
    """Everything that is wrong or doubtful in the server's variables."""
    if _off(facts, "log_bin"):
        yield Finding(
            "error", "log_bin", "the binlog is off", "Without it there is nothing to capture.",
            "start the server with --log-bin (a restart is needed)",
        )  # fmt: skip
        return
    yield from _rows(facts)
    yield from _compression(facts)
    yield from _positions(facts, capture)
    yield from _durability(facts)
    if facts.variables.get("lower_case_table_names", "0") != "0":
        yield Finding(
            "warning", "lower_case_table_names", "table names are compared without case",
            "Tables that differ by case only cannot be told apart.", "nothing, unless there are",
        )  # fmt: skip


def _off(facts: ServerFacts, name: str) -> bool:
    return facts.variables.get(name, "").upper() in ("OFF", "0")


def _rows(facts: ServerFacts) -> Iterator[Finding]:
    log_format = facts.variables.get("binlog_format", "ROW").upper()
    if log_format != "ROW":
        yield Finding(
            "error", "binlog_format", f"is {log_format}",
            "Changes logged as statements do not say which rows they changed.",
            "SET GLOBAL binlog_format=ROW, and reconnect all sessions of the shop",
        )  # fmt: skip
    image = facts.variables.get("binlog_row_image", "FULL").upper()
    if image not in ("FULL", "FULL_NODUP"):
        yield Finding(
            "error", "binlog_row_image", f"is {image}",
            "Row images lack columns that are needed to name what changed.",
            "SET GLOBAL binlog_row_image=FULL, and reconnect all sessions of the shop",
        )  # fmt: skip
    metadata = facts.variables.get("binlog_row_metadata", "absent").upper()
    if metadata != "FULL":
        yield Finding(
            "warning" if facts.is_catalog_enough else "error",
            "binlog_row_metadata", f"is {metadata}",
            "The log does not name columns; names are then taken from information_schema, which "
            "fails for events from before a change of a table"
            + ("." if facts.is_catalog_enough else ", and for columns of some watched tables now."),
            "SET GLOBAL binlog_row_metadata=FULL",
        )  # fmt: skip
    if "PARTIAL_JSON" in facts.variables.get("binlog_row_value_options", "").upper():
        yield Finding(
            "error" if facts.has_json else "warning",
            "binlog_row_value_options", "is PARTIAL_JSON",
            "Updates of tables with JSON columns hold differences instead of rows.",
            "SET GLOBAL binlog_row_value_options='', and reconnect all sessions of the shop",
        )  # fmt: skip


def _compression(facts: ServerFacts) -> Iterator[Finding]:
    for name in ("binlog_transaction_compression", "log_bin_compress"):
        if facts.variables.get(name, "OFF").upper() in ("ON", "1"):
            yield Finding(
                "warning", name, "the binlog is compressed",
                "Compressed events are read, also those of tables nobody watches; it costs time.",
                f"SET GLOBAL {name}=OFF where reading falls behind",
            )  # fmt: skip


def _positions(facts: ServerFacts, capture: CaptureSettings) -> Iterator[Finding]:
    if facts.flavor == "mysql" and facts.variables.get("gtid_mode", "OFF").upper() != "ON":
        yield Finding(
            "error" if capture.position == "gtid" else "warning",
            "gtid_mode", f"is {facts.variables.get('gtid_mode', 'OFF')}",
            "Positions are good for this one server only, and whether a change is visible yet can "
            f"only be guessed by waiting {capture.fallback_delay_ms} ms.",
            "turn GTIDs on, step by step as the MySQL manual says (gtid_mode, "
            "enforce_gtid_consistency)",
        )  # fmt: skip
    if facts.flavor == "mariadb" and _off(facts, "gtid_strict_mode"):
        yield Finding(
            "warning", "gtid_strict_mode", "is OFF",
            "After a fail-over a diverged server would not be noticed.",
            "SET GLOBAL gtid_strict_mode=ON",
        )  # fmt: skip
    name = "log_replica_updates"
    if name not in facts.variables:
        name = "log_slave_updates"
    is_replica = facts.is_replica
    if is_replica is None:
        is_replica = facts.variables.get("read_only", "OFF").upper() in ("ON", "1")
    if is_replica and _off(facts, name):
        yield Finding(
            "error", name, "is OFF on a replica",
            "The replica does not log what it replicates: no change would ever arrive.",
            f"start the replica with {name}=ON, or read from the primary",
        )  # fmt: skip
    if facts.variables.get("server_id") == str(capture.server_id):
        yield Finding(
            "error", "server_id", f"the server's own id is {capture.server_id}, as is ours",
            "A reader with the id of the server gets no events.",
            "set capture.server_id to a number that no server and no replica has",
        )  # fmt: skip


def _durability(facts: ServerFacts) -> Iterator[Finding]:
    for name in ("sync_binlog", "innodb_flush_log_at_trx_commit"):
        value = facts.variables.get(name, "1")
        if value != "1":
            yield Finding(
                "warning", name, f"is {value}",
                "After a crash of its machine the server may lose changes that were read already.",
                f"SET GLOBAL {name}=1",
            )  # fmt: skip
    retention_s = _retention_s(facts.variables)
    if 0 < retention_s < _RETENTION_LEAST_S:
        yield Finding(
            "warning", "binlog_expire_logs_seconds",
            f"binlog files are kept for {retention_s / 3600:g} hours",
            "A longer outage of the daemon needs a full run.",
            "keep them for three days or more",
        )  # fmt: skip
    if int(facts.variables.get("max_allowed_packet", "67108864")) < _PACKET_LEAST_BYTES:
        yield Finding(
            "warning", "max_allowed_packet", "is below 16 MiB",
            "A large row may not fit into what the server sends.",
            "SET GLOBAL max_allowed_packet=67108864",
        )  # fmt: skip


def _retention_s(variables: Mapping[str, str]) -> float:
    """Seconds binlog files are kept, 0 for ever."""
    seconds = float(variables.get("binlog_expire_logs_seconds", "0") or 0)
    return seconds or float(variables.get("expire_logs_days", "0") or 0) * 86_400
