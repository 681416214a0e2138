"""A capture service in a thread on a real shop, and what it has published."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from cdc.checkpoint import Checkpoint
from cdc.identity_index import IdentityIndex
from cdc.log.embedded import EmbeddedLog
from cdc.log.embedded_cleaning import Retention
from cdc.log.protocol import TopicLog
from cdc.log.topics import TopicNames
from cdc.position import Coordinates
from cdc.records import ChangeRecord, Model, decode_record
from cdc.service import CaptureService
from cdc.status import CaptureStatus
from config.settings import Settings
from tests.servers.database import DatabaseServer
from tests.waiting import wait_until

# Short enough for quick tests, long enough that the pieces of one save or import fold.
SETTLE = {"product": {"quiet_ms": 100, "longest_ms": 3000, "delete_ms": 1000}}


def settings_for(
    folder: Path, server: DatabaseServer, schema: str, capture: Mapping[str, Any]
) -> Settings:
    """Settings of a capture with its files in `folder`."""
    fields: dict[str, Any] = {"server_id": 48000 + os.getpid() % 10_000, "heartbeat_s": 0.2}
    return Settings.model_validate(
        {
            "state_dir": str(folder),
            "database": {
                "host": server.host,
                "port": server.port,
                "user": server.user,
                "password": server.password,
                "name": schema,
            },
            "capture": {**fields, "settle": SETTLE, **capture},
        }
    )


class Published:
    """Everything in the topics of a source, read on demand."""

    def __init__(self, log: TopicLog, prefix: str) -> None:
        self.names = TopicNames(prefix)
        self._log = log
        self._reader = log.reader(list(self.names.models.values()))
        self._records: list[ChangeRecord] = []
        self.tombstones: list[tuple[Model, str]] = []

    def close(self) -> None:
        """Release the reader."""
        self._reader.close()

    def all(self) -> list[ChangeRecord]:
        """All records so far, in the order of their steps; those of a topic in its order."""
        while messages := self._reader.poll(5000, 0.0):
            for message in messages:
                if message.value is None:
                    model = self.names.model_of(message.topic)
                    self.tombstones.append((model, message.key.decode()))
                else:
                    self._records.append(decode_record(message.value))
        self._records.sort(key=lambda record: record.seq)
        return self._records

    def of(self, model: Model) -> list[ChangeRecord]:
        """Records of one model."""
        return [record for record in self.all() if record.model is model]

    def newest(self, model: Model) -> dict[str, ChangeRecord]:
        """The last record of each key of a model."""
        return {record.key: record for record in self.of(model)}

    def live(self, model: Model) -> dict[str, ChangeRecord]:
        """The last record of each key that is not deleted."""
        newest = self.newest(model)
        return {key: record for key, record in newest.items() if not record.is_delete}


class CaptureRig:
    """Runs a `CaptureService` in a thread; started, stopped and started again by the test."""

    def __init__(
        self,
        folder: Path,
        server: DatabaseServer,
        schema: str,
        *,
        wrap: Callable[[TopicLog], TopicLog] = lambda log: log,
        partitions: int = 1,
        retention: Retention | None = None,
        **capture: Any,
    ) -> None:
        self.server = server
        self.settings = settings_for(folder, server, schema, capture)
        self._log: TopicLog = EmbeddedLog(
            self.settings.embedded_log_path,
            TopicNames(self.settings.log.prefix),
            partitions,
            retention=retention,
        )
        self._wrap = wrap
        self._admin = self._log.admin()
        self._admin.ensure_topics()
        self.published = Published(self._log, self.settings.log.prefix)
        self.service: CaptureService | None = None
        self.error: BaseException | None = None
        self._stop = Event()
        self._thread: Thread | None = None
        self._mark = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self.published.close()
        self._admin.close()

    @property
    def status(self) -> CaptureStatus:
        """Figures of the service that was started last."""
        assert self.service is not None
        return self.service.status

    @property
    def names(self) -> TopicNames:
        """Names of the topics."""
        return self.published.names

    def start(self) -> Self:
        """Start a service; returns at once."""
        self._stop = Event()
        self.error = None
        self.service = CaptureService(self.settings, self._wrap(self._log), self._stop)
        self._thread = Thread(target=self._run, args=(self.service,), name="capture")
        self._thread.start()
        return self

    def _run(self, service: CaptureService) -> None:
        try:
            service.run()
        except BaseException as exc:
            self.error = exc

    def stop(self) -> None:
        """Ask the service to stop and wait for its end."""
        self._stop.set()
        self.wait_until_ended()

    def wait_until_ended(self, timeout_s: float = 60.0) -> None:
        """Wait for the service to end by itself."""
        if self._thread is not None:
            self._thread.join(timeout_s)
            assert not self._thread.is_alive(), "the capture service does not end"

    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint in the log."""
        raw = self._admin.checkpoint()
        return None if raw is None else Checkpoint.decode(raw)

    def wait_until_at_rest(self, timeout_s: float = 60.0) -> None:
        """Wait until all that is committed now is published and no run is left."""
        end = Coordinates(*self.server.binlog_position())
        wait_until(lambda: self._is_at_rest(end), timeout_s=timeout_s, what="capture at rest")

    def _is_at_rest(self, end: Coordinates) -> bool:
        assert self.error is None, f"the capture service ended with {self.error!r}"
        checkpoint = self.checkpoint()
        return (
            checkpoint is not None
            and not checkpoint.runs
            and checkpoint.position.coordinates.is_at_or_after(end)
        )

    def mark(self) -> None:
        """Wait until at rest; `since` tells what is published from here on."""
        self.wait_until_at_rest()
        self._mark = len(self.published.all())

    def since(self, model: Model | None = None) -> list[ChangeRecord]:
        """Wait until at rest; records published since the mark, of one model or of all."""
        self.wait_until_at_rest()
        records = self.published.all()[self._mark :]
        return [record for record in records if model in (None, record.model)]

    def index(self) -> IdentityIndex:
        """The identity index of a service that is stopped; the caller closes it."""
        return IdentityIndex(self.settings.state_dir / "identity.sqlite")

    def dead_letters(self) -> list[bytes]:
        """Values of all dead letters."""
        reader = self._log.reader([self.names.dead_letter])
        try:
            return [message.value or b"" for message in reader.poll(1000, 0.0)]
        finally:
            reader.close()
