"""Reading the settings: a YAML file, overridden by environment variables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from config.errors import SettingsFaulty
from config.settings import Settings

ENV_PREFIX = "MAGENTO_CDC_"
# Variables with our prefix that are no settings: the file's place, and what builds and tests use.
_OTHER_VARIABLES = frozenset({"CONFIG", "CACHE", "REAL_SHOP"})
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class _LoadedSettings(Settings, BaseSettings):
    """Settings with sources: environment first, then what the file says."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        nested_model_default_partial_update=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The file comes in as init arguments; the environment goes over it."""
        del settings_cls, dotenv_settings, file_secret_settings
        assert isinstance(init_settings, InitSettingsSource)
        return env_settings, init_settings


def load_settings(path: Path | None) -> Settings:
    """Read and check all settings.

    Args:
        path: YAML file; None takes the environment and the defaults alone. In its texts
            `${NAME}` stands for an environment variable.

    Raises:
        SettingsFaulty: lists every fault with the path of the field; never a value.
    """
    faults: list[str] = []
    fields = _read_file(path, faults) if path is not None else {}
    faults += _unknown_variables(os.environ)
    try:
        settings = _LoadedSettings(**fields)
    except ValidationError as exc:
        raise SettingsFaulty(_faults(exc) + faults) from exc
    except SettingsError as exc:
        # The library stops at the first variable that is no JSON; its text names the field alone.
        raise SettingsFaulty([f"environment: {exc}: not valid JSON", *faults]) from exc
    if faults:
        raise SettingsFaulty(faults)
    return settings


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Faults for variables of ours that name no setting; nested names are checked by the models."""
    faults = []
    for name in sorted(environment):
        if not name.upper().startswith(ENV_PREFIX):
            continue
        field = name[len(ENV_PREFIX) :].split("__")[0]
        if field.lower() not in Settings.model_fields and field.upper() not in _OTHER_VARIABLES:
            faults.append(f"environment {name}: no such setting; see docs/configuration.md")
    return faults


def _read_file(path: Path, faults: list[str]) -> dict[str, Any]:
    """Fields of the file; variables that it names and that are not set are added to `faults`."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise SettingsFaulty([f"{path}: not UTF-8 text"]) from exc
    except OSError as exc:
        raise SettingsFaulty([f"{path}: cannot be read ({exc.strerror})"]) from exc
    try:
        fields = yaml.safe_load(text) or {}
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise SettingsFaulty([f"{path}{where}: not valid YAML"]) from exc
    if not isinstance(fields, dict):
        raise SettingsFaulty([f"{path}: must be a mapping of settings"])
    missing: list[str] = []
    expanded = _expand(fields, os.environ, missing)
    faults += [
        f"{path}: the environment variable {name} is not set" for name in sorted(set(missing))
    ]
    assert isinstance(expanded, dict)
    return expanded


def _expand(value: Any, environment: Mapping[str, str], missing: list[str]) -> Any:
    if isinstance(value, dict):
        return {str(key): _expand(item, environment, missing) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, environment, missing) for item in value]
    if not isinstance(value, str):
        return value

    def replaced(match: re.Match[str]) -> str:
        found = environment.get(match[1])
        if found is None:
            missing.append(match[1])
            return match[0]
        return found

    return _REFERENCE.sub(replaced, value)


def _faults(exc: ValidationError) -> list[str]:
    faults = []
    for error in exc.errors(include_input=False, include_url=False):
        place = ".".join(str(part) for part in error["loc"]) or "settings"
        message = error["msg"].removeprefix("Value error, ")
        if error["type"] == "extra_forbidden":
            message = "no such setting; see docs/configuration.md for the names"
        faults.append(f"{place}: {message}")
    return faults
