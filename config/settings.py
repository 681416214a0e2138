"""All settings of the daemon."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from config.base import SettingsModel
from config.mapping import MappingSettings
from config.source import CaptureSettings, DatabaseSettings
from config.topiclog import LogSettings
from config.workspace import WorkspaceSettings

CLASH = "workspaces_clash"
"""Type of the error whose context has a list of faults, each with its path."""


class Settings(SettingsModel):
    """The whole configuration: one file, overridden by MAGENTO_CDC_… environment variables."""

    enabled: Annotated[
        bool,
        Field(
            description=(
                "Master switch of delivery: nothing is sent to Synerise while false. Capture "
                "runs, so that settings can be checked first."
            )
        ),
    ] = False
    source: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9._-]+$",
            description=(
                "Name of this shop: the key of its checkpoint on Kafka, and a word in the log. "
                "Letters, digits, dot, hyphen and underscore."
            ),
        ),
    ] = "magento"
    state_dir: Annotated[
        Path, Field(description="Folder for the daemon's own files: indexes, the embedded log.")
    ] = Path("state")
    database: DatabaseSettings = DatabaseSettings()
    capture: CaptureSettings = CaptureSettings()
    log: LogSettings = LogSettings()
    mapping: MappingSettings = MappingSettings()
    workspaces: Annotated[
        tuple[WorkspaceSettings, ...],
        Field(description="Synerise workspaces to deliver to, any number."),
    ] = ()
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(description="Level of the log.")
    ] = "INFO"
    log_format: Annotated[
        Literal["auto", "json", "text"],
        Field(description="auto writes text on a terminal and JSON elsewhere."),
    ] = "auto"
    grace_s: Annotated[
        float, Field(gt=0, description="Longest time to finish work after a stop signal.")
    ] = 15.0

    @field_validator("workspaces")
    @classmethod
    def _workspaces_fit(
        cls, value: tuple[WorkspaceSettings, ...], info: ValidationInfo
    ) -> tuple[WorkspaceSettings, ...]:
        faults = _clashes(value)
        if info.data.get("enabled"):
            faults += _idle(value)
        if faults:
            raise PydanticCustomError(CLASH, "settings of workspaces clash", {"faults": faults})
        return value

    @property
    def embedded_log_path(self) -> Path:
        """File of the embedded log."""
        return self.log.embedded.path or self.state_dir / "log.sqlite"


def _clashes(workspaces: Sequence[WorkspaceSettings]) -> list[str]:
    """Pairs that would write the same files, or the same workspace of Synerise.

    Two deliveries to one workspace of Synerise never agree: what one of them had accepted is not
    in the index of the other, which overwrites it, or removes what it takes for gone.
    """
    faults = []
    numbered = list(enumerate(workspaces))
    for (_, one), (number, other) in combinations(numbered, 2):
        if one.name == other.name:
            faults.append(f"workspaces.{number}.name: {other.name} is used twice")
            continue
        same = _same_account(one, other)
        if same is not None:
            faults.append(
                f"workspaces.{number}.{same}: {one.name} and {other.name} have the same one, so "
                "they would overwrite each other in one workspace of Synerise; make one workspace "
                "of them, with the websites of both"
            )
    return faults


def _same_account(one: WorkspaceSettings, other: WorkspaceSettings) -> str | None:
    """The field by which both are one workspace of Synerise."""
    # Whatever the address: a proxy's may lead to the same place, and a sandbox takes any key.
    if UUID(one.api_key.get_secret_value()) == UUID(other.api_key.get_secret_value()):
        return "api_key"
    if one.guid is not None and other.guid is not None and UUID(one.guid) == UUID(other.guid):
        return "guid"
    return None


def _idle(workspaces: Sequence[WorkspaceSettings]) -> list[str]:
    """Lists of websites or store views in which there is none."""
    return [
        f"workspaces.{number}.{name}: an empty list sends nothing to {workspace.name}; write ids, "
        f"or leave {name} out to send all"
        for number, workspace in enumerate(workspaces)
        for name in ("websites", "stores")
        if getattr(workspace, name) == ()
    ]
