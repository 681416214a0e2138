"""What identifies and names a person: the rules of the API, and claims on identity values.

Source: Synerise API: profiles, identifiers and text fields; stricter rules of Synerise's SDK.
"""

from __future__ import annotations

import re
from uuid import UUID, uuid5

from cdc.errors import MappingFailed
from mappers.fields import Fields
from mappers.payload import Skipped

# The tracker of the shop derives a visitor's uuid from the e-mail address in this namespace.
_TRACKER_NAMESPACE = UUID("ea1c3a9d-64a6-45d0-a70c-d2a055f350d3")

_LOCAL_CHARACTER = r"[^<>()\[\]\\.,;:\s\ufeff@\"]"
_EMAIL = re.compile(
    rf"(?:{_LOCAL_CHARACTER}+(?:\.{_LOCAL_CHARACTER}+)*|\".+\")"
    r"@(?:\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\]|(?:[a-zA-Z\-0-9]+\.)+[a-zA-Z]{2,})"
)
_PHONE = re.compile(r"\+[0-9 \-()/]{6,19}|[0-9 \-()/]{6,20}")
_FORBIDDEN = re.compile("[\r\n\u2028\u2029\u00ad\ufe00-\ufe0f\x00\U00010000-\U0010ffff]")
_SELECTORS = re.compile("[\ufe00-\ufe0f]+")


def is_email(text: str) -> bool:
    """Whether the API takes the text as an e-mail address, by documentation and by the SDK."""
    if _FORBIDDEN.search(text) or not _EMAIL.fullmatch(text):
        return False
    local, _, domain = text.rpartition("@")
    unquoted = local.strip('"')
    if ".." in text or unquoted.startswith(".") or unquoted.endswith("."):
        return False
    return not any(label.startswith("-") or label.endswith("-") for label in domain.split("."))


def is_phone(text: str) -> bool:
    """Whether the API takes the text as a phone number."""
    return _PHONE.fullmatch(text) is not None


def required_email(entity: Fields, name: str) -> str:
    """A trimmed address that the API takes; nothing but white space is changed.

    Raises:
        MappingFailed: empty, or refused by the API; the profile cannot be made without it.
    """
    email = entity.filled(name)
    if email is None:
        raise MappingFailed(f"{entity.path(name)} is empty")
    if not is_email(email):
        raise MappingFailed(f"{entity.path(name)} is not an e-mail address that Synerise takes")
    return email


def uuid_of_email(email: str) -> str:
    """The uuid that the shop's tracker gives the person with this e-mail address."""
    return str(uuid5(_TRACKER_NAMESPACE, email))


def sent_names(
    entity: Fields, fields: tuple[tuple[str, str], ...]
) -> tuple[dict[str, str], list[Skipped]]:
    """Names that have something to say, under their API names.

    A name is sent as stored, less the NUL characters that the API refuses; one that is empty, or
    has nothing but variation selectors, is left out. What had to be changed is counted.

    Args:
        fields: pairs of API name and field name, in sending order.
    """
    names: dict[str, str] = {}
    skipped: list[Skipped] = []
    for api_name, name in fields:
        stored = entity.text(name) or ""
        shown = stored.replace("\x00", "")
        if shown != stored:
            skipped.append(Skipped(f"{api_name}: NUL characters left out"))
        if _SELECTORS.fullmatch(shown):
            skipped.append(Skipped(f"{api_name}: no visible character"))
        elif shown.strip():
            names[api_name] = shown
    return names, skipped


def email_claim(email: str) -> str:
    """Claim on an e-mail address.

    Folded, although targets keep the address as it is: a workspace may compare addresses without
    regard to case, and a claim too many costs nothing but waiting.
    """
    return f"email:{email.strip().casefold()}"


def customer_claim(customer_id: int) -> str:
    """Claim on a custom id."""
    return f"customId:{customer_id}"
