"""Reads a few entities of each model, as capture will: what the schema lacks comes up here."""

from __future__ import annotations

from collections.abc import Iterator

from cdc.binlog.server_settings import Finding
from cdc.database import Database
from cdc.entities.loaders import loaders
from cdc.entities.protocol import Loader
from cdc.entities.shop import Shop, load_shop
from cdc.errors import SourceDenied, SourceError, SourceUnavailable
from config.source import DatabaseSettings

# Of the oldest and of the newest rows each: what they are made of differs, and with it what is
# read for them.
_ROWS_COUNT = 50
_BEGIN = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"


def probe(database: Database, settings: DatabaseSettings) -> Iterator[Finding]:
    """Load the shop's metadata and some entities of each model, in one consistent read.

    A failed statement ends the read; the models after it get a new one, so that each model's first
    fault is found. Empty tables are no fault.

    Raises:
        SourceUnavailable: the server cannot be asked.
    """
    try:
        database.run(_BEGIN)
        shop = load_shop(database, settings.table_prefix)
    except SourceUnavailable:
        raise
    except SourceError as exc:
        yield _finding("the shop's metadata", settings, exc)
        return
    for model, loader in loaders(settings.table_prefix).items():
        try:
            _load_some(database, shop, loader)
        except SourceUnavailable:
            raise
        except SourceError as exc:
            yield _finding(model.value, settings, exc)
            database.run(_BEGIN)
    database.run("ROLLBACK")


def _load_some(database: Database, shop: Shop, loader: Loader) -> None:
    newest = max(0, loader.highest(database) - _ROWS_COUNT)
    keys: dict[str, None] = {}
    for after in (0, newest):
        keys |= dict.fromkeys(loader.scan(database, after, _ROWS_COUNT).keys)
    loader.load(database, shop, list(keys))


def _finding(what: str, settings: DatabaseSettings, exc: SourceError) -> Finding:
    if isinstance(exc, SourceDenied):
        fix = f"GRANT SELECT ON `{settings.name}`.* TO '{settings.user}'@'<host>'"
    else:
        fix = (
            "restore what Magento's own schema declares (bin/magento setup:upgrade), or have this "
            "version of Magento supported"
        )
    return Finding(
        "error", f"reading {what}", str(exc),
        "Capture reads the same, and would end with this error.", fix,
    )  # fmt: skip
