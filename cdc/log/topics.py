"""Names of the topics of one source."""

from __future__ import annotations

from dataclasses import dataclass

from cdc.records import Model


@dataclass(frozen=True, slots=True)
class TopicNames:
    """All topic and group names under one prefix."""

    prefix: str

    def model(self, model: Model) -> str:
        """Topic of a model's change records (compacted)."""
        return f"{self.prefix}.{model.value}"

    @property
    def models(self) -> dict[Model, str]:
        """Every model's topic."""
        return {model: self.model(model) for model in Model}

    @property
    def control(self) -> str:
        """Requests to the publisher."""
        return f"{self.prefix}.control"

    @property
    def checkpoint(self) -> str:
        """The publisher's checkpoint (compacted, one key)."""
        return f"{self.prefix}.checkpoint"

    @property
    def dead_letter(self) -> str:
        """Payloads and records refused for good."""
        return f"{self.prefix}.dead-letter"

    def group(self, workspace: str) -> str:
        """Consumer group of a workspace."""
        return f"{self.prefix}.{workspace}"
