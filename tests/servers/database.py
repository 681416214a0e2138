"""What the MariaDB and MySQL test servers share: data from a template, connections, users."""

from __future__ import annotations

import os
import subprocess
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pymysql
from pymysql.constants import CLIENT

from tests.servers.process import ServerFailed, ServerProcess

Row = tuple[Any, ...]
Option = str | int | None

# What a reader of the binlog needs, and nothing more.
CAPTURE_PRIVILEGES = ("SELECT", "REPLICATION SLAVE", "REPLICATION CLIENT")


class DatabaseServer(ServerProcess):
    """A server of the MySQL family, set up as capture needs it: row images, full metadata, binlog.

    `root` has an empty password. Options are the server's own, without dashes in front:
    `{"binlog_row_image": "MINIMAL"}`; None stands for a bare flag (`{"skip-log-bin": None}`). They
    win over the defaults. Changing `options` takes effect at the next start.

    Defaults survive SIGKILL without losing a commit (every commit is written to the operating
    system), but not a power cut; pass sync_binlog=1 and innodb_flush_log_at_trx_commit=1 for that.
    """

    user: ClassVar[str] = "root"
    password: ClassVar[str] = ""

    def __init__(
        self, options: Mapping[str, Option] | None = None, *, port: int | None = None
    ) -> None:
        super().__init__(port)
        self.options: dict[str, Option] = dict(options or {})
        self.data_folder = self.folder / "data"
        self.socket = self.folder / "server.sock"

    @abstractmethod
    def _template(self) -> Path:
        """Return a data folder of a new server, to be copied."""

    @abstractmethod
    def _program(self) -> list[str]:
        """Return the server's program and the options that must come first."""

    @abstractmethod
    def _defaults(self) -> dict[str, Option]:
        """Return the options of this kind of server."""

    def connect(self, **arguments: Any) -> pymysql.Connection[Any]:
        """Open a connection as root; the caller closes it. Autocommit unless said otherwise.

        Args:
            arguments: PyMySQL's own, for example database, user, password, cursorclass.
        """
        settings: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "autocommit": True,
            "charset": "utf8mb4",
            "connect_timeout": 10,
        }
        return pymysql.connect(**(settings | arguments))

    def execute(
        self, statement: str, values: Sequence[Any] | None = None, *, database: str | None = None
    ) -> list[Row]:
        """Run one statement as root in its own connection and return its rows, if any."""
        with self.connect(database=database) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    def run_script(self, script: str, *, database: str | None = None) -> None:
        """Run many statements, separated by semicolons, in one connection. No DELIMITER lines."""
        with (
            self.connect(database=database, client_flag=CLIENT.MULTI_STATEMENTS) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(script)
            while cursor.nextset():
                pass

    def create_user(
        self,
        name: str,
        password: str,
        privileges: Sequence[str] = CAPTURE_PRIVILEGES,
        *,
        on: str = "*.*",
    ) -> None:
        """Create or replace a user that may come from any host, with these privileges.

        Args:
            on: what they are granted on, as in GRANT ("*.*", "shop.*").
        """
        # PyMySQL puts values into the text with % as well, so the host's % is doubled.
        self.execute("DROP USER IF EXISTS %s@'%%'", (name,))
        self.execute("CREATE USER %s@'%%' IDENTIFIED BY %s", (name, password))
        if privileges:
            self.execute(f"GRANT {', '.join(privileges)} ON {on} TO %s@'%%'", (name,))

    def variable(self, name: str) -> str:
        """Return a global variable's value as text."""
        rows = self.execute("SHOW GLOBAL VARIABLES LIKE %s", (name,))
        if not rows:
            raise KeyError(name)
        return str(rows[0][1])

    def binlog_position(self) -> tuple[str, int]:
        """Return file name and byte position of the end of the binlog now."""
        for statement in ("SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"):
            try:
                rows = self.execute(statement)
            except pymysql.err.ProgrammingError:
                continue  # MariaDB 10.11 knows only the second form, MySQL 9 only the first
            return str(rows[0][0]), int(rows[0][1])
        raise ServerFailed(f"{self.name} does not tell its binlog position")

    def gtid_executed(self) -> str:
        """Return the set of transactions in the binlog, in the server's own notation."""
        name = "gtid_binlog_pos" if self.name == "MariaDB" else "gtid_executed"
        return str(self.execute(f"SELECT @@GLOBAL.{name}")[0][0]).replace("\n", "")

    def rotate_binlog(self) -> None:
        """Begin a new binlog file."""
        self.execute("FLUSH BINARY LOGS")

    def purge_binlogs(self) -> bool:
        """Delete all binlog files but the last one; whether none is left.

        To be repeated: a file that is still sent, or not yet checkpointed, is kept without a word.
        """
        self.execute(f"PURGE BINARY LOGS TO '{self.binlog_position()[0]}'")
        return len(self.execute("SHOW BINARY LOGS")) == 1

    def _make_data(self) -> None:
        copy = ["cp", "-a", "--reflink=auto", "--sparse=always"]
        run_tool([*copy, str(self._template()), str(self.data_folder)], "copying the template")

    def _command(self) -> list[str]:
        options = self._defaults() | self.options
        return [*self._program(), *option_arguments(options)]

    def _is_ready(self) -> bool:
        try:
            self.execute("SELECT 1")
        except pymysql.err.OperationalError:
            return False
        return True


@dataclass(frozen=True)
class Schema:
    """A database (schema) of a server, made for one test."""

    server: DatabaseServer
    name: str

    def connect(self, **arguments: Any) -> pymysql.Connection[Any]:
        """Open a connection as root with this schema chosen; the caller closes it."""
        return self.server.connect(database=self.name, **arguments)

    def execute(self, statement: str, values: Sequence[Any] | None = None) -> list[Row]:
        """Run one statement in this schema and return its rows, if any."""
        return self.server.execute(statement, values, database=self.name)

    def run_script(self, script: str) -> None:
        """Run many statements, separated by semicolons, in this schema."""
        self.server.run_script(script, database=self.name)


def option_arguments(options: Mapping[str, Option]) -> list[str]:
    """Write options as command line arguments; None gives a bare flag."""
    return [f"--{key}" if value is None else f"--{key}={value}" for key, value in options.items()]


def server_account() -> dict[str, Option]:
    """Return the option that lets root run a server, which both servers refuse by default."""
    return {"user": "root"} if os.geteuid() == 0 else {}


def run_tool(
    command: Sequence[str],
    doing: str,
    *,
    script: str = "",
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a program to its end.

    Args:
        script: text for its standard input.
    Raises:
        ServerFailed: it is missing or failed; the text shows the end of its output.
    """
    try:
        done = subprocess.run(
            command,
            input=script,
            capture_output=True,
            text=True,
            check=False,
            env=None if environment is None else dict(environment),
        )
    except OSError as exc:
        raise ServerFailed(f"{doing}: cannot run {command[0]}: {exc}") from exc
    if done.returncode != 0:
        output = (done.stdout + done.stderr)[-4000:]
        raise ServerFailed(f"{doing}: {command[0]} ended with {done.returncode}\n{output}")
