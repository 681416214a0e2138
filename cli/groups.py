"""Consumer groups of the configured workspaces, by model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    def next(self) -> int:
        """Offset that is read next; delivery begins at the first one where none is committed."""
        return max(self.committed or 0, self.begin)

    @property
    def lag(self) -> int:
        """Messages that wait; holes of compaction and transactions count, too."""
        return max(self.end - self.next, 0)


def chosen_workspaces(settings: Settings, names: Sequence[str]) -> list[str]:
    """Workspaces by name, each once; all without a name.

    Raises:
        BadParameter: a name is unknown, which ends the command with 2.
    """
    known = [workspace.name for workspace in settings.workspaces]
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    if unknown:
        listed = ", ".join(known) or "none is configured"
        raise click.BadParameter(
            f"no workspace {', '.join(unknown)} (known: {listed})", param_hint="--workspace"
        )
    return list(dict.fromkeys(names)) or known


def offsets_of(
    settings: Settings, admin: LogAdmin, workspaces: Sequence[str], models: Sequence[Model]
) -> Iterator[PartitionOffsets]:
    """Offsets of workspaces and models, partition by partition.

    Raises:
        LogMisconfigured: a topic does not exist.
        LogUnavailable.
    """
    if not workspaces:
        return
    names = TopicNames(settings.log.prefix)
    topics = [names.model(model) for model in models]
    begins, ends = admin.begin_offsets(topics), admin.end_offsets(topics)
    places = admin.partitions(topics)
    for workspace in workspaces:
        groups = {names.group_of(workspace, model) for model in models}
        committed = {group: admin.committed(group) for group in sorted(groups)}
        for model in models:
            group = names.group_of(workspace, model)
            for place in places:
                if place.topic == names.model(model):
                    yield PartitionOffsets(
                        workspace,
                        model,
                        group,
                        place,
                        begins.get(place, 0),
                        committed[group].get(place),
                        ends.get(place, 0),
                    )


def off_models(settings: Settings) -> list[str]:
    """Models that are switched off: their records are passed over, and nothing waits."""
    return [model.value for model in Model if not getattr(settings.mapping.models, model.value)]


def lag_by_model(offsets: Sequence[PartitionOffsets], workspace: str) -> dict[str, int]:
    """Waiting messages of a workspace by model."""
    lags = dict.fromkeys([model.value for model in Model], 0)
    for offset in offsets:
        if offset.workspace == workspace:
            lags[offset.model.value] += offset.lag
    return lags
