"""The binlog as a stream of changes of watched tables."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence

import pymysql

from cdc.binlog.catalog import Catalog, charset_names
from cdc.binlog.changes import Change
from cdc.binlog.dump_errors import dump_error
from cdc.binlog.gtids import GtidTracker, MariaDBGtids, MySQLGtids, NoGtids
from cdc.binlog.interpreter import Interpreter, Place
from cdc.binlog.reader import EventReader, raise_unless_event
from cdc.binlog.server import (
    ServerIdentity,
    current_position,
    mariadb_gtid_at,
    require_available,
    server_identity,
    server_variables,
)
from cdc.binlog.tables import TableMaps
from cdc.binlog.wire import EventType
from cdc.database import Database, connection_arguments
from cdc.errors import PositionUnusable, SourceMisconfigured, SourceUnavailable
from cdc.position import Position
from config.source import CaptureSettings, DatabaseSettings

logger = logging.getLogger(__name__)

_SILENCE_HEARTBEATS = 5
_SILENCE_LEAST_S = 10.0
_OFFSET_MAX = (1 << 32) - 1
_DOING = "starting to read the binlog"


class BinlogStream:
    """Changes of watched tables behind a position, in the order of the log.

    Used once: after any error, close it and make a new one from the last `Committed` position;
    rows behind that position come again then. One thread uses it and closes it. It connects at
    the first `read`.

    Args:
        start: position at a transaction border. With a GTID (and `capture.position` not "file")
            any server that has the transactions will do, without one only the server it is of.
        tables: watched table, without prefix -> columns needed, in the order rows give them.
        schema: schema of the tables, by default that of the settings.
    """

    def __init__(
        self,
        database: DatabaseSettings,
        capture: CaptureSettings,
        start: Position,
        tables: Mapping[str, Sequence[str]],
        *,
        schema: str | None = None,
    ) -> None:
        self._settings = database
        self._capture = capture
        self._start = start
        self._watched = tables
        self._schema = schema or database.name
        self._database = Database(database)
        self._reader: EventReader | None = None
        self._interpreter: Interpreter | None = None

    def read(self) -> list[Change]:
        """The next changes; [Heartbeat()] when the log is quiet, [] when nothing can be said yet.

        Raises:
            SourceUnavailable: connection lost; so is silence of five heartbeats (at least 10 s).
            SourceDenied, SourceMisconfigured, SourceError: connecting failed for good.
            BinlogPurged: what follows the position is no longer on the server.
            PositionUnusable: the position is of another server, or none of this log.
            ServerIdClash: another reader came with our server id.
        Blocks: about a heartbeat.
        """
        changes: list[Change] = []
        try:
            reader, interpreter = self._opened()
            deadline_s = time.monotonic() + self._capture.heartbeat_s
            while not changes:
                for packet in reader.events():
                    self._handle(packet, reader, interpreter, changes)
                interpreter.flush(changes)
                if time.monotonic() >= deadline_s:
                    break
        except pymysql.err.MySQLError as exc:
            raise dump_error(exc) from exc
        except OSError as exc:
            raise SourceUnavailable("reading the binlog: connection lost") from exc
        return changes

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        if self._reader is not None:
            self._reader.close()
        self._database.close()

    def _opened(self) -> tuple[EventReader, Interpreter]:
        if self._reader is not None and self._interpreter is not None:
            return self._reader, self._interpreter
        identity = server_identity(self._database)
        start = self._usable_start(identity)
        is_by_gtid = bool(start.gtid)
        self._interpreter = self._new_interpreter(identity, start)
        self._reader = EventReader(
            self._arguments(),
            server_id=self._capture.server_id,
            flavor=identity.flavor,
            heartbeat_s=self._capture.heartbeat_s,
            silence_s=self._silence_s(),
            start=(
                {"auto_position": start.gtid}
                if is_by_gtid
                else {"log_file": start.file, "log_pos": start.offset}
            ),
        )
        self._reader.open()
        # Needed again only for tables without metadata in the log; it connects by itself then.
        self._database.close()
        logger.info(
            "binlog.opened",
            extra={"position": f"{start.file}:{start.offset}", "gtid": start.gtid},
        )
        return self._reader, self._interpreter

    def _usable_start(self, identity: ServerIdentity) -> Position:
        """The position as it will be used: with its GTID, or by file on the very same server."""
        start = self._start
        gtid = "" if self._capture.position == "file" else start.gtid
        is_here = start.flavor == identity.flavor and start.server == identity.server
        if is_here and not gtid and identity.flavor == "mariadb":
            # A position by file has a GTID as well, asked of the server that has the file.
            if self._capture.position != "file":
                gtid = mariadb_gtid_at(self._database, start.file, start.offset)
        elif not gtid and self._capture.position == "gtid":
            raise PositionUnusable(
                f"{_DOING}: capture.position is gtid, and the stored position has no GTID"
            )
        if not gtid and start.offset > _OFFSET_MAX:
            raise PositionUnusable(f"{_DOING}: no dump can start behind 4 GiB of a file")
        if identity.flavor == "mysql" and gtid:
            self._require_gtid_mode()
        usable = Position(start.flavor, start.server, start.file, start.offset, gtid)
        require_available(self._database, usable)
        return usable

    def _require_gtid_mode(self) -> None:
        mode = server_variables(self._database, ("gtid_mode",)).get("gtid_mode", "")
        if mode not in ("ON", "ON_PERMISSIVE"):
            raise SourceMisconfigured(
                f"{_DOING}: the position is by GTID and gtid_mode is "
                f"{mode or 'unknown'}; set gtid_mode=ON, or capture.position: file"
            )

    def _new_interpreter(self, identity: ServerIdentity, start: Position) -> Interpreter:
        cases = server_variables(self._database, ("lower_case_table_names",))
        tables = TableMaps(
            self._schema,
            self._settings.table_prefix,
            self._watched,
            charset_names(self._database, identity.flavor, identity.numbers),
            Catalog(self._database).complete,
            is_mariadb=identity.flavor == "mariadb",
            is_lower_case=cases.get("lower_case_table_names", "0") != "0",
        )
        gtids: GtidTracker = NoGtids()
        if identity.flavor == "mysql" and start.gtid:
            gtids = MySQLGtids(start.gtid)
        elif identity.flavor == "mariadb" and self._capture.position != "file":
            gtids = MariaDBGtids(start.gtid)
        place = Place(identity.flavor, identity.server, start.file, start.offset)
        end = current_position(self._database, with_gtid=False).coordinates
        return Interpreter(place, gtids, tables, is_by_file=not start.gtid, end=end)

    def _arguments(self) -> dict[str, object]:
        timeout_s = max(self._settings.read_timeout_s, 2 * self._capture.heartbeat_s)
        return connection_arguments(self._settings) | {
            "read_timeout": timeout_s,
            "write_timeout": timeout_s,
        }

    def _silence_s(self) -> float:
        return max(_SILENCE_LEAST_S, _SILENCE_HEARTBEATS * self._capture.heartbeat_s)

    def _handle(
        self, packet: bytes, reader: EventReader, interpreter: Interpreter, out: list[Change]
    ) -> None:
        raise_unless_event(packet)
        kind = packet[5]
        if kind == EventType.ROTATE:
            rotate = reader.parse(packet)
            interpreter.begin_file(rotate.next_binlog, rotate.position, out)
        elif kind == EventType.FORMAT_DESCRIPTION:
            description = reader.parse(packet)
            interpreter.use_checksums(is_on=description.checksum_algorithm == 1)
            interpreter.forget_tables()
        else:
            interpreter.handle(packet, out)
