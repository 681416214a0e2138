"""Golden cases of the mappers: a record, settings, and exactly what must come out.

A case is a folder `<model>/<sentence>/` of `record.json`, `expected.json` and, when not all is
default, `settings.yaml` with parts of `workspace` and `mapping`. What is expected is written by
hand from the rules of the API; no code writes it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cdc.errors import MappingFailed
from cdc.records import ChangeRecord, decode_record
from config.mapping import MappingSettings
from config.workspace import WorkspaceSettings
from mappers.mapper import Mapper
from mappers.payload import Payload
from mappers.scope import Scope

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Case:
    """One folder."""

    folder: Path

    @property
    def name(self) -> str:
        """Model and sentence."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    def record(self) -> ChangeRecord:
        """The record to map."""
        return decode_record((self.folder / "record.json").read_bytes())

    def expected(self) -> Any:
        """What must come out."""
        return json.loads((self.folder / "expected.json").read_text(encoding="utf-8"))

    def outcome(self) -> Any:
        """What does come out, in the form of expected.json."""
        try:
            mapped = Mapper(self.scope()).map(self.record())
        except MappingFailed as exc:
            return {"failed": str(exc)}
        outcome = {
            "payloads": [_presented(payload) for payload in mapped.payloads],
            "skipped": [skipped.reason for skipped in mapped.skipped],
        }
        return outcome if mapped.gone is None else {**outcome, "gone": mapped.gone}

    def scope(self) -> Scope:
        """Scope of the case's settings."""
        path = self.folder / "settings.yaml"
        settings = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
        return scope(settings.get("workspace"), settings.get("mapping"))


def scope(workspace: dict[str, Any] | None = None, mapping: dict[str, Any] | None = None) -> Scope:
    """A scope of partial settings."""
    fixed = {"name": "main", "api_key": "5f0b8e4e-3c55-4c5c-9d2f-2f6a3a5b1c11"}
    return Scope.of(
        WorkspaceSettings.model_validate(fixed | (workspace or {})),
        MappingSettings.model_validate(mapping or {}),
    )


def all_cases() -> list[Case]:
    """Every case, by name."""
    return [Case(path.parent) for path in sorted(FOLDER.glob("*/*/record.json"))]


def _presented(payload: Payload) -> dict[str, Any]:
    return {
        "kind": payload.kind.value,
        "target": payload.target,
        "body": payload.body,
        "claims": sorted(payload.claims),
        "catalog": payload.catalog,
        "version": payload.version,
    }
