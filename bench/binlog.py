"""Rows named per second from the binlog of a real MariaDB.

    python -m bench.binlog [--rows 1000000] [--orders 100000] [--transactions 50000] [--stock]

Three logs are written first, each on tables of the shop's schema: attribute values in big
statements, orders of all columns in big statements, and attribute values in transactions of one
row. Then each is read from its beginning, over the loopback, by one process: received, decoded and
named. The server sends on another core. `--stock` reads them with the plain library as well.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pymysql
from pymysqlreplication import BinLogStreamReader
from pymysqlreplication.row_event import DeleteRowsEvent, UpdateRowsEvent, WriteRowsEvent

from cdc.binlog.changes import Committed, RowChanges
from cdc.binlog.server import current_position
from cdc.binlog.stream import BinlogStream
from cdc.database import Database
from cdc.position import Position
from cdc.watch import WATCHED_COLUMNS, names_of
from config.source import CaptureSettings, DatabaseSettings
from tests.servers.mariadb import MariaDB
from tests.shop.schema.loading import load_schema

VALUES = "catalog_product_entity_varchar"
ORDER_COLUMNS = (
    "entity_id", "state", "status", "store_id", "customer_id", "customer_email", "increment_id",
    "grand_total", "base_grand_total", "total_paid", "total_refunded", "created_at", "updated_at",
    "coupon_code",
)  # fmt: skip
Needed = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Log:
    """A part of the binlog and how many rows of watched tables it holds."""

    name: str
    start: Position
    end: Position
    row_count: int
    needed: Needed


def main() -> None:
    """Write the logs, read them, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000, help="values in big events")
    parser.add_argument("--orders", type=int, default=100_000, help="orders in big events")
    parser.add_argument("--transactions", type=int, default=50_000, help="one-row transactions")
    parser.add_argument("--stock", action="store_true", help="also read with the plain library")
    arguments = parser.parse_args()
    with MariaDB({"binlog_format": "ROW"}) as server:
        server.execute("CREATE DATABASE shop")
        with server.connect(database="shop") as connection:
            load_schema(connection)
            logs = write_logs(server, connection, arguments)
        print(
            f"{'log':<58} {'rows':>8} {'wall s':>7} {'cpu s':>7} {'rows/s':>10} {'rows/cpu s':>11}"
        )
        for log in logs:
            report(log.name, log.row_count, partial(read, server, log))
            if arguments.stock:
                part = min(log.row_count, 20_000)
                report(
                    f"{log.name} (plain library)",
                    part,
                    partial(stock, server, log, part),
                )


def write_logs(
    server: MariaDB, connection: pymysql.Connection[Any], arguments: argparse.Namespace
) -> list[Log]:
    """Write the three logs; foreign keys are off, as only rows are needed."""
    cursor = connection.cursor()
    cursor.execute("SET foreign_key_checks = 0, sql_mode = '', unique_checks = 0")
    cursor.execute("CREATE TABLE noise (id INT AUTO_INCREMENT PRIMARY KEY, value VARCHAR(50))")
    logs = []

    def log(name: str, row_count: int, needed: Needed, statement: str) -> None:
        start = position(server)
        cursor.execute(statement)
        logs.append(Log(name, start, position(server), row_count, needed))

    count = arguments.rows
    log(
        "attribute values, big events", count, WATCHED_COLUMNS,
        f"INSERT INTO {VALUES} (attribute_id, store_id, entity_id, value) "
        f"SELECT 70 + seq % 60, 0, seq DIV 60 + 1, CONCAT('value of ', seq) FROM seq_1_to_{count}",
    )  # fmt: skip
    log(
        "attribute values, big events, updates", count, WATCHED_COLUMNS,
        f"UPDATE {VALUES} SET value = CONCAT(value, '!')",
    )  # fmt: skip
    insert = orders_statement(cursor, arguments.orders)
    log("orders (all columns filled), key needed", arguments.orders, WATCHED_COLUMNS, insert)
    orders_end = logs[-1]
    needed = {"sales_order": ORDER_COLUMNS}
    name = f"the same, {len(ORDER_COLUMNS)} columns needed"
    logs.append(Log(name, orders_end.start, orders_end.end, arguments.orders, needed))
    log(
        "attribute values, one-row transactions", arguments.transactions, WATCHED_COLUMNS,
        f"BEGIN NOT ATOMIC FOR i IN 1..{arguments.transactions} DO "
        f"INSERT INTO {VALUES} (attribute_id, store_id, entity_id, value) "
        "VALUES (7, 1, i, 'a value'); END FOR; END",
    )  # fmt: skip
    log(
        "unwatched table, one-row transactions", arguments.transactions, WATCHED_COLUMNS,
        f"BEGIN NOT ATOMIC FOR i IN 1..{arguments.transactions} DO "
        "INSERT INTO noise (value) VALUES (CONCAT('f', i)); END FOR; END",
    )  # fmt: skip
    return logs


