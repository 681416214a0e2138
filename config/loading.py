"""Reading the settings: a YAML file, overridden by environment variables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from config.environment import ENV_PREFIX, Environment, unknown_variables
from config.errors import SettingsFaulty
from config.faults import faults_of
from config.settings import Settings
from config.yaml_file import parse_yaml

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
        del env_settings, dotenv_settings, file_secret_settings
        assert isinstance(init_settings, InitSettingsSource)
        return Environment(settings_cls), init_settings


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
    faults += unknown_variables(os.environ)
    try:
        settings = _LoadedSettings(**fields)
    except ValidationError as exc:
        raise SettingsFaulty(faults_of(exc, os.environ) + faults) from exc
    if faults:
        raise SettingsFaulty(faults)
    return settings


def _read_file(path: Path, faults: list[str]) -> dict[str, Any]:
    """Fields of the file; what is wrong with some of them alone is added to `faults`."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise SettingsFaulty([f"{path}: not UTF-8 text"]) from exc
    except OSError as exc:
        raise SettingsFaulty([f"{path}: cannot be read ({exc.strerror})"]) from exc
    fields = parse_yaml(text, str(path), faults)
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
