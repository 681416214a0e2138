"""The log: valid JSON whatever the facts are, and readable text on a terminal."""

from __future__ import annotations

import ast
import io
import json
import logging
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

from cdc.errors import SourceMisconfigured
from cli.logs import JsonFormatter, TextFormatter, set_up_logs
from config.settings import Settings
from tests.architecture.checkout import PRODUCT, files, parsed, shown

logger = logging.getLogger("cdc.example")


def made(message: str = "thing.done", **extra: Any) -> logging.LogRecord:
    """Make a record with facts."""
    return logger.makeRecord(logger.name, logging.INFO, "f.py", 1, message, (), None, extra=extra)


def as_json(**extra: Any) -> dict[str, Any]:
    """Format facts and read them back; the line must be one line."""
    line = JsonFormatter().format(made(**extra))
    assert "\n" not in line
    fields = json.loads(line)
    assert isinstance(fields, dict)
    return fields


def test_line_has_time_level_logger_event_and_facts() -> None:
    fields = as_json(count=3, names=["a", "b"], nested={"x": None})
    assert fields["level"] == "INFO"
    assert fields["logger"] == "cdc.example"
    assert fields["event"] == "thing.done"
    assert fields["at"].endswith("Z")
    assert len(fields["at"]) == len("2026-01-01T00:00:00.000Z")
    assert (fields["count"], fields["names"], fields["nested"]) == (3, ["a", "b"], {"x": None})


@pytest.mark.parametrize(
    "value",
    [
        Path("folder"),
        2**80,
        {1: "a key that is no text"},
        {("a", "b"): 1},
        "two\nlines and a tab\t",
        "a lone \udc80 surrogate",
        float("nan"),
        ValueError("x"),
        {1, 2},
        b"bytes",
    ],
    ids=repr,
)
def test_no_fact_breaks_the_line(value: object) -> None:
    assert "fact" in as_json(fact=value)


def test_fact_named_like_one_of_our_fields_does_not_replace_it() -> None:
    fields = as_json(event="other", level=7, at="never", logger="x")
    assert fields["event"] == "thing.done"
    assert fields["event_"] == "other"
    assert fields["level_"] == 7


def test_error_of_ours_is_told_with_its_text_and_any_other_without() -> None:
    def failed(error: Exception) -> dict[str, Any]:
        try:
            raise error
        except Exception:
            record = logger.makeRecord("n", logging.ERROR, "f", 1, "x.failed", (), sys.exc_info())
        fields: dict[str, Any] = json.loads(JsonFormatter().format(record))
        return fields

    assert failed(SourceMisconfigured("log_bin is off"))["error"].endswith("log_bin is off")
    fields = failed(ValueError("robin@example.com"))
    assert "robin" not in json.dumps(fields)
    assert "test_logs.py" in fields["trace"][0]


def test_text_line_is_readable_and_quotes_what_has_spaces() -> None:
    line = TextFormatter().format(made(count=3, why="two words", empty="", word="plain", n=None))
    assert line.endswith('INFO    thing.done count=3 why="two words" empty="" word=plain n=None')


def test_text_of_several_lines_stands_below() -> None:
    lines = TextFormatter().format(made(error="first\n- second", part="capture")).splitlines()
    assert lines[0].endswith("thing.done part=capture")
    assert lines[1:] == ["    error: first", "    error: - second"]


def test_text_obeys_no_control_characters() -> None:
    line = TextFormatter().format(made(word="\x1b[31mred\x07", long="a\n\x1b[2Jb"))
    assert "\x1b" not in line
    assert "\x07" not in line


def set_up(**changes: Any) -> io.StringIO:
    """Set logs up on a stream that is no terminal."""
    stream = io.StringIO()
    set_up_logs(Settings.model_validate(changes), stream)
    return stream


def test_auto_writes_json_where_there_is_no_terminal() -> None:
    stream = set_up()
    logger.info("thing.done", extra={"count": 1})
    assert json.loads(stream.getvalue())["count"] == 1


def test_text_can_be_asked_for() -> None:
    stream = set_up(log_format="text")
    logger.info("thing.done")
    assert stream.getvalue().rstrip().endswith("INFO    thing.done")


def test_level_of_the_settings_counts_and_libraries_stay_quiet() -> None:
    stream = set_up(log_level="DEBUG")
    logger.debug("thing.looked_at")
    for name in ("kafka.conn", "httpx", "httpcore.connection"):
        logging.getLogger(name).info("GET /profiles/by-email/robin@example.com")
    assert "thing.looked_at" in stream.getvalue()
    assert "robin" not in stream.getvalue()


def test_warnings_go_into_the_log() -> None:
    stream = set_up()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("something is old", stacklevel=1)
        logging.captureWarnings(False)
    fields = json.loads(stream.getvalue())
    assert fields["logger"] == "py.warnings"


def test_thread_that_dies_is_told_in_the_log_as_json() -> None:
    stream = set_up()

    def dying() -> None:
        raise ValueError("robin@example.com")

    thread = threading.Thread(target=dying, name="some thread")
    thread.start()
    thread.join()
    fields = json.loads(stream.getvalue())
    assert fields["event"] == "thread.failed"
    assert fields["thread_name"] == "some thread"
    assert "robin" not in stream.getvalue()


def test_no_line_of_the_product_uses_a_name_that_logging_keeps_for_itself() -> None:
    """`extra` with such a name raises KeyError, and only when the line is written."""
    reserved = set(vars(made())) | {"message", "asctime"}
    found = {
        f"{shown(path)}:{node.value.lineno} {key.value!r}"
        for path in files(*PRODUCT, suffix=".py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.keyword) and node.arg == "extra"
        for inner in ast.walk(node.value)
        if isinstance(inner, ast.Dict) and inner is node.value
        for key in inner.keys
        if isinstance(key, ast.Constant) and key.value in reserved
    }
    assert found == set()
