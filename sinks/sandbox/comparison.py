"""Compares what should be stored with what is stored."""

from collections.abc import Callable
from typing import Any

_VOLATILE = frozenset(
    [
        "clientId",
        "eventUUID",
        "createdAt",
        "updatedAt",
        "receivedAt",
        "id",
        "uuids",
        "anonymous",
        "buys",
        "profile",
        "guid",
        "key_hash",
    ]
)
_ABSENT = "absent"


def differences(
    expected: dict[str, Any],
    actual: dict[str, Any],
    *,
    is_exact: bool = False,
    ignore: frozenset[str] = frozenset(),
    limit: int = 1000,
) -> list[dict[str, Any]]:
    """List how a dump differs from an expected one.

    Args:
        expected: shaped like a dump; workspaces and sections left out are not compared. Profiles
            are found by customId, else email, else uuid, else phone; transactions by orderId;
            events by eventSalt (those without are not compared); catalogs by name; items by
            itemKey. Objects in a section that is given but not expected are "unexpected".
        actual: a dump.
        is_exact: stored fields that are not expected are differences too.
        ignore: more field names to leave out, besides ids and times that the service chooses.
        limit: largest number of differences.
    Returns:
        ``{workspace, section, key, field, expected, actual}`` each; ``field`` empty for a whole
        object, whose missing side is "absent"; a repeated key is reported as field "count".
    """
    found: list[dict[str, Any]] = []
    for name, part in expected.get("workspaces", {}).items():
        known = actual["workspaces"].get(name, {})
        compare = _Comparer(found, name, is_exact, _VOLATILE | ignore)
        for section, key_of in _KEYS.items():
            if section in part:
                compare.section(section, part[section], known.get(section, []), key_of)
        if "catalogs" in part:
            _compare_items(compare, part["catalogs"], known.get("catalogs", []))
    return found[:limit]


class _Comparer:
    """Collects differences of one workspace."""

    def __init__(
        self, found: list[dict[str, Any]], workspace: str, is_exact: bool, ignored: frozenset[str]
    ) -> None:
        self._found = found
        self._workspace = workspace
        self._is_exact = is_exact
        self._ignored = ignored

    def section(
        self,
        section: str,
        expected: list[dict[str, Any]],
        actual: list[dict[str, Any]],
        key_of: Callable[[dict[str, Any]], str | None],
    ) -> None:
        """Compare two lists of objects by key."""
        wanted = _grouped(expected, key_of)
        stored = _grouped(actual, key_of)
        if section == "profiles":
            stored = _renamed(wanted, actual)
        for key, objects in wanted.items():
            matches = stored.pop(key, [])
            if not matches:
                self._add(section, key, "", objects[0], _ABSENT)
            elif len(matches) != len(objects):
                self._add(section, key, "count", len(objects), len(matches))
            else:
                for one, other in zip(objects, matches, strict=True):
                    self._object(section, key, one, other, "")
        for key, matches in stored.items():
            self._add(section, key, "", _ABSENT, matches[0])

    def _object(
        self, section: str, key: str, expected: Any, actual: dict[str, Any], prefix: str
    ) -> None:
        names = set(expected) | (set(actual) if self._is_exact else set())
        for name in sorted(names):
            if (not prefix and name in self._ignored) or name == "items":
                continue
            wanted = expected.get(name, _ABSENT)
            stored = actual.get(name, _ABSENT)
            is_nested = name in ("agreements", "attributes", "params")
            if is_nested and type(wanted) is dict and type(stored) is dict:
                self._object(section, key, wanted, stored, f"{name}.")
            elif wanted != stored:
                self._add(section, key, prefix + name, wanted, stored)

    def _add(self, section: str, key: str, field: str, expected: Any, actual: Any) -> None:
        self._found.append(
            {
                "workspace": self._workspace,
                "section": section,
                "key": key,
                "field": field,
                "expected": expected,
                "actual": actual,
            }
        )


def _compare_items(
    compare: _Comparer, expected: list[dict[str, Any]], actual: list[dict[str, Any]]
) -> None:
    """Compare the items of equally named catalogs; values are compared as a whole."""
    stored = {bag["name"]: bag["items"] for bag in actual}
    for bag in expected:
        if "items" in bag:
            compare.section(
                f"catalogs/{bag['name']}",
                bag["items"],
                stored.get(bag["name"], []),
                lambda item: item["itemKey"],
            )


def profile_key(profile: dict[str, Any]) -> str | None:
    """Name a profile by its strongest identifier, for example ``customId=7``."""
    for name in ("customId", "email", "uuid", "phone"):
        if profile.get(name) is not None:
            return f"{name}={profile[name]}"
    return None


_KEYS: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "profiles": profile_key,
    "transactions": lambda one: one["orderId"],
    "events": lambda one: one.get("eventSalt"),
    "catalogs": lambda one: one["name"],
}


def _grouped(
    objects: list[dict[str, Any]], key_of: Callable[[dict[str, Any]], str | None]
) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in objects:
        key = key_of(one)
        if key is not None:
            groups.setdefault(key, []).append(one)
    return groups


def _renamed(
    wanted: dict[str, list[dict[str, Any]]], actual: list[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Group stored profiles under whichever of their identifiers is expected."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for profile in actual:
        names = [
            f"{name}={profile[name]}"
            for name in ("customId", "email", "uuid", "phone")
            if profile.get(name) is not None
        ]
        names += [f"uuid={one}" for one in profile.get("uuids", [])]
        key = next((name for name in names if name in wanted), names[0] if names else "unnamed")
        groups.setdefault(key, []).append(profile)
    return groups
