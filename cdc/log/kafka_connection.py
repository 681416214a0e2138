"""How the Kafka clients connect: settings in the client's words, and admin clients."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from cdc.errors import LogMisconfigured
from cdc.log.kafka_errors import kafka_door
from config.topiclog import KafkaLogSettings

REQUEST_TIMEOUT_MS = 15_000
BOOTSTRAP_TIMEOUT_MS = 15_000
# The client's own pause of 100 ms would be felt in each transaction: the first request of one is
# often refused while the markers of the last are being written, and waits this long.
RETRY_BACKOFF_MS = 10
_RECONNECT_MAX_MS = 1_000
_OPTION_ERRORS = (ValueError, TypeError, RuntimeError, FileNotFoundError, AssertionError)


def connection_options(settings: KafkaLogSettings, role: str) -> dict[str, Any]:
    """Return the options that every client takes.

    Args:
        role: what the client is, for the broker's logs.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": list(settings.bootstrap_servers),
        "client_id": f"magento-cdc-{role}",
        "security_protocol": settings.security_protocol,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
        "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
        "retry_backoff_ms": RETRY_BACKOFF_MS,
        "reconnect_backoff_max_ms": _RECONNECT_MAX_MS,
    }
    if settings.ssl_cafile is not None:
        options["ssl_cafile"] = str(settings.ssl_cafile)
    if settings.sasl_mechanism is not None:
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_username
        password = settings.sasl_password
        options["sasl_plain_password"] = None if password is None else password.get_secret_value()
    return options


def connect(kind: Any, options: Mapping[str, Any], doing: str) -> Any:
    """Make a client; what it says about its options becomes ours.

    Args:
        kind: class of the client.
    Raises:
        LogUnavailable: no broker answers.
        LogMisconfigured: the options contradict, a file is missing, or a library for the
            compression is not installed.
    Blocks: 15 s.
    """
    networks: list[Any] = []

    def network(**configs: Any) -> Any:
        made = kind.DEFAULT_CONFIG["kafka_client"](**configs)
        networks.append(made)
        return made

    with kafka_door(doing):
        try:
            return kind(**options, kafka_client=network)
        except BaseException as exc:
            # A client that fails to connect forgets its thread and its sockets; during an outage
            # that would be some more with each attempt.
            for made in networks:
                made.close()
            if isinstance(exc, _OPTION_ERRORS) and not isinstance(exc, (KafkaError, ssl.SSLError)):
                raise LogMisconfigured(f"{doing}: {exc}") from exc
            raise


@contextmanager
def admin_client(
    settings: KafkaLogSettings, doing: str, *, patience_ms: int | None = None
) -> Iterator[Any]:
    """Give an admin client for the block; its errors become ours.

    Raises:
        TopicError.
    Blocks: patience_ms, 15 s when it is not given, to connect.
    """
    client = open_admin(settings, doing, patience_ms=patience_ms)
    try:
        with kafka_door(doing):
            yield client
    finally:
        with kafka_door(doing):
            client.close()


def open_admin(settings: KafkaLogSettings, doing: str, *, patience_ms: int | None = None) -> Any:
    """Return an admin client; the caller closes it.

    Raises:
        LogUnavailable, LogMisconfigured.
    Blocks: patience_ms, 15 s when it is not given.
    """
    options = connection_options(settings, "admin")
    if patience_ms is not None:
        options["bootstrap_timeout_ms"] = patience_ms
    return connect(KafkaAdminClient, options, doing)
