"""Every error of the Kafka client has a meaning of ours."""

from __future__ import annotations

import ssl

import pytest
from kafka import errors
from kafka.consumer.fetcher import RecordTooLargeError

from cdc.errors import (
    ConsumerFenced,
    Disposition,
    LogMisconfigured,
    LogUnavailable,
    OffsetLost,
    PublisherFenced,
    RecordTooLarge,
    TopicError,
)
from cdc.log.kafka_errors import kafka_door, meaning, translate

# Roots that the client raises only through their subclasses, and "no error".
ROOTS = {errors.KafkaError, errors.BrokerResponseError, errors.NoError}


def all_errors() -> list[type[Exception]]:
    """List every error class of the client's error module."""
    found = [
        one
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.KafkaError)
    ]
    assert len(found) > 140
    return sorted(set(found) - ROOTS, key=lambda one: one.__name__)


@pytest.mark.parametrize("kind", all_errors(), ids=lambda one: one.__name__)
def test_error_of_the_client_has_a_meaning(kind: type[Exception]) -> None:
    assert meaning(kind) is not None
    made = translate(kind("cause"), "testing")
    assert isinstance(made, TopicError)
    assert str(made).startswith("testing: ")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (errors.KafkaConnectionError, LogUnavailable),
        (errors.KafkaTimeoutError, LogUnavailable),
        (errors.NotLeaderForPartitionError, LogUnavailable),
        (errors.CommitFailedError, LogUnavailable),
        (errors.TopicAuthorizationFailedError, LogMisconfigured),
        (errors.SaslAuthenticationFailedError, LogMisconfigured),
        (errors.UnsupportedVersionError, LogMisconfigured),
        (errors.FencedInstanceIdError, ConsumerFenced),
        (errors.ProducerFencedError, PublisherFenced),
        (errors.MessageSizeTooLargeError, RecordTooLarge),
        (RecordTooLargeError, RecordTooLarge),
        (errors.OffsetOutOfRangeError, OffsetLost),
        (errors.LogTruncationError, OffsetLost),
        (errors.KafkaError, LogUnavailable),
        (ConnectionRefusedError, LogUnavailable),
        (ssl.SSLCertVerificationError, LogMisconfigured),
    ],
)
def test_meaning_is_what_the_loop_should_do(
    kind: type[Exception], expected: type[TopicError]
) -> None:
    assert type(translate(kind("cause"), "testing")) is expected


def test_retriable_errors_of_the_client_are_retried() -> None:
    for kind in all_errors():
        if issubclass(kind, errors.RetriableError):
            assert translate(kind(), "testing").disposition is Disposition.RETRY, kind


def test_error_code_of_a_newer_broker_is_retried() -> None:
    assert isinstance(translate(errors.for_code(9999)(), "testing"), LogUnavailable)


def test_too_large_record_keeps_its_place() -> None:
    made = translate(errors.RecordListTooLargeError(), "testing", index=7)
    assert isinstance(made, RecordTooLarge)
    assert made.index == 7


def test_door_chains_the_cause() -> None:
    with pytest.raises(LogUnavailable) as caught, kafka_door("testing"):
        raise errors.NodeNotReadyError("broker 1")
    assert isinstance(caught.value.__cause__, errors.NodeNotReadyError)


def test_door_lets_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), kafka_door("testing"):
        raise ZeroDivisionError
