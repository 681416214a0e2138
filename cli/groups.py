"""Consumer groups of the configured workspaces, by model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import click

from cdc.log.protocol import LogAdmin, TopicPartition
from cdc.log.topics import TopicNames
from cdc.records import Model
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class PartitionOffsets:
    """Where a workspace stands in one partition. `committed` None: it never read."""

    workspace: str
    model: Model
    group: str
    place: TopicPartition
    begin: int
    committed: int | None
    end: int

    @property
    def lag(self) -> int:
        """Messages that wait; holes of compaction and transactions count, too."""
        return self.end - max(self.committed or 0, self.begin)


def chosen_workspaces(settings: Settings, names: tuple[str, ...]) -> list[str]:
    """Workspaces by name, all without a name; an unknown name ends the command."""
    known = [workspace.name for workspace in settings.workspaces]
    unknown = [name for name in names if name not in known]
    if unknown:
        listed = ", ".join(known) or "none is configured"
        raise click.BadParameter(f"no workspace {', '.join(unknown)} (known: {listed})")
    return list(names) or known


def offsets_of(
    settings: Settings, admin: LogAdmin, workspaces: list[str], models: list[Model]
) -> Iterator[PartitionOffsets]:
    """Offsets of workspaces and models, partition by partition."""
    names = TopicNames(settings.log.prefix)
    for workspace in workspaces:
        for model in models:
            group = names.group_of(workspace, model)
            topics = [names.model(model)]
            committed = admin.committed(group)
            begins, ends = admin.begin_offsets(topics), admin.end_offsets(topics)
            for place in admin.partitions(topics):
                yield PartitionOffsets(
                    workspace,
                    model,
                    group,
                    place,
                    begins.get(place, 0),
                    committed.get(place),
                    ends.get(place, 0),
                )
