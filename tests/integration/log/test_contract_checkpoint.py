"""A checkpoint that is forgotten: as in new topics, with the records still there."""

from __future__ import annotations

import pytest

from cdc.errors import PublisherFenced
from cdc.log.protocol import LogAdmin, TopicLog
from tests.integration.log.backends import LogSpec, closing, opened, read, values


def test_a_forgotten_checkpoint_is_found_by_nobody_and_the_records_stay(
    spec: LogSpec, log: TopicLog, admin: LogAdmin
) -> None:
    with opened(log) as publisher:
        publisher.publish([spec.entry("a", b"1")], b"one")
        publisher.publish([], b"two")
        publisher.forget_checkpoint()
    assert admin.checkpoint() is None
    publisher = log.publisher()
    assert publisher.open() is None
    publisher.publish([spec.entry("a", b"2")], b"three")
    publisher.close()
    assert admin.checkpoint() == b"three"
    with closing(log.reader([spec.topic])) as reader:
        assert values(read(reader, 2)) == [b"1", b"2"]


def test_forgetting_what_is_not_there_is_no_error(log: TopicLog, admin: LogAdmin) -> None:
    with opened(log) as publisher:
        publisher.forget_checkpoint()
    assert admin.checkpoint() is None


def test_a_backend_says_truly_whether_opening_takes_the_role_over(
    log: TopicLog, admin: LogAdmin
) -> None:
    with opened(log) as first:
        second = log.publisher()
        if first.takes_over:
            assert second.open() is None
            with pytest.raises(PublisherFenced):
                first.publish([], b"from the first")
        else:
            with pytest.raises(PublisherFenced):
                second.open()
            first.publish([], b"from the first")
        second.close()
