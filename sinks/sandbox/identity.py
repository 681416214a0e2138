"""Which profile a request means: the identity rules of Synerise, pure lookups.

Source: Synerise documentation, "merging profiles" (table of known and second identifiers),
"importing clients" (phone), "non-unique emails".
"""

from collections.abc import Sequence
from typing import Any, NamedTuple


class Profile:
    """One stored person.

    ``uuids`` may hold several. ``fields`` holds the plain native fields; what has an attribute of
    its own here may occur there too and is outdated there.
    """

    __slots__ = (
        "agreements",
        "attributes",
        "client_id",
        "created_ms",
        "custom_id",
        "email",
        "fields",
        "phone",
        "tags",
        "updated_ms",
        "uuids",
    )

    def __init__(self, client_id: int, now_ms: int) -> None:
        self.client_id = client_id
        self.email: str | None = None
        self.custom_id: str | None = None
        self.phone: str | None = None
        self.uuids: tuple[str, ...] = ()
        self.fields: dict[str, Any] = {}
        self.agreements: dict[str, bool] = {}
        self.attributes: dict[str, Any] = {}
        self.tags: Sequence[str] = ()
        self.created_ms = now_ms
        self.updated_ms = now_ms


class Identifiers(NamedTuple):
    """The identifiers of one request; absent ones are None."""

    client_id: int | None = None
    email: str | None = None
    custom_id: str | None = None
    uuid: str | None = None
    phone: str | None = None

    def as_text(self) -> str:
        """Name the identifiers for a record."""
        return ", ".join(f"{k}={v}" for k, v in self._asdict().items() if v is not None)


class Resolution(NamedTuple):
    """What a request does: ``outcome`` is found, new, nothing, conflict or merge.

    ``profile`` is the one to write (found, merge); ``absorbed`` the one that disappears (merge).
    """

    outcome: str
    profile: Profile | None = None
    absorbed: Profile | None = None


_NEW = Resolution("new")
_NOTHING = Resolution("nothing")
_CONFLICT = Resolution("conflict")


class IdentityIndex:
    """Finds profiles by each identifier. Strings are compared exactly.

    With ``unique_emails`` off, e-mail identifies nobody and customId makes a person recognised.
    """

    def __init__(self, *, unique_emails: bool = True) -> None:
        self.unique_emails = unique_emails
        self.by_id: dict[int, Profile] = {}
        self.by_email: dict[str, Profile] = {}
        self.by_custom_id: dict[str, Profile] = {}
        self.by_uuid: dict[str, Profile] = {}
        self.by_phone: dict[str, Profile] = {}

    def is_recognised(self, profile: Profile) -> bool:
        """Tell whether a profile is no longer anonymous."""
        return (profile.email if self.unique_emails else profile.custom_id) is not None

    def find(self, kind: str, value: str) -> Profile | None:
        """Look a profile up by one identifier; ``kind`` as in a request body, or clientId."""
        if kind == "clientId":
            return self.by_id.get(int(value)) if value.isdecimal() else None
        indexes = {
            "email": self.by_email,
            "customId": self.by_custom_id,
            "uuid": self.by_uuid,
            "phone": self.by_phone,
        }
        return indexes[kind].get(value)

    def resolve(self, ids: Identifiers, pinned: Profile | None = None) -> Resolution:
        """Decide which profile a request means; ``pinned`` is the one named by the path."""
        target = pinned
        if ids.client_id is not None:
            found = self.by_id.get(ids.client_id)
            if found is not None:
                if target is not None and found is not target:
                    return _CONFLICT
                target = found
        if ids.email is not None:
            found = self.by_email.get(ids.email)
            if found is not None:
                if target is not None and found is not target:
                    return _CONFLICT
                target = found
        if ids.custom_id is not None:
            found = self.by_custom_id.get(ids.custom_id)
            if found is not None:
                if target is not None and found is not target:
                    return _CONFLICT
                target = found
        if ids.uuid is not None:
            carrier = self.by_uuid.get(ids.uuid)
            if carrier is not None and carrier is not target:
                return self._with_uuid_carrier(carrier, target)
        if target is not None:
            return Resolution("found", target)
        return self._without_match(ids)

    def _with_uuid_carrier(self, carrier: Profile, target: Profile | None) -> Resolution:
        if target is None:
            return Resolution("found", carrier)
        if self.is_recognised(carrier):
            return _CONFLICT
        return Resolution("merge", target, carrier)

    def _without_match(self, ids: Identifiers) -> Resolution:
        names_somebody = ids.custom_id is not None or ids.uuid is not None
        if names_somebody or (ids.email is not None and self.unique_emails):
            return _NEW
        if ids.phone is None:
            return _NOTHING
        owner = self.by_phone.get(ids.phone)
        return _NEW if owner is None else Resolution("found", owner)
