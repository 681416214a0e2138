"""From dirty keys to the entities they name, and why each is read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cdc.composer import Named
from cdc.dirty import DirtyKey
from cdc.names import MODEL_KINDS
from cdc.position import Position
from cdc.reading import NamedByModel
from cdc.records import Cause, Source


def newest(keys: Iterable[DirtyKey]) -> Position:
    """Position of the key that was named last; all keys are of one stream."""
    positions = [key.position for key in keys]
    return max(positions, key=lambda place: (place.coordinates.number, place.offset))


def later(known: Position, found: Position) -> Position:
    """The later one; after a fail-over, when files do not compare, what the new server says."""
    if known.server == found.server and known.coordinates.is_at_or_after(found.coordinates):
        return known
    return found


def source_of(position: Position) -> Source:
    """A position as it stands in a record."""
    return Source(
        server=position.server, gtid=position.gtid, file=position.file, pos=position.offset
    )


def named_by(key: DirtyKey, cause: Cause = "stream") -> Named:
    """Why a key is read."""
    return Named(
        cause,
        key.committed_ms,
        tuple(sorted(key.tables)),
        source_of(key.position),
        key.image,
        key.is_deleted,
    )


def named_by_all(keys: Sequence[DirtyKey]) -> Named:
    """Why something is read that depends on some of the keys: the newest change of them all."""
    committed_ms = max(key.committed_ms for key in keys)
    tables = sorted(set().union(*(key.tables for key in keys)))
    return Named("dependency", committed_ms, tuple(tables), source_of(newest(keys)))


def named_by_model(keys: list[DirtyKey]) -> NamedByModel:
    """Keys that are entities, by model."""
    named: NamedByModel = {}
    for key in keys:
        model = MODEL_KINDS.get(key.kind)
        if model is not None:
            named.setdefault(model, {})[key.id] = named_by(key)
    return named


def parts_of(named: Mapping[str, Named], limit: int) -> Iterator[dict[str, Named]]:
    """Cut into parts of at most `limit` keys, in order."""
    keys = list(named)
    for start in range(0, len(keys), limit):
        yield {key: named[key] for key in keys[start : start + limit]}
