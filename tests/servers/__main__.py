"""`python -m tests.servers prepare [mariadb] [mysql] [kafka]`: bring the servers for tests."""

from __future__ import annotations

import argparse
import sys

from tests.servers.kafka import KafkaBroker
from tests.servers.mariadb import MariaDB
from tests.servers.mysql import MySQL
from tests.servers.process import ServerFailed, ServerProcess

SERVERS: dict[str, type[ServerProcess]] = {
    "mariadb": MariaDB,
    "mysql": MySQL,
    "kafka": KafkaBroker,
}


def main() -> int:
    """Prepare the named servers, or all; return 1 when one cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    parser.add_argument("action", choices=["prepare"])
    parser.add_argument("servers", nargs="*", metavar="|".join(SERVERS))
    chosen = parser.parse_args().servers or list(SERVERS)
    unknown = sorted(set(chosen) - set(SERVERS))
    if unknown:
        parser.error(f"unknown server: {', '.join(unknown)}")
    for name in chosen:
        try:
            SERVERS[name].prepare()
        except ServerFailed as exc:
            print(f"{name}: {exc}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
