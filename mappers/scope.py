"""Which part of the shop goes to one workspace."""

from __future__ import annotations

from dataclasses import dataclass

from cdc.records import Model
from config.mapping import MappingSettings
from config.workspace import WorkspaceSettings


@dataclass(frozen=True, slots=True)
class Scope:
    """One workspace's share of the shop, and what is sent of it. Immutable, safe in any thread.

    Attributes:
        mapping: what is sent, model by model.
        websites: website ids of the workspace; None means all.
        stores: store view ids of those websites; None means all.
    """

    mapping: MappingSettings
    websites: frozenset[int] | None = None
    stores: frozenset[int] | None = None

    @classmethod
    def of(cls, workspace: WorkspaceSettings, mapping: MappingSettings) -> Scope:
        """The scope that the settings of a workspace describe."""
        return cls(
            mapping=mapping,
            websites=None if workspace.websites is None else frozenset(workspace.websites),
            stores=None if workspace.stores is None else frozenset(workspace.stores),
        )

    def has_model(self, model: Model) -> bool:
        """Whether entities of the model are sent at all."""
        return bool(getattr(self.mapping.models, model.value))

    def has_view(self, store_id: int | None, website_id: int | None) -> bool:
        """Whether a store view belongs to the workspace.

        The admin "view" 0 and a missing view belong to no workspace. A view whose website is not
        known belongs only to a workspace that takes every website.
        """
        if not store_id:
            return False
        if self.websites is not None and website_id not in self.websites:
            return False
        return self.stores is None or store_id in self.stores
