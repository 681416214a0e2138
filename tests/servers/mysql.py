"""A MySQL 9 server from a Debian tree in the cache, with its own data folder.

Debian's stable release has MariaDB only, and the two servers exclude each other as packages, so
MySQL's package and its libraries are unpacked into a folder. Nothing there is configured or entered
with chroot: the tree's own dynamic loader runs the server, so an ordinary user can do it as well.
"""

from __future__ import annotations

import functools
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from tests.servers import debian
from tests.servers.cache import cache_folder, kept_folder
from tests.servers.database import (
    DatabaseServer,
    Option,
    option_arguments,
    run_tool,
    server_account,
)
from tests.servers.process import ServerFailed

_SUITE = "sid"  # the only suite of Debian that carries MySQL
_MIRROR = "http://deb.debian.org/debian"
_PACKAGE = "mysql-server-core"
_TREE = "mysql-tree-1"
_TEMPLATE = "mysql-data-1"

_FILE_SIZES: dict[str, Option] = {
    "innodb_redo_log_capacity": "32M",
    "innodb_buffer_pool_size": "64M",
}
# A new server knows root@localhost only, which needs the name look-up that we switch off.
_ACCOUNTS = """\
CREATE USER 'root'@'%' IDENTIFIED BY '';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;
"""


class MySQL(DatabaseServer):
    """MySQL with full row images and metadata, GTIDs on by default, and its own server uuid."""

    name: ClassVar[str] = "MySQL"

    def __init__(
        self,
        options: Mapping[str, Option] | None = None,
        *,
        has_gtid: bool = True,
        port: int | None = None,
    ) -> None:
        super().__init__(options, port=port)
        self.has_gtid = has_gtid

    @classmethod
    def why_missing(cls) -> str | None:
        """Say why the server cannot be run here, or None when it can."""
        if not _tree().is_dir():
            return "the MySQL tree is not in the cache; 'make servers' brings it"
        return None

    @classmethod
    def prepare(cls) -> None:
        """Bring the MySQL tree and its template into the cache."""
        if not _tree().is_dir():
            if shutil.which("debootstrap", path=_search_path()) is None:
                debian.install("debootstrap")
            print(f"MySQL: unpacking {_PACKAGE} of Debian {_SUITE} into {_tree()}", flush=True)
            kept_folder(_TREE, _fill_tree)
        print(f"MySQL: {_version()}; template {_template()}", flush=True)

    def _template(self) -> Path:
        return _template()

    def _program(self) -> list[str]:
        return [*_server(), "--no-defaults"]

    def _environment(self) -> dict[str, str]:
        return _environment()

    def _defaults(self) -> dict[str, Option]:
        gtid: dict[str, Option] = {"gtid_mode": "ON", "enforce_gtid_consistency": "ON"}
        return {
            "basedir": str(_tree() / "usr"),
            "datadir": str(self.data_folder),
            "socket": str(self.socket),
            "pid_file": str(self.folder / "server.pid"),
            "port": self.port,
            "bind_address": self.host,
            "mysqlx": "OFF",
            "skip_name_resolve": "ON",
            "secure_file_priv": "",
            "server_id": 1,
            "log_bin": "binlog",
            "binlog_row_image": "FULL",
            "binlog_row_metadata": "FULL",
            "sync_binlog": 0,
            "innodb_flush_log_at_trx_commit": 2,
            "max_allowed_packet": "64M",
            **(gtid if self.has_gtid else {"gtid_mode": "OFF"}),
            **_FILE_SIZES,
            **server_account(),
        }


def _tree() -> Path:
    return cache_folder() / _TREE


def _server() -> list[str]:
    machine = platform.machine()
    loaders = sorted(_tree().glob("usr/lib64/ld-linux*.so.*")) or sorted(
        _tree().glob("usr/lib/ld-linux*.so.*")
    )
    if not loaders:
        raise ServerFailed(f"{_tree()} has no dynamic loader; remove it and run 'make servers'")
    libraries = _tree() / "usr" / "lib" / f"{machine}-linux-gnu"
    return [str(loaders[0]), "--library-path", str(libraries), str(_tree() / "usr/sbin/mysqld")]


def _environment() -> dict[str, str]:
    # The host's OpenSSL settings belong to another OpenSSL than the tree's.
    return os.environ | {"OPENSSL_CONF": "/dev/null"}


@functools.cache
def _version() -> str:
    command = [*_server(), "--no-defaults", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
    if done.returncode != 0:
        raise ServerFailed(f"the MySQL of the cache does not run\n{done.stdout}{done.stderr}")
    words = done.stdout.split()
    return words[words.index("Ver") + 1]


def _search_path() -> str:
    return os.environ.get("PATH", "") + ":/usr/sbin"


def _fill_tree(folder: Path) -> None:
    # The first stage downloads and checks signatures; the second, which would configure a whole
    # system inside a chroot, is not needed to run one program.
    debian.as_root(
        [
            "debootstrap",
            "--foreign",
            "--variant=minbase",
            f"--include={_PACKAGE}",
            _SUITE,
            str(folder),
            _MIRROR,
        ]
    )
    archives = folder / "var/cache/apt/archives"
    unpack = 'for deb in "$1"/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$2"'
    unpack += " --keep-directory-symlink --no-same-owner || exit 1; done"
    debian.as_root(["/bin/sh", "-c", unpack, "unpack", str(archives), str(folder)])
    spare = ("debootstrap", "var", "dev", "usr/share/doc", "usr/share/man", "usr/share/locale")
    debian.as_root(["rm", "-rf", *(str(folder / name) for name in spare)])
    if os.geteuid() != 0:
        debian.as_root(["chown", "-R", f"{os.geteuid()}:{os.getegid()}", str(folder)])


def _template() -> Path:
    return kept_folder(f"{_TEMPLATE}-{_version()}", _fill_template)


def _fill_template(folder: Path) -> None:
    accounts = folder.with_name(folder.name + ".sql")
    accounts.write_text(_ACCOUNTS)
    options: dict[str, Option] = {
        "basedir": str(_tree() / "usr"),
        "datadir": str(folder),
        "init_file": str(accounts),
        "initialize-insecure": None,
        **_FILE_SIZES,
        **server_account(),
    }
    try:
        run_tool(
            [*_server(), "--no-defaults", *option_arguments(options)],
            "making the MySQL template",
            environment=_environment(),
        )
    finally:
        accounts.unlink()
    # Holds the server's uuid; without it every copy gives itself a new one.
    (folder / "auto.cnf").unlink()