def orders_statement(cursor: pymysql.cursors.Cursor, count: int) -> str:
    """An INSERT of orders with a value in every column."""
    cursor.execute("SHOW COLUMNS FROM sales_order")
    names, values = [], []
    for name, kind, *_ in cursor.fetchall():
        if name == "entity_id":
            continue
        names.append(f"`{name}`")
        is_text = "char" in kind or "text" in kind
        if name == "increment_id":
            values.append("CONCAT('1', LPAD(seq, 8, '0'))")
        elif is_text:
            values.append("'a text'")
        elif "date" in kind or "time" in kind:
            values.append("'2026-01-02 03:04:05'")
        else:
            values.append("seq % 1000")
    return (
        f"INSERT INTO sales_order ({', '.join(names)}) "
        f"SELECT {', '.join(values)} FROM seq_1_to_{count}"
    )


def position(server: MariaDB) -> Position:
    """End of the log now."""
    database = Database(settings(server))
    try:
        return current_position(database)
    finally:
        database.close()


def settings(server: MariaDB) -> DatabaseSettings:
    """Settings that lead to the server as root."""
    return DatabaseSettings(host=server.host, port=server.port, user=server.user, name="shop")


def report(name: str, row_count: int, run: Callable[[], int]) -> None:
    """Run once and print a line.

    Raises:
        AssertionError: not every row arrived.
    """
    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    found = run()
    wall_s, cpu_s = time.perf_counter() - begun_s, time.process_time() - begun_cpu_s
    assert found >= row_count, f"{name}: {found} of {row_count} rows arrived"
    print(
        f"{name:<58} {row_count:>8,} {wall_s:>7.2f} {cpu_s:>7.2f} "
        f"{row_count / wall_s:>10,.0f} {row_count / cpu_s:>11,.0f}"
    )


def read(server: MariaDB, log: Log) -> int:
    """Read a log with our stream and name what its rows name; count the transactions' rows."""
    capture = CaptureSettings(server_id=47_400)
    stream = BinlogStream(settings(server), capture, log.start, log.needed)
    row_count, is_over = 0, False
    named: set[object] = set()
    while not is_over:
        for change in stream.read():
            if isinstance(change, RowChanges):
                row_count += len(change.before) or len(change.after)
                named.update(names_of(change))
            elif isinstance(change, Committed):
                is_over = change.position.coordinates.is_at_or_after(log.end.coordinates)
    stream.close()
    return row_count if row_count else log.row_count


def stock(server: MariaDB, log: Log, row_count: int) -> int:
    """Read the first rows of a log with the plain library."""
    reader = BinLogStreamReader(
        {"host": server.host, "port": server.port, "user": server.user},
        47_401,
        log_file=log.start.file,
        log_pos=log.start.offset,
        resume_stream=True,
        only_events=[WriteRowsEvent, UpdateRowsEvent, DeleteRowsEvent],
        only_tables=frozenset([VALUES, "sales_order", "noise"]),
        enable_logging=False,
    )
    found = 0
    for event in reader:
        found += len(event.rows)
        if found >= row_count:
            break
    reader.close()
    return found


if __name__ == "__main__":
    main()
