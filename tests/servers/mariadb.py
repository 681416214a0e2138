"""A MariaDB server from Debian's package, with its own data folder."""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path
from typing import ClassVar

from tests.servers import debian
from tests.servers.cache import kept_folder
from tests.servers.database import (
    DatabaseServer,
    Option,
    option_arguments,
    run_tool,
    server_account,
)
from tests.servers.process import ServerFailed

# Small files make the copy of the template, and so every start, quick.
_FILE_SIZES: dict[str, Option] = {"innodb_log_file_size": "32M", "innodb_buffer_pool_size": "64M"}

# The installer makes anonymous users, which would win over users from any host ('%'), and a root
# for the machine's name, which a server without name look-up complains about.
_ACCOUNTS = """
DELETE FROM mysql.global_priv WHERE User = '' OR Host NOT IN ('localhost', '127.0.0.1', '::1');
DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost';
REPLACE INTO mysql.global_priv VALUES ('%', 'root', '{"access": 18446744073709551615}');
"""


class MariaDB(DatabaseServer):
    """MariaDB with row events, full row images and metadata, and strict GTIDs (0-1-n)."""

    name: ClassVar[str] = "MariaDB"

    @classmethod
    def why_missing(cls) -> str | None:
        """Say why the server cannot be run here, or None when it can."""
        for program in ("mariadbd", "mariadb-install-db", "my_print_defaults"):
            if _find(program) is None:
                return f"{program} is not installed; 'make servers' brings MariaDB"
        return None

    @classmethod
    def prepare(cls) -> None:
        """Install Debian's server when it is missing, and make the template."""
        if cls.why_missing():
            # These bring the programs without a service that would start by itself.
            debian.install("mariadb-server-core", "mariadb-client-core")
        missing = cls.why_missing()
        if missing:
            raise ServerFailed(missing)
        print(f"MariaDB: {_version()}; template {_template()}", flush=True)

    def _template(self) -> Path:
        return _template()

    def _program(self) -> list[str]:
        return [_path("mariadbd"), "--no-defaults"]

    def _defaults(self) -> dict[str, Option]:
        return {
            "datadir": str(self.data_folder),
            "socket": str(self.socket),
            "pid_file": str(self.folder / "server.pid"),
            # A server that starts removes the temporary tables of all others in a shared folder.
            "tmpdir": str(self.folder),
            "port": self.port,
            "bind_address": self.host,
            "skip_name_resolve": "ON",
            "server_id": 1,
            "log_bin": "binlog",
            "binlog_format": "ROW",
            "binlog_row_image": "FULL",
            "binlog_row_metadata": "FULL",
            "gtid_strict_mode": "ON",
            "sync_binlog": 0,
            "innodb_flush_log_at_trx_commit": 2,
            "character_set_server": "utf8mb4",
            "collation_server": "utf8mb4_general_ci",
            "max_allowed_packet": "64M",
            **_FILE_SIZES,
            **server_account(),
        }


def _find(program: str) -> str | None:
    # Debian puts servers into /usr/sbin, which an ordinary user's PATH leaves out.
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")


def _path(program: str) -> str:
    found = _find(program)
    if found is None:
        raise ServerFailed(f"{program} is not installed")
    return found


@functools.cache
def _version() -> str:
    command = [_path("mariadbd"), "--no-defaults", "--version"]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return words[words.index("Ver") + 1]


def _template() -> Path:
    return kept_folder(f"mariadb-data-{_version()}", _fill_template)


def _fill_template(folder: Path) -> None:
    shared: dict[str, Option] = {"datadir": str(folder), **_FILE_SIZES, **server_account()}
    install: dict[str, Option] = {
        "auth-root-authentication-method": "normal",
        "skip-test-db": None,
        "force": None,  # a machine that cannot resolve its own name is no reason to stop
        **shared,
    }
    run_tool(
        [_path("mariadb-install-db"), "--no-defaults", *option_arguments(install)],
        "making the MariaDB template",
    )
    run_tool(
        [_path("mariadbd"), "--no-defaults", "--bootstrap", *option_arguments(shared)],
        "setting up the accounts of the MariaDB template",
        script=_ACCOUNTS,
    )
