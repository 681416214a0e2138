"""Delivery to one workspace: two independent lanes, each with its own thread."""

from __future__ import annotations

import logging
import time
from hashlib import blake2b

from cdc.log.protocol import TopicLog
from cdc.log.topics import TopicNames
from config.workspace import WorkspaceSettings
from sinks.accepted import AcceptedIndex
from sinks.deliver.catalog import CatalogLane
from sinks.deliver.intake import RecordMapper
from sinks.deliver.lane import Lane, LaneParts
from sinks.deliver.people import PeopleLane
from sinks.health import HealthState
from sinks.progress import ProgressShot
from sinks.synerise.backoff import StopSignal
from sinks.synerise.client import SyneriseClient

logger = logging.getLogger(__name__)


class Delivery:
    """Takes a workspace's records from the topics and has them accepted by Synerise.

    Products do not wait for persons nor the other way round. Each consumer has a group of its own
    (`TopicNames.groups`). One process at a time delivers to a workspace. The caller owns `log`,
    `client`, `index` and closes them after `join`.

    Args:
        workspace: settings of the workspace.
        mapper: makes payloads of records, for this workspace.
        stop: ends everything; requests that are under way are awaited.
    """

    def __init__(
        self,
        workspace: WorkspaceSettings,
        log: TopicLog,
        names: TopicNames,
        mapper: RecordMapper,
        client: SyneriseClient,
        index: AcceptedIndex,
        stop: StopSignal,
    ) -> None:
        parts = LaneParts(workspace, log, names, mapper, client, index, stop)
        self._client = client
        self._index = index
        self.workspace = workspace
        self._lanes: tuple[Lane, ...] = (PeopleLane(parts), CatalogLane(parts))

    def start(self) -> None:
        """Start both lanes; returns at once.

        Raises:
            LogUnavailable: the accepted index cannot be written.
        """
        lanes = [lane.name for lane in self._lanes]
        if self._index.aim(_target_of(self.workspace), lanes):
            logger.warning(
                "workspace.changed",
                extra={
                    "workspace": self.workspace.name,
                    "reason": "the address, GUID or API key is not that of the last time; in case"
                    " it leads to another workspace, everything in the topics is sent once more",
                },
            )
        for lane in self._lanes:
            lane.start()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for both lanes to end, which they do after a stop or a failure.

        Returns:
            Whether both have ended.
        Blocks: timeout_s in all.
        """
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        has_ended = True
        for lane in self._lanes:
            left_s = None if deadline_s is None else max(deadline_s - time.monotonic(), 0.0)
            has_ended = lane.join(left_s) and has_ended
        return has_ended

    @property
    def is_alive(self) -> bool:
        """Whether both lanes run."""
        return all(lane.is_alive for lane in self._lanes)

    @property
    def failure(self) -> BaseException | None:
        """Why a lane ended before the stop: an error that needs a person, or a bug."""
        return next((lane.failure for lane in self._lanes if lane.failure is not None), None)

    @property
    def health(self) -> HealthState:
        """Whether requests go through."""
        return self._client.health.state

    @property
    def progress(self) -> dict[str, ProgressShot]:
        """Counters by lane."""
        return {lane.name: lane.progress.shot() for lane in self._lanes}


def _target_of(workspace: WorkspaceSettings) -> str:
    """What leads to a workspace of the service, as a digest: it must not give the key away."""
    who = workspace.guid or workspace.api_key.get_secret_value()
    return blake2b(f"{workspace.url}\n{who}".encode(), digest_size=16).hexdigest()
