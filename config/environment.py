"""Settings from environment variables; what is wrong with one is told with its name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource

from config.names import alike
from config.settings import Settings

ENV_PREFIX = "MAGENTO_CDC_"
# Variables with our prefix that are no settings: the file's place, and what builds and tests use.
_OTHER_VARIABLES = frozenset({"CONFIG", "CACHE", "REAL_SHOP"})


@dataclass(frozen=True, slots=True)
class NotJson:
    """Stands for the value of a variable that should be JSON. `cause` does not quote it."""

    cause: str


class Environment(EnvSettingsSource):
    """Variables of ours. Broken JSON becomes a fault of its field, beside all others."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Parse a list or a section; NotJson instead of an error, which would hide the others."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except json.JSONDecodeError as exc:
            return NotJson(f"{exc.msg} at character {exc.pos + 1}")
        except (ValueError, RecursionError):
            return NotJson("a number or a nesting beyond all bounds")


def variable_of(path: tuple[str | int, ...], environment: Mapping[str, str]) -> str | None:
    """The variable that set a field, None when it was the file.

    Inside a list it is the variable of the list. A section may come from variables below it.
    """
    names = []
    for part in path:
        if isinstance(part, int):
            break
        names.append(part)
    wanted = ENV_PREFIX + "__".join(names).upper()
    found = {name.upper(): name for name in environment if name.upper().startswith(wanted)}
    below = min((name for name in found if name.startswith(f"{wanted}__")), default=None)
    return found.get(wanted) or (found[below] if below else None)


def unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """A fault for each variable of ours that names no setting; the models check nested names."""
    for name in sorted(environment):
        if not name.upper().startswith(ENV_PREFIX):
            continue
        words = name[len(ENV_PREFIX) :].lower()
        field = words.split("__")[0]
        if field not in Settings.model_fields and field.upper() not in _OTHER_VARIABLES:
            meant = alike(tuple(words.split("__")))
            hint = (
                f"did you mean {ENV_PREFIX}{meant.replace('.', '__').upper()}?"
                if meant
                else ("see docs/configuration.md")
            )
            yield f"environment {name}: no such setting; {hint}"
