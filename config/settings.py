"""All settings of the daemon."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.base import SettingsModel
from config.mapping import MappingSettings
from config.source import CaptureSettings, DatabaseSettings
from config.topiclog import LogSettings
from config.workspace import WorkspaceSettings


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

    @model_validator(mode="after")
    def _workspaces_differ(self) -> Self:
        names = [workspace.name for workspace in self.workspaces]
        doubles = sorted({name for name in names if names.count(name) > 1})
        if doubles:
            raise ValueError(f"workspaces: the names {', '.join(doubles)} are used twice")
        return self

    @property
    def embedded_log_path(self) -> Path:
        """File of the embedded log."""
        return self.log.embedded.path or self.state_dir / "log.sqlite"
