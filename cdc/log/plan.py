"""Which topics a source has and how each is kept: the same list for every backend."""

from __future__ import annotations

from dataclasses import dataclass

from cdc.log.topics import TopicNames


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """One topic as it is created. Compacted topics keep the newest message of each key."""

    name: str
    partition_count: int
    is_compacted: bool


def plan_topics(names: TopicNames, partition_count: int) -> tuple[TopicPlan, ...]:
    """List all topics of a source.

    Args:
        partition_count: of each model topic. The side topics have one partition: their order is
            one, and they are small.
    """
    models = [TopicPlan(name, partition_count, True) for name in names.models.values()]
    return (
        *models,
        TopicPlan(names.checkpoint, 1, True),
        TopicPlan(names.control, 1, False),
        TopicPlan(names.dead_letter, 1, False),
    )
