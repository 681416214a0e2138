"""Topics on the broker: created with what they need, and verified when they are there already."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import AuthorizationError, NoError, TopicAlreadyExistsError, for_code

from cdc.errors import LogMisconfigured
from cdc.log.kafka_errors import kafka_door, translate
from cdc.log.plan import TopicPlan
from cdc.log.topics import TopicNames
from config.topiclog import KafkaLogSettings

logger = logging.getLogger(__name__)

_DAY_MS = 24 * 3600 * 1000
_MIB = 1024 * 1024
_LARGEST_RECORD_BYTES = 4 * _MIB
_BROKER_DEFAULT_BYTES = 1_048_588
_FIX = "kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config {setting}"


@dataclass(frozen=True, slots=True)
class BrokerTopic:
    """A topic as it is on the broker. `largest_bytes` is its limit for one batch of records."""

    name: str
    partition_count: int
    largest_bytes: int


def ensure_topics(
    admin: Any, settings: KafkaLogSettings, plans: Sequence[TopicPlan], names: TopicNames
) -> dict[str, BrokerTopic]:
    """Create missing topics, verify the others, and return all by name.

    A topic that exists keeps its partition count: another one would move keys to other partitions.

    Raises:
        LogMisconfigured: a topic is kept in a way that loses messages; names topic and fix.
        LogUnavailable.
    """
    with kafka_door("ensuring topics"):
        existing = _partition_counts(admin, [plan.name for plan in plans])
        missing = [plan for plan in plans if plan.name not in existing]
        if missing:
            _create(admin, settings, missing, names)
            existing = _partition_counts(admin, [plan.name for plan in plans])
        configs = _configs(admin, [plan.name for plan in plans])
    for plan in plans:
        _verify(plan, existing[plan.name], configs.get(plan.name, {}))
    return {
        name: BrokerTopic(name, count, _largest_bytes(configs.get(name, {})))
        for name, count in existing.items()
    }


def missing_topics(admin: Any, plans: Sequence[TopicPlan]) -> list[str]:
    """Verify the topics that exist and return the names of the others, sorted; create nothing.

    Raises:
        LogMisconfigured: a topic is kept in a way that loses messages; names topic and fix.
        LogUnavailable.
    """
    with kafka_door("looking up topics"):
        existing = _partition_counts(admin, [plan.name for plan in plans])
        configs = _configs(admin, sorted(existing)) if existing else {}
    for plan in plans:
        if plan.name in existing:
            _verify(plan, existing[plan.name], configs.get(plan.name, {}))
    return sorted(plan.name for plan in plans if plan.name not in existing)


def partition_counts(admin: Any, topics: Iterable[str]) -> dict[str, int]:
    """Return the number of partitions of topics that must exist.

    Raises:
        LogMisconfigured: one is missing.
        LogUnavailable.
    """
    wanted = sorted(set(topics))
    with kafka_door("looking up topics"):
        counts = _partition_counts(admin, wanted)
    for topic in wanted:
        if topic not in counts:
            raise LogMisconfigured(
                f"looking up topics: {topic} does not exist; start capture first, which creates"
                " the topics"
            )
    return counts


def _partition_counts(admin: Any, topics: Sequence[str]) -> dict[str, int]:
    found = {}
    for topic in admin.describe_topics(list(topics)):
        error = for_code(topic["error_code"])
        if error is NoError:
            found[topic["name"]] = len(topic["partitions"])
        elif error.__name__ != "UnknownTopicOrPartitionError":
            raise translate(error(), f"looking up topic {topic['name']}")
    return found


def _create(
    admin: Any, settings: KafkaLogSettings, plans: Sequence[TopicPlan], names: TopicNames
) -> None:
    topics = {
        plan.name: {
            "num_partitions": plan.partition_count,
            "replication_factor": settings.replication_factor,
            "configs": _wanted_configs(plan, settings, names),
        }
        for plan in plans
    }
    try:
        admin.create_topics(topics)
    except TopicAlreadyExistsError:
        # Another process creates the same list at this moment; what it made is verified below.
        logger.info("topics.created_elsewhere", extra={"topic_count": len(topics)})
    admin.wait_for_topics(list(topics), timeout_ms=30_000)
    logger.info("topics.created", extra={"topics": sorted(topics)})


def _wanted_configs(
    plan: TopicPlan, settings: KafkaLogSettings, names: TopicNames
) -> dict[str, str]:
    configs = {"max.message.bytes": str(_LARGEST_RECORD_BYTES)}
    if settings.replication_factor >= 3:
        # A transaction that is acknowledged then survives the loss of any one broker.
        configs["min.insync.replicas"] = "2"
    if plan.name == names.checkpoint:
        # One key that changes all day: small segments, so that cleaning keeps the topic small.
        configs |= {
            "cleanup.policy": "compact",
            "segment.bytes": str(4 * _MIB),
            "min.cleanable.dirty.ratio": "0.1",
        }
    elif plan.is_compacted:
        configs |= {
            "cleanup.policy": "compact",
            "segment.ms": str(_DAY_MS),
            "min.compaction.lag.ms": str(10 * 60 * 1000),
            # A delivery that was down for a week still sees that a key was erased.
            "delete.retention.ms": str(7 * _DAY_MS),
        }
    else:
        configs |= {"cleanup.policy": "delete", "retention.ms": str(90 * _DAY_MS)}
    return configs


def _configs(admin: Any, topics: Sequence[str]) -> dict[str, dict[str, Any]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
    try:
        described = admin.describe_configs(resources, config_filter="all")
    except AuthorizationError:
        return {}
    found: dict[str, dict[str, Any]] = described.get("topic", {})
    return found


def _verify(plan: TopicPlan, partition_count: int, configs: dict[str, Any]) -> None:
    if partition_count != plan.partition_count:
        logger.warning(
            "topic.partitions_kept",
            extra={
                "topic": plan.name,
                "partition_count": partition_count,
                "wanted_count": plan.partition_count,
            },
        )
    if "cleanup.policy" not in configs:
        # Without the right to read settings of topics they cannot be verified.
        logger.warning("topic.unverified", extra={"topic": plan.name})
        return
    is_compacted = "compact" in configs["cleanup.policy"]["value"]
    if plan.is_compacted and not is_compacted:
        _refuse(plan.name, "would forget the newest record of a key", "compact")
    if not plan.is_compacted and is_compacted:
        _refuse(plan.name, "would forget messages that share a key", "delete")


def _refuse(topic: str, loss: str, policy: str) -> None:
    fix = _FIX.format(topic=topic, setting=f"cleanup.policy={policy}")
    raise LogMisconfigured(
        f"ensuring topics: {topic} {loss}; set its cleanup.policy to {policy} ({fix})"
    )


def _largest_bytes(configs: dict[str, Any]) -> int:
    config = configs.get("max.message.bytes")
    return _BROKER_DEFAULT_BYTES if config is None else int(config["value"])
