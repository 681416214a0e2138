"""One tenant: who may do what, and everything it stores."""

from sinks.sandbox.catalogs import CatalogIds, CatalogStore
from sinks.sandbox.context import Context
from sinks.sandbox.credentials import key_hash
from sinks.sandbox.events import EventStore
from sinks.sandbox.inflight import InFlight
from sinks.sandbox.options import WorkspaceSpec
from sinks.sandbox.profiles import ProfileStore
from sinks.sandbox.transactions import TransactionStore


class Workspace:
    """Access rules and stores of one workspace. The API key itself is not kept, only its hash."""

    def __init__(self, spec: WorkspaceSpec, profile_id: int, ids: CatalogIds) -> None:
        self.name = spec.name
        self.business_profile_id = profile_id
        self.unique_emails = spec.unique_emails
        self.catalogs = CatalogStore(spec.name, ids)
        self.inflight = InFlight()
        self.login_count = 0
        self.configure(spec)
        self.clear()

    def configure(self, spec: WorkspaceSpec) -> None:
        """Take over key, permissions and limits; stored data stays."""
        self.key_hash = key_hash(spec.api_key.get_secret_value())
        self.guid = spec.guid
        self.kind = spec.kind
        self.is_basic_enabled = spec.basic_enabled
        self.permissions = spec.permissions
        self.event_allowlist = spec.event_allowlist
        self.event_denylist = spec.event_denylist
        self.allowed_ips = spec.allowed_ips

    def clear(self) -> None:
        """Forget all profiles, events, transactions and catalogs."""
        self.events = EventStore()
        self.transactions = TransactionStore(self.events)
        self.profiles = ProfileStore(unique_emails=self.unique_emails, on_merge=self._merged)
        for bag in list(self.catalogs.bags.values()):
            self.catalogs.delete(bag)

    def may(self, permission: str) -> bool:
        """Tell whether the key carries a permission."""
        return self.permissions is None or permission in self.permissions

    def may_send(self, action: str) -> bool:
        """Tell whether the key's allowlist and denylist let an event action through."""
        if action in self.event_denylist:
            return False
        return self.event_allowlist is None or action in self.event_allowlist

    def _merged(self, source_id: int, target_id: int, context: Context) -> None:
        self.events.move(source_id, target_id, context)
