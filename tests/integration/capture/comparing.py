"""Whether the topics hold exactly what the shop holds now."""

from __future__ import annotations

from cdc.database import Database
from cdc.entities.loaders import loaders
from cdc.entities.protocol import Entity
from cdc.entities.shop import load_shop
from cdc.identity import message_key
from cdc.records import Model
from tests.integration.capture.rig import CaptureRig


def differences(rig: CaptureRig) -> list[str]:
    """What differs between the newest live records and the entities read afresh, in words."""
    database = Database(rig.settings.database)
    found: list[str] = []
    try:
        shop = load_shop(database, "")
        for model, loader in loaders("").items():
            keys = loader.scan(database, 0, 1_000_000).keys
            entities = loader.load(database, shop, list(keys))
            wanted = {message_key(model, entity): entity for entity in entities.values()}
            live = rig.published.live(model)
            found += [f"{model} {key} is not published" for key in wanted.keys() - live.keys()]
            found += [f"{model} {key} is not deleted" for key in live.keys() - wanted.keys()]
            for key in wanted.keys() & live.keys():
                after, entity = _own(model, live[key].after or {}), _own(model, wanted[key])
                parts = [part for part in entity if entity[part] != after.get(part)]
                if parts:
                    found.append(f"{model} {key} differs in {', '.join(parts)}")
    finally:
        database.close()
    return found


def _own(model: Model, entity: Entity) -> Entity:
    """An entity without what it shows of others: an order keeps how they were when it changed."""
    if model is not Model.ORDER:
        return entity
    shown = ("customer", "customer_id", "guest_has_account", "promotion_rules")
    own = {part: value for part, value in entity.items() if part not in shown}
    own["items"] = [
        {part: value for part, value in item.items() if part not in ("product", *shown)}
        for item in entity["items"]
    ]
    return own
