"""Delivery to one workspace: two independent lanes, each with its own thread."""

from __future__ import annotations

import time

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
        self.workspace = workspace
        self._lanes: tuple[Lane, ...] = (PeopleLane(parts), CatalogLane(parts))

    def start(self) -> None:
        """Start both lanes; returns at once."""
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
