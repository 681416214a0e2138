"""The state of a sandbox as plain JSON values: written for dumps, read back for restores."""

from pathlib import Path
from typing import Any

import orjson

from sinks.sandbox.auth import Gatekeeper, fresh_key
from sinks.sandbox.catalogs import Bag, Item
from sinks.sandbox.core import Sandbox
from sinks.sandbox.events import event_from_view, event_view
from sinks.sandbox.identity import Profile
from sinks.sandbox.options import WorkspaceSpec
from sinks.sandbox.profiles import ProfileStore
from sinks.sandbox.times import to_epoch_ms, to_iso
from sinks.sandbox.transactions import charge_from_view, charge_view
from sinks.sandbox.workspace import Workspace

VERSION = 1
_OWN_FIELDS = frozenset(
    [
        "clientId",
        "email",
        "phone",
        "customId",
        "uuid",
        "uuids",
        "agreements",
        "attributes",
        "tags",
        "anonymous",
        "createdAt",
        "updatedAt",
    ]
)


def dump(sandbox: Sandbox) -> dict[str, Any]:
    """Write the whole state; see ``dump_workspace`` for the shape. API keys appear only hashed."""
    ids = sandbox.gate.ids
    return {
        "version": VERSION,
        "next_bag_id": ids.next_bag_id,
        "next_item_id": ids.next_item_id,
        "workspaces": {
            name: dump_workspace(workspace) for name, workspace in sandbox.gate.workspaces.items()
        },
    }


def dump_workspace(workspace: Workspace) -> dict[str, Any]:
    """Write one workspace: profiles, events, transactions with products, catalogs with items."""
    profiles = workspace.profiles
    charges = [charge for found in workspace.transactions.by_order.values() for charge in found]
    return {
        "guid": workspace.guid,
        "key_hash": workspace.key_hash,
        "unique_emails": workspace.unique_emails,
        "login_count": workspace.login_count,
        "next_client_id": profiles.next_client_id,
        "deleted": dict(profiles.deleted),
        "profiles": [_profile_view(profiles, one) for one in profiles.index.by_id.values()],
        "events": [
            event_view(event)
            for event in workspace.events.by_uuid.values()
            if workspace.transactions.charge_of(event.uuid) is None
        ],
        "transactions": [
            {**charge_view(charge), "profile": _names(profiles, charge.event.client_id)}
            for charge in charges
        ],
        "catalogs": [_bag_view(bag) for bag in workspace.catalogs.bags.values()],
    }


def load(sandbox: Sandbox, dumped: dict[str, Any]) -> None:
    """Replace the stored data of every workspace named in a dump; unknown ones are created.

    A created workspace takes over the dumped GUID and key hash, so its key keeps working.
    Raises:
        ValueError: another version, or a value that no dump holds.
        KeyError: a part is missing.
    """
    if dumped.get("version") != VERSION:
        raise ValueError("not a state dump of this version")
    for name, part in dumped["workspaces"].items():
        workspace = _workspace(sandbox.gate, name, part)
        workspace.clear()
        workspace.login_count = part["login_count"]
        _load_profiles(workspace.profiles, part)
        for shown in part["events"]:
            workspace.events.add(event_from_view(shown))
        for shown in part["transactions"]:
            fields = {key: value for key, value in shown.items() if key != "profile"}
            charge = charge_from_view(fields)
            workspace.events.add(charge.event)
            workspace.transactions.add(charge)
        for shown in part["catalogs"]:
            _load_bag(workspace, shown)
    ids = sandbox.gate.ids
    ids.next_bag_id = max(ids.next_bag_id, dumped["next_bag_id"])
    ids.next_item_id = max(ids.next_item_id, dumped["next_item_id"])


def save_file(sandbox: Sandbox, path: Path) -> None:
    """Write the state to a file, whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(orjson.dumps(dump(sandbox)))
    temporary.replace(path)


def load_file(sandbox: Sandbox, path: Path) -> bool:
    """Load the state from a file; False when there is none."""
    if not path.exists():
        return False
    load(sandbox, orjson.loads(path.read_bytes()))
    return True


def _workspace(gate: Gatekeeper, name: str, part: dict[str, Any]) -> Workspace:
    known = gate.workspaces.get(name)
    if known is not None:
        return known
    spec = WorkspaceSpec.model_validate(
        {
            "name": name,
            "api_key": fresh_key(),
            "guid": part["guid"],
            "unique_emails": part["unique_emails"],
        }
    )
    created = gate.add(spec)
    created.key_hash = part["key_hash"]
    gate.index_key(created)
    return created


def _profile_view(profiles: ProfileStore, profile: Profile) -> dict[str, Any]:
    return {
        **profiles.describe(profile),
        "uuids": list(profile.uuids),
        "createdAt": to_iso(profile.created_ms),
        "updatedAt": to_iso(profile.updated_ms),
    }


def _names(profiles: ProfileStore, client_id: int) -> dict[str, Any]:
    """Name the owner of a transaction by its identifiers; empty when it is gone."""
    owner = profiles.index.by_id.get(client_id)
    if owner is None:
        return {}
    pairs = (("email", owner.email), ("customId", owner.custom_id))
    return {name: value for name, value in pairs if value is not None}


def _load_profiles(profiles: ProfileStore, part: dict[str, Any]) -> None:
    index = profiles.index
    for shown in part["profiles"]:
        profile = Profile(shown["clientId"], _ms(shown["createdAt"]))
        profile.updated_ms = _ms(shown["updatedAt"])
        profile.email = shown.get("email")
        profile.custom_id = shown.get("customId")
        profile.phone = shown.get("phone")
        profile.uuids = tuple(shown["uuids"])
        profile.agreements = dict(shown["agreements"])
        profile.attributes = dict(shown["attributes"])
        profile.tags = list(shown["tags"])
        profile.fields = {key: value for key, value in shown.items() if key not in _OWN_FIELDS}
        index.by_id[profile.client_id] = profile
        if profile.email is not None and index.unique_emails:
            index.by_email[profile.email] = profile
        if profile.custom_id is not None:
            index.by_custom_id[profile.custom_id] = profile
        index.by_uuid.update(dict.fromkeys(profile.uuids, profile))
        if profile.phone is not None:
            index.by_phone.setdefault(profile.phone, profile)
    profiles.deleted.update(part["deleted"])
    profiles.next_client_id = part["next_client_id"]


def _bag_view(bag: Bag) -> dict[str, Any]:
    return {
        "id": bag.id,
        "name": bag.name,
        "createdAt": to_iso(bag.created_ms),
        "items": [
            {
                "id": item.id,
                "itemKey": item.key,
                "value": item.value,
                "createdAt": to_iso(item.created_ms),
                "updatedAt": to_iso(item.updated_ms),
            }
            for item in bag.by_key.values()
        ],
    }


def _load_bag(workspace: Workspace, shown: dict[str, Any]) -> None:
    bag = Bag(shown["id"], shown["name"], _ms(shown["createdAt"]))
    workspace.catalogs.bags[bag.id] = bag
    workspace.catalogs.ids.owners[bag.id] = workspace.name
    for entry in shown["items"]:
        item = Item(entry["id"], entry["itemKey"], _ms(entry["createdAt"]))
        item.updated_ms = _ms(entry["updatedAt"])
        item.value = entry["value"]
        bag.by_key[item.key] = item
        bag.by_id[item.id] = item
        bag.attribute_names.update(dict.fromkeys(item.value))


def _ms(text: str) -> int:
    epoch_ms = to_epoch_ms(text)
    if epoch_ms is None:
        raise ValueError("dump holds a malformed time")
    return epoch_ms
