"""Rules for text and identifiers shared by profiles and by the ``client`` of events and orders.

Source: Synerise API reference, profile fields (rule ids P2-P7, P16) and the SDK's validators.
"""

import re
from typing import Any, NamedTuple

IDENTIFIERS = ("email", "phone", "customId", "uuid")

_EMAIL = re.compile(
    r"[A-Za-z0-9_+%\-]+(?:\.[A-Za-z0-9_+%\-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)
_EMAIL = re.compile(
    r"(([^<>()\[\]\\.,;:\s@\"]+(\.[^<>()\[\]\\.,;:\s@\"]+)*)|(\".+\"))"
    r"@((\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\])|(([a-zA-Z\-0-9]+\.)+[a-zA-Z]{2,}))"
)
_PHONE = re.compile(r"\+[0-9 \-()/]{6,19}|[0-9 \-()/]{6,20}")
_LOWERCASE_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Quick forms: what has one breaks no rule at all; everything else is looked at closely.
_PLAIN_FORMS = {
    "email": re.compile(
        r"[A-Za-z0-9_+%\-]+(?:\.[A-Za-z0-9_+%\-]+)*"
        r"@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
    ),
    "phone": re.compile(r"\+?[0-9][0-9 \-()/]{4,17}[0-9)]"),
    "customId": re.compile(r"[A-Za-z0-9_\-.@:]+"),
    "uuid": _LOWERCASE_UUID,
}
_FORBIDDEN = re.compile("[\r\n\u2028\u2029\u00ad\ufe00-\ufe0f\u0000\U00010000-\U0010ffff]")
_VARIATION_SELECTORS_ONLY = re.compile("[\ufe00-\ufe0f]+")


class Breach(NamedTuple):
    """One broken rule: its id, the field, a short text, the refused value (cut, as text)."""

    rule: str
    field: str
    message: str
    rejected: str = ""


def shown(value: Any) -> str:
    """Write a refused value for ``rejectedValue``, at most 100 characters."""
    return (value if type(value) is str else repr(value))[:100]


def breach(rule: str, field: str, message: str, value: Any = "") -> Breach:
    """Build a breach from the raw refused value."""
    return Breach(rule, field, message, shown(value))


def breaks_text_rule(value: str) -> bool:
    """Tell whether text holds U+0000 or nothing but variation selectors (text rule T)."""
    if "\0" in value:
        return True
    return not value.isascii() and _VARIATION_SELECTORS_ONLY.fullmatch(value) is not None


def identifier_breach(name: str, value: Any, prefix: str = "") -> Breach | None:
    """Check one identifier; ``name`` is email, phone, customId or uuid, ``prefix`` its parent."""
    if type(value) is str and _PLAIN_FORMS[name].fullmatch(value) is not None:
        return None
    field = prefix + name
    if type(value) is not str or not value:
        return breach("P2", field, "identifier must be a non-empty string", value)
    if not (value.isascii() and value.isprintable()) and _FORBIDDEN.search(value) is not None:
        return breach("P6", field, "forbidden character in an identifier", value)
    if value[0].isspace() or value[-1].isspace():
        return breach("P16", field, "whitespace around an identifier", value)
    if name == "email":
        return _email_breach(value, field)
    if name == "phone" and _PHONE.fullmatch(value) is None:
        return breach("P5", field, "not a phone number", value)
    if name == "uuid" and _LOWERCASE_UUID.fullmatch(value) is None:
        return breach("P7", field, "uuid must be lowercase 8-4-4-4-12 hexadecimal", value)
    return None


def _email_breach(value: str, field: str) -> Breach | None:
    if _EMAIL.fullmatch(value) is None:
        return breach("P3", field, "not an e-mail address", value)
    local, _, domain = value.rpartition("@")
    local = local.strip('"')
    if ".." in value or local.startswith(".") or local.endswith("."):
        return breach("P4", field, "dot at the edge of a part or doubled", value)
    if any(label.startswith("-") or label.endswith("-") for label in domain.split(".")):
        return breach("P4", field, "hyphen at the edge of a domain label", value)
    return None


def client_breaches(client: Any, missing_rule: str) -> list[Breach]:
    """Check the ``client`` object of an event or a transaction.

    Args:
        client: value of the key, None when it is absent.
        missing_rule: rule reported for an absent object, no identifier or a key that does not exist
            there (E1 for events, X1 for transactions); ``phone`` is such a key.
    """
    if type(client) is not dict:
        return [breach(missing_rule, "client", "client must be an object", client)]
    found = []
    has_identifier = False
    for name, value in client.items():
        if name == "id":
            has_identifier = True
            if type(value) is not int:
                found.append(breach("P2", "client.id", "client id must be an integer", value))
        elif name in ("uuid", "customId", "email"):
            has_identifier = True
            wrong = identifier_breach(name, value, "client.")
            if wrong is not None:
                found.append(wrong)
        else:
            found.append(breach(missing_rule, f"client.{name}"[:60], "no such key in client"))
    if not has_identifier:
        found.append(breach(missing_rule, "client", "client carries no identifier"))
    return found


def null_path(value: Any, path: str = "") -> str | None:
    """Find the first ``null`` in a JSON value; returns its dotted path or None."""
    if type(value) is dict:
        for key, member in value.items():
            if member is None:
                return f"{path}{key}"
            if type(member) is dict or type(member) is list:
                inner = null_path(member, f"{path}{key}.")
                if inner is not None:
                    return inner
    elif type(value) is list:
        for position, member in enumerate(value):
            if member is None:
                return f"{path}{position}"
            if type(member) is dict or type(member) is list:
                inner = null_path(member, f"{path}{position}.")
                if inner is not None:
                    return inner
    return None
