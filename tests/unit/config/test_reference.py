"""The page and the example are made of every setting, with the defaults that really hold."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from config import example, reference
from config.environment import ENV_PREFIX
from config.loading import load_settings
from config.reference import REQUIRED, Setting
from config.settings import Settings

KEY = "11111111-2222-4333-8444-555555555555"
BY_PATH = {".".join(setting.path): setting for setting in reference.all_settings()}


def load_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in [name for name in os.environ if name.upper().startswith(ENV_PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CAPTURE_PASSWORD", "hunter2")
    monkeypatch.setenv("SYNERISE_API_KEY", KEY)
    path = tmp_path / "config.yaml"
    path.write_text(example.render(), encoding="utf-8")
    return load_settings(path)


def test_example_holds_the_defaults_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_example(tmp_path, monkeypatch)
    plain = Settings.model_validate(
        {
            "database": {"password": "hunter2"},
            "workspaces": [{"name": "main", "api_key": KEY}],
        }
    )
    assert settings.model_dump() == plain.model_dump()


def test_example_holds_no_secret() -> None:
    for path, setting in BY_PATH.items():
        if setting.is_secret and setting.default is not None:
            assert f"{setting.path[-1]}: ${{" in example.render(), path


def test_every_comment_of_the_example_fits_a_screen() -> None:
    assert [line for line in example.render().splitlines() if len(line) > 100] == []


def test_defaults_are_those_of_the_place_and_not_of_the_block() -> None:
    assert BY_PATH["capture.settle.product.quiet_ms"].default == 300
    assert BY_PATH["capture.settle.order.quiet_ms"].default == 20


def test_defaults_are_those_that_hold_without_a_file() -> None:
    for path, setting in BY_PATH.items():
        if "[]" not in setting.path:
            value: Any = Settings()
            for name in setting.path:
                value = getattr(value, name)
            assert setting.default == value, path


def test_required_settings_are_those_of_a_workspace() -> None:
    required = {path for path, setting in BY_PATH.items() if setting.default is REQUIRED}
    assert required == {"workspaces.[].name", "workspaces.[].api_key"}


def test_every_variable_of_the_page_sets_what_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that set nothing would be refused, so that loading proves it."""
    for setting in BY_PATH.values():
        if setting.variable is not None and setting.default is not None:
            monkeypatch.setenv(setting.variable, _as_variable(setting))
    assert load_settings(None).model_dump() == Settings().model_dump()


def _as_variable(setting: Setting) -> str:
    text = reference.shown(setting)
    return text[1:-1] if text.startswith('"') else text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("grace_s", "number, seconds, more than 0"),
        ("database.port", "integer, at least 1, at most 65535"),
        ("database.password", "secret text"),
        ("database.unix_socket", "text or null"),
        ("log.kafka.bootstrap_servers", "list of text"),
        ("log.backend", "`embedded` or `kafka`"),
        ("workspaces.[].websites", "list of integer or null"),
        ("workspaces.[].requests_per_s", "number, per second, more than 0"),
    ],
)
def test_types_are_told_in_words(path: str, words: str) -> None:
    assert reference.words(BY_PATH[path]) == words


def test_a_secret_default_is_shown_as_what_it_is_worth() -> None:
    setting = BY_PATH["database.password"]
    assert setting.default == SecretStr("")
    assert reference.shown(setting) == '""'


def test_page_has_a_row_for_each_setting() -> None:
    page = reference.render()
    for path, setting in BY_PATH.items():
        named = setting.variable or setting.path[-1]
        assert f"`{named}`" in page, path
