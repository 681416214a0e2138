"""Remembers with which settings a workspace's records were looked at.

A record that went by while its model was off, or its website belonged to nobody, comes again only
when the offsets go back. So does what was sent in another form. One small file for each workspace,
beside its accepted index; losing it costs the warning.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from cdc.errors import LogUnavailable
from cdc.records import Model
from cli.groups import PartitionOffsets
from config.settings import Settings
from config.workspace import WorkspaceSettings

Choices = dict[str, Any]
"""Path of a setting → its value, for one model."""
Past = dict[str, list[Choices]]
"""Name of a model → all choices since its records were last looked at from the first one on."""

_PAST = TypeAdapter(Past)

_SECTIONS = {
    Model.CUSTOMER: ("customer", "application_name"),
    Model.PRODUCT: ("product",),
    Model.ORDER: ("order", "application_name", "subscriber"),
    Model.SUBSCRIBER: ("subscriber",),
}


def changes(
    settings: Settings,
    workspace: WorkspaceSettings,
    offsets: Sequence[PartitionOffsets],
    *,
    is_noted: bool,
) -> dict[str, list[str]]:
    """Models to the settings that differ from those with which some records were looked at.

    Args:
        offsets: where the workspace stands; a model that stands at its first record starts over.
        is_noted: remember the settings as they are now.
    Raises:
        LogUnavailable: they cannot be written.
    """
    path = settings.state_dir / f"mapping-{workspace.name}.json"
    now = choices(settings, workspace)
    past = renewed(_read(path), now, starts_over(offsets, workspace.name))
    if is_noted:
        _write(path, past)
    return differences(past, now)


def choices(settings: Settings, workspace: WorkspaceSettings) -> dict[str, Choices]:
    """The settings that decide what is sent of each model. Pure."""
    mapping = settings.mapping.model_dump(mode="json")
    scope = {
        name: None if ids is None else sorted(set(ids))
        for name, ids in (("websites", workspace.websites), ("stores", workspace.stores))
    }
    return {
        model.value: {
            f"mapping.models.{model.value}": mapping["models"][model.value],
            **scope,
            **{
                path: value
                for section in sections
                for path, value in _flat(f"mapping.{section}", mapping[section])
            },
        }
        for model, sections in _SECTIONS.items()
    }


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield path, value
        return
    for name, inner in value.items():
        yield from _flat(f"{path}.{name}", inner)


def renewed(past: Past, now: Mapping[str, Choices], replayed: Iterable[str]) -> Past:
    """The past with what is chosen now; that of models which start over is forgotten. Pure."""
    return {
        model: [
            *(one for one in past.get(model, ()) if model not in replayed and one != chosen),
            chosen,
        ]
        for model, chosen in now.items()
    }


def differences(past: Past, now: Mapping[str, Choices]) -> dict[str, list[str]]:
    """Models that are sent now, to the settings that were different for some records. Pure."""
    found = {
        model: sorted(
            {
                name
                for old in past.get(model, ())
                for name in old.keys() & chosen.keys()
                if old[name] != chosen[name]
            }
        )
        for model, chosen in now.items()
        if chosen[f"mapping.models.{model}"]
    }
    return {model: names for model, names in found.items() if names}


def starts_over(offsets: Sequence[PartitionOffsets], workspace: str) -> set[str]:
    """Models of which a workspace will look at every record that there is. Pure."""
    ours = [one for one in offsets if one.workspace == workspace]
    begun = {one.model.value for one in ours if one.next > one.begin}
    return {one.model.value for one in ours} - begun


def _read(path: Path) -> Past:
    """The stored past; empty when there is none that can be read."""
    try:
        return _PAST.validate_json(path.read_bytes())
    except (OSError, ValueError):
        return {}


def _write(path: Path, past: Past) -> None:
    new = path.with_suffix(".new")
    try:
        new.write_bytes(_PAST.dump_json(past, indent=1))
        os.replace(new, path)
    except OSError as exc:
        raise LogUnavailable(f"writing {path.name}: {exc.strerror}") from exc


def replay_command(workspace: str, models: Iterable[str]) -> str:
    """What looks at all records of some models again."""
    chosen = list(models)
    words = "" if len(chosen) == len(Model) else "".join(f" -m {model}" for model in chosen)
    return f"magento-cdc offsets reset -c config.yaml -w {workspace}{words}"
