"""The profiles of one workspace: upsert, merge, delete, with the rules of identity applied."""

from collections.abc import Callable
from typing import Any

from sinks.sandbox.context import Context
from sinks.sandbox.identity import Identifiers, IdentityIndex, Profile
from sinks.sandbox.profile_rules import RESERVED_ATTRIBUTES
from sinks.sandbox.visibility import DelayedView

_IDENTIFIER_FIELDS = frozenset({"email", "customId", "uuid", "phone", "clientId"})
_KEPT_APART = _IDENTIFIER_FIELDS | {"attributes", "agreements", "tags"}
_TRUE_VALUES = frozenset({"true", "True"})


def identifiers_of(body: dict[str, Any], id_name: str = "clientId") -> Identifiers:
    """Read the identifiers of a profile body, or of a ``client`` object (``id_name="id"``)."""
    get = body.get
    return Identifiers(get(id_name), get("email"), get("customId"), get("uuid"), get("phone"))


class ProfileStore:
    """Profiles with their indexes and the memory of deleted identifiers.

    ``on_merge(source_id, target_id, context)`` runs after a merge, to move the source's events.
    """

    def __init__(
        self,
        *,
        unique_emails: bool = True,
        on_merge: Callable[[int, int, Context], None] = lambda source, target, context: None,
    ) -> None:
        self.index = IdentityIndex(unique_emails=unique_emails)
        self.view = DelayedView()
        self.deleted: dict[str, int] = {}
        self.on_merge = on_merge
        self.next_client_id = 1

    def __len__(self) -> int:
        return len(self.index.by_id)

    def upsert(
        self, body: dict[str, Any], context: Context, pinned: Profile | None = None
    ) -> Profile | None:
        """Create or update the profile a checked body means; None when nothing was written."""
        delay_ms = int(context.options.visible_after_s * 1000)
        ids = identifiers_of(body)
        before = self._shown_before(ids, pinned) if delay_ms else None
        profile = self.settle(ids, context, pinned=pinned)
        if profile is None:
            return None
        self._apply(profile, body, context)
        if delay_ms:
            self.view.wrote(
                profile.client_id, before, self.describe(profile), context.now_ms, delay_ms
            )
        return profile

    def settle(
        self,
        ids: Identifiers,
        context: Context,
        *,
        pinned: Profile | None = None,
        is_event: bool = False,
    ) -> Profile | None:
        """Find, create or merge the profile that ``ids`` mean and store new identifiers.

        Returns None after a conflict (B8) or for an unknown clientId alone (B7).
        """
        resolution = self.index.resolve(ids, pinned)
        profile = resolution.profile
        if profile is None:
            if resolution.outcome == "conflict":
                context.record("B8", f"identity conflict: {ids.as_text()}")
                return None
            if resolution.outcome == "nothing":
                context.record("B7", f"unknown clientId, nothing stored: {ids.as_text()}")
                return None
            profile = self._create(ids, context, is_event=is_event)
        elif resolution.absorbed is not None:
            self.absorb(profile, resolution.absorbed, context)
        self._assign(profile, ids, context)
        return profile

    def delete(self, profile: Profile, now_ms: int) -> None:
        """Remove a profile; its identifiers are remembered so that a re-creation is noticed."""
        self._unindex(profile)
        for name in self._names(profile):
            self.deleted[name] = now_ms
        self.view.forget(profile.client_id)

    def absorb(self, target: Profile, source: Profile, context: Context) -> None:
        """Merge ``source`` into ``target``: uuids move, attributes fill gaps, the rest is lost."""
        self._unindex(source)
        for uuid in source.uuids:
            self._add_uuid(target, uuid)
        for name, value in source.attributes.items():
            target.attributes.setdefault(name, value)
        target.updated_ms = context.now_ms
        self.on_merge(source.client_id, target.client_id, context)
        context.record("merge", f"client {source.client_id} merged into {target.client_id}")

    def related_keys(self, keys: frozenset[str]) -> frozenset[str]:
        """Add, to keys like ``email=…``, the ``clientId=…`` of the profile they mean."""
        found = {self.index.find(*key.split("=", 1)) for key in keys if _is_identity(key)}
        return keys | {f"clientId={profile.client_id}" for profile in found if profile is not None}

    def describe(self, profile: Profile) -> dict[str, Any]:
        """Write a profile as reads answer it."""
        shown: dict[str, Any] = {"clientId": profile.client_id}
        for name, value in (
            ("email", profile.email),
            ("phone", profile.phone),
            ("customId", profile.custom_id),
            ("uuid", profile.uuids[0] if profile.uuids else None),
        ):
            if value is not None:
                shown[name] = value
        for name, value in profile.fields.items():
            if name not in _KEPT_APART:
                shown[name] = value
        shown["agreements"] = dict(profile.agreements)
        shown["attributes"] = dict(profile.attributes)
        shown["tags"] = list(profile.tags)
        shown["anonymous"] = not self.index.is_recognised(profile)
        return shown

    def _create(self, ids: Identifiers, context: Context, *, is_event: bool) -> Profile:
        profile = Profile(self.next_client_id, context.now_ms)
        self.next_client_id += 1
        self.index.by_id[profile.client_id] = profile
        if self.deleted:
            self._note_recreation(ids, context, is_event=is_event)
        return profile

    def _note_recreation(self, ids: Identifiers, context: Context, *, is_event: bool) -> None:
        names = [f"{kind}={value}" for kind, value in self._pairs(ids) if value is not None]
        returned = [name for name in names if self.deleted.pop(name, None) is not None]
        if returned and is_event:
            context.record("B15", f"deleted profile re-created: {', '.join(returned)}")
        elif returned:
            context.record("recreated", f"deleted profile upserted: {', '.join(returned)}")

    def _assign(self, profile: Profile, ids: Identifiers, context: Context) -> None:
        email = ids.email
        if email is not None and email != profile.email:
            self._set_email(profile, email, context)
        custom_id = ids.custom_id
        if custom_id is not None and custom_id != profile.custom_id:
            if profile.custom_id is not None:
                self.index.by_custom_id.pop(profile.custom_id, None)
                context.record("custom-id", f"customId of client {profile.client_id} overwritten")
            profile.custom_id = custom_id
            self.index.by_custom_id[custom_id] = profile
        if ids.uuid is not None and ids.uuid not in profile.uuids:
            self._add_uuid(profile, ids.uuid)
        phone = ids.phone
        if phone is not None and phone != profile.phone:
            _release(self.index.by_phone, profile.phone, profile)
            profile.phone = phone
            self.index.by_phone.setdefault(phone, profile)
        profile.updated_ms = context.now_ms

    def _set_email(self, profile: Profile, email: str, context: Context) -> None:
        if self.index.unique_emails:
            if profile.email is not None:
                del self.index.by_email[profile.email]
                context.record("B9", f"e-mail of client {profile.client_id} overwritten: {email}")
            self.index.by_email[email] = profile
        profile.email = email

    def _add_uuid(self, profile: Profile, uuid: str) -> None:
        profile.uuids = (*profile.uuids, uuid)
        self.index.by_uuid[uuid] = profile

    def _apply(self, profile: Profile, body: dict[str, Any], context: Context) -> None:
        # The first body is taken over, not copied; identifiers in it are left out when shown.
        if profile.fields:
            profile.fields.update(body)
        else:
            profile.fields = body
        if None in profile.fields.values():
            self._reset_fields(profile, context)
        if "attributes" in body:
            self._apply_attributes(profile, body["attributes"], context)
        if "agreements" in body:
            self._apply_agreements(profile, body["agreements"], context)
        if "tags" in body:
            profile.tags = body["tags"] or ()

    def _reset_fields(self, profile: Profile, context: Context) -> None:
        names = [name for name, value in profile.fields.items() if value is None]
        profile.fields = {key: value for key, value in profile.fields.items() if value is not None}
        for name in names:
            if name not in _KEPT_APART:
                context.record("B13", f"null resets {name} of client {profile.client_id}")

    def _apply_attributes(self, profile: Profile, attributes: Any, context: Context) -> None:
        if attributes is None:
            profile.attributes = {}
            context.record("B13", f"null resets attributes of client {profile.client_id}")
            return
        stored = profile.attributes
        if None not in attributes.values() and RESERVED_ATTRIBUTES.isdisjoint(attributes):
            if stored:
                stored.update(attributes)
            else:
                profile.attributes = attributes
            return
        for name, value in attributes.items():
            if name in RESERVED_ATTRIBUTES:
                context.record("B10", f"reserved attribute {name} ignored")
            elif value is None:
                stored.pop(name, None)
                context.record("B13", f"null deletes {name} of client {profile.client_id}")
            else:
                stored[name] = value

    def _apply_agreements(self, profile: Profile, agreements: Any, context: Context) -> None:
        if agreements is None:
            profile.agreements = {}
            context.record("B13", f"null resets agreements of client {profile.client_id}")
            return
        for name, value in agreements.items():
            if name == "email" and not self.index.unique_emails:
                context.record("agreement", "agreements.email has no effect in this workspace")
                continue
            channel = "webPush" if name == "webpush" else name
            profile.agreements[channel] = (
                value in _TRUE_VALUES if type(value) is str else bool(value)
            )

    def _shown_before(self, ids: Identifiers, pinned: Profile | None) -> Any:
        known = self.index.resolve(ids, pinned).profile
        return None if known is None else self.describe(known)

    def _unindex(self, profile: Profile) -> None:
        index = self.index
        index.by_id.pop(profile.client_id, None)
        _release(index.by_email, profile.email, profile)
        _release(index.by_custom_id, profile.custom_id, profile)
        for uuid in profile.uuids:
            _release(index.by_uuid, uuid, profile)
        _release(index.by_phone, profile.phone, profile)

    def _pairs(self, ids: Identifiers) -> tuple[tuple[str, str | None], ...]:
        email = ids.email if self.index.unique_emails else None
        return ("email", email), ("customId", ids.custom_id), ("uuid", ids.uuid)

    def _names(self, profile: Profile) -> list[str]:
        pairs = [("customId", profile.custom_id), *(("uuid", uuid) for uuid in profile.uuids)]
        if self.index.unique_emails:
            pairs.append(("email", profile.email))
        return [f"{kind}={value}" for kind, value in pairs if value is not None]


def _is_identity(key: str) -> bool:
    return key.partition("=")[0] in _IDENTIFIER_FIELDS


def _release(index: dict[str, Profile], name: str | None, profile: Profile) -> None:
    """Drop a name from an index unless another profile holds it by now."""
    if name is not None and index.get(name) is profile:
        del index[name]
