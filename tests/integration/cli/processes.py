"""Commands of `magento-cdc` as child processes: those that run on, and those that answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.architecture.checkout import ROOT

_WAIT_S = 60.0


def environment() -> dict[str, str]:
    """Variables of a child: ours alone count, not those of the developer's shell."""
    kept = {name: value for name, value in os.environ.items() if "MAGENTO_CDC_" not in name.upper()}
    return {**kept, "PYTHONPATH": str(ROOT)}


def command_line(*words: str, config: Path | None = None) -> list[str]:
    """What runs a command of this checkout."""
    more = [] if config is None else ["--config", str(config)]
    return [sys.executable, "-m", "cli.main", *words, *more]


@dataclass(frozen=True)
class Answer:
    """How a command ended and what it wrote."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The document on stdout."""
        return json.loads(self.stdout)


def ask(*words: str, config: Path | None = None) -> Answer:
    """Run a command to its end."""
    done = subprocess.run(
        command_line(*words, config=config),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=_WAIT_S,
        stdin=subprocess.DEVNULL,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


class Process:
    """A command that runs until it is stopped; whoever starts it kills it at the end."""

    def __init__(self, log_file: Path, *words: str, config: Path | None = None) -> None:
        self.log_file = log_file
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(
                command_line(*words, config=config),
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment(),
            )

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    @property
    def output(self) -> str:
        """What it has written so far."""
        return self.log_file.read_text(errors="replace")

    def events(self) -> list[dict[str, Any]]:
        """Its log, line by line; each line must be a JSON object."""
        return [json.loads(line) for line in self.output.splitlines()]

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        if self.is_running:
            self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Wait until it ends by itself; its exit code."""
        return self._process.wait(_WAIT_S)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait(_WAIT_S)
