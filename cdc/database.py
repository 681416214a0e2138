"""The one door to the database driver: connections and reads."""

from __future__ import annotations

import re
import ssl
from collections.abc import Sequence
from typing import Any, Protocol, cast

import pymysql
import pymysql.cursors

from cdc.errors import SourceDenied, SourceError, SourceMisconfigured, SourceUnavailable
from config.source import DatabaseSettings, TlsSettings

# Client and server codes that mean "the link or the server is away now".
# Source: MySQL and MariaDB error references.
_AWAY = {1040, 1042, 1053, 1077, 1079, 1105, 1152, 1158, 1159, 1160, 1161, 1203, 1205, 1213}
_AWAY |= {1290, 1836, 1927, 2002, 2003, 2005, 2006, 2013, 2014, 2055}
# 1412: a table was altered or swapped after the read view opened; a new read view sees it.
_AWAY |= {1412}
_DENIED = {
    1044: "the user has no privilege on the schema; GRANT SELECT on all of database.name",
    1045: "unknown database.user, or a wrong database.password",
    1049: "there is no schema database.name",
    1142: "the user lacks a privilege on a table; GRANT SELECT on all of database.name",
    1143: "the user lacks a privilege on a column; GRANT SELECT on all of database.name",
    1227: "the user lacks a global privilege; `magento-cdc check` names it",
    1698: "the account cannot log in with a password",
    1820: "the account has to get a new password first",
    1862: "the password of the account has expired",
    3118: "the account is locked",
    4151: "the account is locked",
}
# What the schema does not have.
_ABSENT = {1054: "no such column", 1146: "no such table"}
# Here the server's text quotes names of the schema and accounts alone, never a value.
_NAMING = {1054, 1142, 1143, 1146}
_TABLE = re.compile(r"(?:FROM|JOIN)\s+`(\w+)`")


class Reader(Protocol):
    """A connection inside one consistent read. Loaders see only this."""

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one statement and return all rows as dicts by column name."""
        ...

    def tuples(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all rows as tuples."""
        ...


def classified(exc: pymysql.err.MySQLError, doing: str, sql: str = "") -> SourceError:
    """Map a driver error to one of ours, once and in this place.

    Args:
        sql: the statement without its values; its tables tell where a column is missing.
    """
    code = exc.args[0] if exc.args and isinstance(exc.args[0], int) else 0
    if isinstance(exc, pymysql.err.InterfaceError) or code in _AWAY:
        return SourceUnavailable(f"{doing}: connection lost or server away (error {code})")
    names = f": {exc.args[1]}" if code in _NAMING and len(exc.args) > 1 else ""
    if code in _DENIED:
        return SourceDenied(f"{doing}: {_DENIED[code]} (error {code}{names})")
    if code in _ABSENT:
        tables = ", ".join(dict.fromkeys(_TABLE.findall(sql)))
        place = f", reading {tables}" if tables and code == 1054 else ""
        return SourceMisconfigured(
            f"{doing}: {_ABSENT[code]} (error {code}{names}{place}); this version of Magento, or "
            "this schema, lacks what capture reads"
        )
    return SourceError(f"{doing}: the server answered error {code}")


def tls_context(tls: TlsSettings) -> ssl.SSLContext | None:
    """TLS context for the settings, None when TLS is off.

    Raises:
        SourceMisconfigured: a file is missing, unreadable or no certificate.
    """
    if not tls.enabled:
        return None
    try:
        context = ssl.create_default_context(cafile=str(tls.ca) if tls.ca else None)
        if not tls.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if tls.cert and tls.key:
            context.load_cert_chain(str(tls.cert), str(tls.key))
    except OSError as exc:  # ssl.SSLError is one, too
        files = ", ".join(str(path) for path in (tls.ca, tls.cert, tls.key) if path)
        raise SourceMisconfigured(
            f"reading the files of database.tls ({files}): {exc.strerror or type(exc).__name__}"
        ) from exc
    return context


def connection_arguments(settings: DatabaseSettings) -> dict[str, Any]:
    """Keyword arguments for a driver connection; a new dict at each call."""
    arguments: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "user": settings.user,
        "password": settings.password.get_secret_value(),
        "connect_timeout": max(1, round(settings.connect_timeout_s)),
        "charset": "utf8mb4",
    }
    if settings.unix_socket:
        arguments["unix_socket"] = settings.unix_socket
    context = tls_context(settings.tls)
    if context is not None:
        arguments["ssl"] = context
    return arguments


class Database:
    """One connection for reads. Not thread-safe; the owner closes it.

    The session runs at `time_zone='+00:00'` (Magento's own), so that timestamps read here equal
    those in the binlog, and in REPEATABLE READ, so that a snapshot holds over several statements.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        self._connection: pymysql.connections.Connection[Any] | None = None

    @property
    def settings(self) -> DatabaseSettings:
        """Settings the connection is made with."""
        return self._settings

    def connect(self) -> None:
        """Open the connection unless it is open.

        Raises:
            SourceUnavailable, SourceDenied, SourceError.
        """
        if self._connection is not None:
            return
        timeout_s = max(1, round(self._settings.read_timeout_s))
        try:
            self._connection = pymysql.connect(
                **connection_arguments(self._settings),
                database=self._settings.name,
                read_timeout=timeout_s,
                write_timeout=timeout_s,
                autocommit=True,
                init_command="SET time_zone='+00:00'",
            )
            self._execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", ())
        except pymysql.err.MySQLError as exc:
            self.close()
            raise classified(exc, "connecting to the database") from exc

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # close() itself may meet a dead socket; there is nothing left to save then.
            try:
                connection.close()
            except pymysql.err.Error:
                return

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one statement and return all rows as dicts by column name.

        Raises:
            SourceUnavailable, SourceDenied, SourceError: the connection is closed then.
            SourceMisconfigured: there is no such table or column; the connection is closed, too.
        """
        names, values = self._execute(sql, args)
        return [dict(zip(names, row, strict=True)) for row in values]

    def tuples(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all rows as tuples. Raises as `rows`."""
        return self._execute(sql, args)[1]

    def value(self, sql: str, args: Sequence[Any] = ()) -> Any:
        """First column of the first row, None without rows. Raises as `rows`."""
        found = self.tuples(sql, args)
        return found[0][0] if found else None

    def run(self, sql: str) -> None:
        """Run a statement that has no result. Raises as `rows`."""
        self._execute(sql, ())

    def _execute(self, sql: str, args: Sequence[Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
        self.connect()
        assert self._connection is not None
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, args or None)
                names = [column[0] for column in cursor.description or ()]
                return names, cast("list[tuple[Any, ...]]", list(cursor.fetchall()))
        except pymysql.err.MySQLError as exc:
            self.close()
            raise classified(exc, "reading from the database", sql) from exc
