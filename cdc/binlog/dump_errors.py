"""What the server's refusals of a dump mean.

Sources: MySQL sql/rpl_binlog_sender.cc and MariaDB sql/sql_repl.cc: error 1236
(ER_MASTER_FATAL_ERROR_READING_BINLOG) stands for many things, only its text tells them apart.
"""

from __future__ import annotations

import pymysql

from cdc.database import classified
from cdc.errors import BinlogPurged, PositionUnusable, ServerIdClash, SourceError

_FATAL_READING = 1236
_SAME_SERVER_ID_MARIADB = 4052
_CLASH = ("same server_uuid/server_id", "same server_uuid", "same server_id")
_PURGED = ("purged", "could not find first log file", "could not find gtid state")
_DOING = "reading the binlog"


def dump_error(exc: pymysql.err.MySQLError) -> SourceError:
    """Map an error of the dump connection to one of ours."""
    code = exc.args[0] if exc.args and isinstance(exc.args[0], int) else 0
    text = str(exc.args[1]) if len(exc.args) > 1 else ""
    folded = text.lower()
    if code == _SAME_SERVER_ID_MARIADB or (
        code == _FATAL_READING and any(part in folded for part in _CLASH)
    ):
        return ServerIdClash(
            f"{_DOING}: another replication client uses our server id; "
            "set capture.server_id to a number of its own"
        )
    if code != _FATAL_READING:
        return classified(exc, _DOING)
    if any(part in folded for part in _PURGED):
        return BinlogPurged(f"{_DOING}: the position is no longer in the server's log: {text}")
    return PositionUnusable(f"{_DOING}: the server cannot send from the position: {text}")
