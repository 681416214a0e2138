"""Structured logs: one JSON object a line for machines, one readable line for people."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any, TextIO

import orjson

from config.settings import Settings

_STANDARD = frozenset(
    logging.LogRecord("", 0, "", 0, "", (), None).__dict__ | {"message": "", "asctime": ""}
)
_NOISY = ("kafka", "httpx", "httpcore", "pymysqlreplication", "uvicorn")


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in record.__dict__.items() if key not in _STANDARD}


class JsonFormatter(logging.Formatter):
    """One JSON object: time, level, logger, event, and the facts given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record as JSON."""
        fields: dict[str, Any] = {
            "at": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{record.msecs:03.0f}Z",
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            fields["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(fields, default=str).decode()

    converter = staticmethod(time.gmtime)


class TextFormatter(logging.Formatter):
    """One line: time, level, event, then the facts as key=value."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record as text."""
        facts = " ".join(f"{key}={value}" for key, value in _facts(record).items())
        at = self.formatTime(record, "%H:%M:%S")
        line = f"{at} {record.levelname:7} {record.getMessage()} {facts}".rstrip()
        if record.exc_info and record.exc_info[0] is not None:
            line += "\n" + self.formatException(record.exc_info)
        return line


def set_up_logs(settings: Settings, stream: TextIO | None = None) -> None:
    """Send all logs to `stream` (default stderr) in the format the settings ask for."""
    target = stream or sys.stderr
    is_text = settings.log_format == "text" or (settings.log_format == "auto" and target.isatty())
    handler = logging.StreamHandler(target)
    handler.setFormatter(TextFormatter() if is_text else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
