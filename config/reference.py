"""Every setting with its type, default and meaning, read from the models; renders the page on them.

`make docs` writes docs/configuration.md; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import getdoc
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from config.environment import ENV_PREFIX
from config.settings import Settings

REQUIRED: Any = object()
"""Stands for the default of a setting that has none."""

_UNITS = {
    "_per_s": "per second",
    "_ms": "milliseconds",
    "_s": "seconds",
    "_h": "hours",
    "bytes_max": "bytes",
}
_WORDS = {
    bool: "true or false",
    float: "number",
    int: "integer",
    Path: "path",
    SecretStr: "secret text",
    str: "text",
    NoneType: "null",
}
_LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        path: names from the top of the file; "[]" stands for each element of a list.
        annotation: its type.
        limits: bounds in words, maybe none.
        default: its value when nothing is said, REQUIRED when something has to be.
        meaning: what it is for.
    """

    path: tuple[str, ...]
    annotation: Any
    limits: tuple[str, ...]
    default: Any
    meaning: str

    @property
    def is_secret(self) -> bool:
        """Whether its value must never be shown."""
        return SecretStr in (self.annotation, *get_args(self.annotation))

    @property
    def variable(self) -> str | None:
        """The environment variable that overrides it; None inside a list."""
        if "[]" in self.path:
            return None
        return ENV_PREFIX + "__".join(self.path).upper()


@dataclass(frozen=True, slots=True)
class Section:
    """Settings that stand side by side in the file, and what they are about."""

    path: tuple[str, ...]
    about: str
    settings: tuple[Setting, ...]


def sections() -> list[Section]:
    """All settings in the order of the file, section by section."""
    return list(_sections(Settings, (), Settings()))


def all_settings() -> list[Setting]:
    """All settings in the order of the sections."""
    return [setting for section in sections() for setting in section.settings]


def _sections(
    model: type[BaseModel], path: tuple[str, ...], defaults: BaseModel | None, about: str = ""
) -> Iterator[Section]:
    settings: list[Setting] = []
    inner: list[Section] = []
    for name, field in model.model_fields.items():
        here = (*path, name)
        default = getattr(defaults, name) if defaults is not None else _default(field)
        block, element = _model(field.annotation), _element(field.annotation)
        if block is not None:
            inner += _sections(block, here, default, field.description or "")
        elif element is not None:
            settings.append(_setting(here, field, default))
            inner += _sections(element, (*here, "[]"), None)
        else:
            settings.append(_setting(here, field, default))
    yield Section(path, about or " ".join((getdoc(model) or "").split()), tuple(settings))
    yield from inner


def _setting(path: tuple[str, ...], field: FieldInfo, default: Any) -> Setting:
    limits = tuple(
        f"{text} {getattr(limit, name)}"
        for limit in field.metadata
        for name, text in _LIMITS.items()
        if getattr(limit, name, None) is not None
    )
    return Setting(path, field.annotation, limits, default, field.description or "")


def _default(field: FieldInfo) -> Any:
    return REQUIRED if field.is_required() else field.get_default()


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, None when it is something else."""
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation if is_model else None


def _element(annotation: Any) -> type[BaseModel] | None:
    """The model of a list's elements, None for everything else."""
    return _model(get_args(annotation)[0]) if get_origin(annotation) is tuple else None


def shown(setting: Setting) -> str:
    """A default as it is written in the file."""
    value = setting.default
    if value is REQUIRED:
        return "required"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, tuple):
        value = list(value)
    if isinstance(value, str | list | None | bool):
        return json.dumps(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def words(setting: Setting) -> str:
    """A type in words, with unit and limits."""
    unit = next((u for end, u in _UNITS.items() if setting.path[-1].endswith(end)), None)
    return ", ".join((_type_words(setting.annotation), *([unit] if unit else ()), *setting.limits))


def _type_words(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(_type_words(argument) for argument in arguments)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin is tuple:
        return f"list of {_type_words(arguments[0])}"
    if _model(annotation) is not None:
        return "the settings below"
    return _WORDS[annotation]


_INTRODUCTION = """\
# Configuration

Generated by `make docs`; do not edit. [config/example.yaml](../config/example.yaml) has every
setting with its default, to be copied and cut down.

* **File.** YAML, given with `--config` (`-c`) or the variable `MAGENTO_CDC_CONFIG`. In its texts
  `${NAME}` stands for an environment variable, which keeps secrets out of the file. Such a variable
  must be set, and its name must not begin with `MAGENTO_CDC_`.
* **Environment.** Each setting has a variable, too: its path in capitals, `__` between the parts,
  `MAGENTO_CDC_` in front. It wins over the file. Lists are written as JSON; null cannot be written.
  The settings of a workspace have no variables of their own: `MAGENTO_CDC_WORKSPACES` replaces the
  whole list.
* **Faults.** A key or a `MAGENTO_CDC_` variable that names no setting is refused, and so is a key
  that is there twice. All faults are listed at once, each with the path of its field and never with
  a value; the exit code is 2. `magento-cdc check` finds them before the daemon does.
* **Changes** take effect when the daemon is started again.
"""


def render() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *(_render(section) for section in sections())])


def _render(section: Section) -> str:
    title = _path(section.path) if section.path else "Top level"
    heading = f"## {title}\n\n{section.about}\n"
    if not section.settings:
        return heading
    has_variables = section.settings[0].variable is not None
    columns = ["setting", "type", "default", "meaning"] + ["variable"] * has_variables
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for setting in section.settings:
        default = shown(setting)
        cells = [
            f"`{setting.path[-1]}`",
            words(setting),
            default if setting.default is REQUIRED else f"`{default}`",
            setting.meaning,
        ] + [f"`{setting.variable}`"] * has_variables
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return heading + "\n" + "\n".join(lines) + "\n"


def _path(path: tuple[str, ...]) -> str:
    return ".".join(path).replace(".[]", "[]")
