"""What the daemon says first: who it is, what it was told, where it goes on and why there."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cdc.checkpoint import Checkpoint
from cdc.errors import LogMisconfigured, LogUnavailable, PipelineError, PublisherFenced, TopicError
from cdc.log.protocol import LogAdmin
from cdc.records import Model
from cli.folders import fault_of, try_writing
from cli.groups import PartitionOffsets, offsets_of
from cli.mapping_history import changes, replay_command
from cli.topics import admin_of, place_of
from config.errors import SettingsFaulty
from config.settings import Settings
from config.workspace import WorkspaceSettings

logger = logging.getLogger(__name__)

_LOGIN_IN_URL = re.compile(r"(?<=://)[^/@]*@")


def masked(settings: Settings) -> dict[str, Any]:
    """The settings that differ from their defaults, as plain values without secrets."""
    fields = settings.model_dump(mode="json", exclude_defaults=True)
    for workspace in fields.get("workspaces", ()):
        if workspace.get("base_url"):
            workspace["base_url"] = _LOGIN_IN_URL.sub("***@", workspace["base_url"])
    return fields


def make_state_dir(settings: Settings) -> None:
    """Make the folder of the daemon's own files.

    Raises:
        SettingsFaulty: it cannot be made, or no file can be written in it.
        LogUnavailable: its disk is full.
    """
    folder = settings.state_dir
    try:
        try_writing(folder)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        fault = f"state_dir: {fault_of(folder, exc)}"
        if exc.errno == errno.ENOSPC:
            raise LogUnavailable(fault) from exc
        raise SettingsFaulty([fault]) from exc


def start_facts(
    settings: Settings, *, is_capturing: bool, workspaces: Sequence[str]
) -> dict[str, Any]:
    """Where capture and deliveries go on, and why there, for the first line of the log.

    Raises:
        PublisherFenced: another process publishes to this log already.
        LogMisconfigured.
    """
    facts: dict[str, Any] = {"topics": place_of(settings)}
    try:
        with admin_of(settings) as admin:
            if is_capturing:
                # Before any delivery begins: it would take over from the one that is at work.
                if admin.has_publisher():
                    raise PublisherFenced(
                        f"starting: another process captures into {place_of(settings)}; stop it"
                        " first"
                    )
                facts["capture_start"] = _capture_start(admin)
            if workspaces:
                facts["deliver_start"] = _deliver_start(settings, admin, workspaces)
    except (PublisherFenced, LogMisconfigured):
        raise
    except TopicError as exc:
        facts["start"] = f"not known yet, the topic log does not answer: {exc}"
    return facts


def warn_of_changes(settings: Settings, workspaces: Sequence[WorkspaceSettings]) -> None:
    """Say for which workspaces the offsets have to go back, and note the settings as they are.

    A replay may cost hours of requests, so it is left to a person. Nothing is said where the topic
    log does not answer.

    Raises:
        LogMisconfigured, LogUnavailable: the settings cannot be noted.
    """
    if not workspaces:
        return
    names = [workspace.name for workspace in workspaces]
    offsets: list[PartitionOffsets] = []
    try:
        with admin_of(settings) as admin:
            offsets += offsets_of(settings, admin, names, list(Model))
    except LogUnavailable as exc:
        logger.warning("log.unavailable", extra={"error": str(exc)})
    for workspace in workspaces:
        changed = changes(settings, workspace, offsets, is_noted=True)
        if changed:
            logger.warning(
                "mapping.changed",
                extra={
                    "workspace": workspace.name,
                    "changed": changed,
                    "reason": "records that went by before the change were not sent like this",
                    "fix": f"stop, {replay_command(workspace.name, changed)}, start: only what "
                    "differs is sent",
                },
            )


def _capture_start(admin: LogAdmin) -> dict[str, Any]:
    try:
        raw = admin.checkpoint()
        position = Checkpoint.decode(raw).position if raw is not None else None
    except PipelineError as exc:
        return {"position": None, "reason": f"the checkpoint cannot be used: {exc}"}
    if position is None:
        reason = "no checkpoint in the topics: the server's present position, then an initial load"
        return {"position": None, "reason": reason}
    return {
        "position": str(position.coordinates),
        "gtid": position.gtid,
        "reason": "checkpoint in the topics",
    }


def _deliver_start(
    settings: Settings, admin: LogAdmin, workspaces: Sequence[str]
) -> Mapping[str, Any]:
    if admin.missing_topics():
        return dict.fromkeys(workspaces, "first record: the topics do not exist yet")
    starts: dict[str, dict[str, list[int | str]]] = {}
    for offset in offsets_of(settings, admin, workspaces, list(Model)):
        by_model = starts.setdefault(offset.workspace, {})
        place = "first record" if offset.committed is None else offset.committed
        by_model.setdefault(offset.model.value, []).append(place)
    return starts
