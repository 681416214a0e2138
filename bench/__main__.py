"""Runs every benchmark with its default sizes, one after the other: `make bench`."""

from __future__ import annotations

import subprocess
import sys

_BENCHMARKS = ("sandbox", "log", "binlog", "entities", "capture", "delivery", "end_to_end")


def main() -> None:
    """Run the benchmarks in processes of their own; fail when one fails."""
    failed = []
    for name in _BENCHMARKS:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"]).returncode:
            failed.append(name)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
