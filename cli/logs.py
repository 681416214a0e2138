"""Structured logs: one JSON object a line for machines, one readable line for people."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from typing import Any, TextIO

import orjson

from cli.failures import describe
from cli.terminal import printable, stderr_console
from config.settings import Settings

logger = logging.getLogger(__name__)

_STANDARD = frozenset(
    logging.LogRecord("", 0, "", 0, "", (), None).__dict__ | {"message": "", "asctime": ""}
)
_NOISY = ("kafka", "httpx", "httpcore", "pymysqlreplication", "uvicorn")
_FIXED = ("at", "level", "logger", "event")
_COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    facts = {
        f"{key}_" if key in _FIXED else key: value
        for key, value in record.__dict__.items()
        if key not in _STANDARD
    }
    if record.exc_info and record.exc_info[1] is not None:
        facts |= describe(record.exc_info[1])
    return facts


class JsonFormatter(logging.Formatter):
    """One JSON object: time, level, logger, event, and the facts given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record as JSON; never fails over a fact that JSON does not know."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields: dict[str, Any] = {
            "at": f"{at}.{record.msecs:03.0f}Z",
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            **_facts(record),
        }
        try:
            return orjson.dumps(fields, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        except TypeError:
            # Integers beyond 64 bits, lone surrogates: what orjson refuses and Python knows.
            return json.dumps(fields, default=str, skipkeys=True)


class TextFormatter(logging.Formatter):
    """One line: time, level, event, then the facts as key=value; long texts below it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record as text."""
        at = time.strftime("%H:%M:%S", time.localtime(record.created))
        words = [at, f"{record.levelname:7}", record.getMessage()]
        below = []
        for key, value in _facts(record).items():
            if isinstance(value, str) and "\n" in value:
                below += [f"    {key}: {line}" for line in map(printable, value.split("\n"))]
            else:
                words.append(f"{key}={_word(value)}")
        return "\n".join([" ".join(words), *below])


def _word(value: Any) -> str:
    if isinstance(value, str) and (" " in value or not value or not value.isprintable()):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=str, ensure_ascii=False)
    return printable(str(value))


class TerminalHandler(logging.Handler):
    """Writes lines above the progress bars, which share its console."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            stderr_console().print(
                self.format(record),
                style=_COLOURS.get(record.levelname),
                markup=False,
                highlight=False,
                emoji=False,
                soft_wrap=True,
            )
        except Exception:
            # As every handler of the standard library does: a log line must not end the program.
            self.handleError(record)


def is_text(settings: Settings, stream: TextIO) -> bool:
    """Whether the log is for people."""
    return settings.log_format == "text" or (settings.log_format == "auto" and stream.isatty())


def set_up_logs(settings: Settings, stream: TextIO | None = None) -> None:
    """Send all logs to `stream` (default stderr) in the format the settings ask for.

    What other libraries and threads would print goes the same way: warnings, errors of threads.
    """
    target = stream or sys.stderr
    handler: logging.Handler
    if target is sys.stderr and target.isatty():
        handler = TerminalHandler()
    else:
        handler = logging.StreamHandler(target)
    handler.setFormatter(TextFormatter() if is_text(settings, target) else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)
    threading.excepthook = _thread_failed


def _thread_failed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        name = args.thread.name if args.thread is not None else None
        logger.critical("thread.failed", extra={"thread_name": name, **describe(args.exc_value)})
