"""The promises of the admin side that commands rely on: it looks without making anything."""

from __future__ import annotations

import pytest

from cdc.errors import LogMisconfigured
from cdc.log.plan import plan_topics
from cdc.log.protocol import TopicLog
from tests.integration.log.backends import LogSpec, child, opened


def test_looking_at_a_log_that_is_not_there_makes_nothing(spec: LogSpec, log: TopicLog) -> None:
    admin = log.admin()
    wanted = sorted(plan.name for plan in plan_topics(spec.names, spec.partitions))
    assert admin.missing_topics() == wanted
    assert admin.checkpoint() is None
    assert admin.groups() == []
    assert admin.committed(spec.group) == {}
    assert not admin.is_live(spec.group)
    for ask in (admin.partitions, admin.begin_offsets, admin.end_offsets):
        with pytest.raises(LogMisconfigured, match="does not exist; start capture first"):
            ask([spec.topic])
    assert admin.missing_topics() == wanted
    admin.close()


def test_admin_that_was_there_first_sees_the_topics_come(spec: LogSpec, log: TopicLog) -> None:
    admin = log.admin()
    assert admin.missing_topics()
    with opened(log) as publisher:
        publisher.publish([spec.entry("a")], b"checkpoint")
    assert admin.missing_topics() == []
    assert admin.checkpoint() == b"checkpoint"
    assert sum(admin.end_offsets([spec.topic]).values()) > 0
    admin.close()


def test_topics_of_another_prefix_do_not_count(spec: LogSpec) -> None:
    first = spec.log().admin()
    first.ensure_topics()
    other = LogSpec(spec.backend, f"{spec.prefix}x", spec.address, spec.partitions)
    admin = other.log().admin()
    assert len(admin.missing_topics()) == 7
    admin.ensure_topics()
    assert admin.missing_topics() == first.missing_topics() == []
    admin.close()
    first.close()


def test_publisher_of_a_living_process_is_seen_where_it_can_be(spec: LogSpec) -> None:
    admin = spec.log().admin()
    admin.ensure_topics()
    idle = None if spec.is_kafka else False
    busy = None if spec.is_kafka else True
    assert admin.has_publisher() is idle
    with child(spec, "hold_publisher") as process:
        process.wait_for("ready")
        assert admin.has_publisher() is busy
        process.kill()
        assert admin.has_publisher() is idle
    admin.close()
