"""A Kafka broker: one KRaft node whose jars Maven brings."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

from tests.servers import debian
from tests.servers.cache import cache_folder, kept_folder
from tests.servers.database import run_tool
from tests.servers.ports import free_port
from tests.servers.process import ServerFailed, ServerProcess
from tests.servers.proxy import TcpProxy

_POM = Path(__file__).parent / "kafka_jars" / "pom.xml"
_JARS = "kafka-jars-4.1.2"
_CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
_READY = "Kafka Server started"
_JAVA_PACKAGES = ("default-jre-headless",)


class KafkaBroker(ServerProcess):
    """One broker with transactions, small internal topics and no topics made by accident.

    With `has_proxy`, a second listener is reached through `proxy` only, under `proxied_bootstrap`:
    its clients feel every fault of the proxy, those of `bootstrap` none.

    Options are lines of server.properties and win over the defaults; changing `options` takes
    effect at the next start.
    """

    name: ClassVar[str] = "Kafka"

    def __init__(
        self,
        options: Mapping[str, str | int] | None = None,
        *,
        has_proxy: bool = False,
        port: int | None = None,
    ) -> None:
        super().__init__(port)
        self.options = dict(options or {})
        self._controller_port = free_port()
        self._behind_proxy_port = free_port()
        self._proxy = TcpProxy((self.host, self._behind_proxy_port)) if has_proxy else None
        self._properties = self.folder / "server.properties"
        self._log_offset_bytes = 0

    @property
    def bootstrap(self) -> str:
        """Address for clients, "host:port"."""
        return f"{self.host}:{self.port}"

    @property
    def proxy(self) -> TcpProxy:
        """The proxy in front of the second listener."""
        if self._proxy is None:
            raise ServerFailed("this broker was made without has_proxy=True")
        return self._proxy

    @property
    def proxied_bootstrap(self) -> str:
        """Address for clients that go through the proxy, "host:port"."""
        return f"{self.proxy.host}:{self.proxy.port}"

    @classmethod
    def why_missing(cls) -> str | None:
        """Say why the broker cannot be run here, or None when it can."""
        if shutil.which("java") is None:
            return "java is not installed; 'make servers' brings Debian's default-jre-headless"
        if not _jars().is_dir():
            return "Kafka's jars are not in the cache; 'make servers' brings them"
        return None

    @classmethod
    def prepare(cls) -> None:
        """Install Java when it is missing and bring Kafka's jars into the cache."""
        if shutil.which("java") is None:
            debian.install(*_JAVA_PACKAGES)
        if not _jars().is_dir():
            if shutil.which("mvn") is None:
                debian.install("maven")
            print(f"Kafka: downloading jars into {_jars()}", flush=True)
            kept_folder(_JARS, _fill_jars)
        print(f"Kafka: {_JARS}", flush=True)

    def admin(self) -> KafkaAdminClient:
        """Open an admin client; the caller closes it."""
        return KafkaAdminClient(bootstrap_servers=self.bootstrap)

    def create_topic(
        self,
        name: str,
        *,
        partition_count: int = 1,
        settings: Mapping[str, str] | None = None,
        is_allowed_to_exist: bool = False,
    ) -> None:
        """Create a topic with one replica.

        Args:
            settings: the topic's own, for example {"cleanup.policy": "compact"}.
        """
        topic = NewTopic(
            name=name,
            num_partitions=partition_count,
            replication_factor=1,
            topic_configs=dict(settings or {}),
        )
        admin = self.admin()
        try:
            admin.create_topics([topic])
        except TopicAlreadyExistsError:
            if not is_allowed_to_exist:
                raise
        finally:
            admin.close()

    def close(self) -> None:
        """Kill the broker and its proxy, and remove the folder."""
        super().close()
        if self._proxy is not None:
            self._proxy.close()

    def _make_data(self) -> None:
        self._write_properties()
        java = [*_java("-Xmx128m"), "kafka.tools.StorageTool"]
        arguments = ["format", "-t", _CLUSTER_ID, "-c", str(self._properties)]
        run_tool([*java, *arguments], "formatting Kafka's storage")

    def _command(self) -> list[str]:
        self._write_properties()
        self._log_offset_bytes = self.log_path.stat().st_size
        return [*_java("-Xmx512m"), "kafka.Kafka", str(self._properties)]

    def _is_ready(self) -> bool:
        with self.log_path.open("rb") as log:
            log.seek(self._log_offset_bytes)
            return _READY.encode() in log.read()

    def _write_properties(self) -> None:
        lines = [f"{key}={value}\n" for key, value in (self._defaults() | self.options).items()]
        self._properties.write_text("".join(lines))

    def _defaults(self) -> dict[str, str | int]:
        listeners = {"DIRECT": self.port, "CONTROLLER": self._controller_port}
        advertised = {"DIRECT": self.port}
        if self._proxy is not None:
            listeners["PROXIED"] = self._behind_proxy_port
            advertised["PROXIED"] = self._proxy.port
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{self.host}:{self._controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": self._addresses(listeners),
            "advertised.listeners": self._addresses(advertised),
            "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in listeners),
            "inter.broker.listener.name": "DIRECT",
            "log.dirs": str(self.folder / "data"),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 1,
            "group.initial.rebalance.delay.ms": 0,
            # The cleaner's default buffer of 128 MiB is a quarter of our heap.
            "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,
            "log.cleaner.backoff.ms": 500,
            # A topic that is deleted and made anew must not wait a minute for its files.
            "log.segment.delete.delay.ms": 1000,
            # A killed broker may come back only when its old session has ended.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            "controlled.shutdown.enable": "false",
        }

    def _addresses(self, ports: Mapping[str, int]) -> str:
        return ",".join(f"{name}://{self.host}:{port}" for name, port in ports.items())


def _jars() -> Path:
    return cache_folder() / _JARS


@functools.cache
def _java_program() -> str:
    found = shutil.which("java")
    if found is None:
        raise ServerFailed("java is not installed")
    return os.path.realpath(found)


def _java(heap: str) -> list[str]:
    # One small node for minutes: the quick compiler and the plain collector start fastest.
    quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
    logging = [
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
    ]
    return [_java_program(), heap, *quick, *logging, "-cp", f"{_jars()}/*"]


def _fill_jars(folder: Path) -> None:
    run_tool(
        [
            "mvn",
            "--batch-mode",
            "--quiet",
            f"--file={_POM}",
            "dependency:copy-dependencies",
            f"-DoutputDirectory={folder}",
            "-DincludeScope=runtime",
        ],
        "downloading Kafka's jars",
    )
