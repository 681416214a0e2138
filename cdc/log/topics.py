"""Names of the topics of one source."""

from __future__ import annotations

from dataclasses import dataclass

from cdc.records import Model

# A group is read by one consumer. Kafka lets members of one group subscribe to different topics,
# but then each change of one member's view makes all of them rejoin, for ever.
_PARTS = {
    Model.CUSTOMER: "customer",
    Model.ORDER: "order-subscriber",
    Model.SUBSCRIBER: "order-subscriber",
    Model.PRODUCT: "product",
}


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
        """What the names of a workspace's consumer groups begin with."""
        return f"{self.prefix}.{workspace}"

    def group_of(self, workspace: str, model: Model) -> str:
        """Consumer group that reads a model for a workspace."""
        return f"{self.group(workspace)}.{_PARTS[model]}"

    def groups(self, workspace: str) -> tuple[str, ...]:
        """All consumer groups of a workspace."""
        return tuple(f"{self.group(workspace)}.{part}" for part in dict.fromkeys(_PARTS.values()))

    def model_of(self, topic: str) -> Model:
        """Model of a topic of change records. Raises ValueError for any other topic."""
        return Model(topic.removeprefix(f"{self.prefix}."))
