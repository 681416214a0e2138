"""Putting the parts together: settings in, things that run out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from threading import Event

from cdc.errors import LogUnavailable
from cdc.log.protocol import TopicLog
from cdc.log.topics import TopicNames
from cdc.retry import Waits
from cdc.service import CaptureService
from cli.tasks import PartEnded
from config.settings import Settings
from config.workspace import WorkspaceSettings
from mappers.mapper import Mapper
from mappers.scope import Scope
from sinks.accepted import AcceptedIndex, accepted_path
from sinks.delivery import Delivery
from sinks.synerise.client import SyneriseClient

logger = logging.getLogger(__name__)

Part = Callable[[], None]

_LOOK_S = 0.2


def make_topics(log: TopicLog, stop: Event) -> None:
    """Create missing topics before anything reads or writes them; wait while the log is away.

    Raises:
        LogMisconfigured: topics that exist do not fit.
        Stopped: a stop was asked for.
    Blocks: until the log answers.
    """
    waits = Waits(stop, base_s=0.5, longest_s=15.0)
    while True:
        try:
            admin = log.admin()
            try:
                return admin.ensure_topics()
            finally:
                admin.close()
        except LogUnavailable as exc:
            logger.warning("log.unavailable", extra={"error": str(exc)})
            waits.wait()


def capture_part(service: CaptureService) -> Part:
    """Capture as a part of the daemon."""
    return service.run


def delivery_part(delivery: Delivery, stop: Event, begin: Event) -> Part:
    """Delivery to a workspace as a part of the daemon: ends with stop or with its failure.

    Either way both of its lanes have ended when it returns, so that what they use can be closed.
    It takes its groups over from any other process, so it waits for `begin`.
    """

    def run() -> None:
        while not begin.wait(_LOOK_S):
            if stop.is_set():
                return
        delivery.start()
        while delivery.is_alive and not stop.wait(_LOOK_S):
            continue
        is_early = not stop.is_set()
        stop.set()
        delivery.join()
        if delivery.failure is not None:
            raise delivery.failure
        if is_early:
            raise PartEnded(f"delivering to {delivery.workspace.name}: it ended by itself")

    return run


@contextmanager
def deliveries(
    settings: Settings, log: TopicLog, workspaces: Sequence[WorkspaceSettings], stop: Event
) -> Iterator[Mapping[str, Delivery]]:
    """Deliveries of some workspaces by name, with everything they own; closed at the end."""
    names = TopicNames(settings.log.prefix)
    with ExitStack() as opened:
        made: dict[str, Delivery] = {}
        for workspace in workspaces:
            client = SyneriseClient(workspace, stop)
            opened.callback(client.close)
            index = AcceptedIndex(accepted_path(settings.state_dir, workspace.name))
            opened.callback(index.close)
            mapper = Mapper(Scope.of(workspace, settings.mapping))
            made[workspace.name] = Delivery(workspace, log, names, mapper, client, index, stop)
        yield made
