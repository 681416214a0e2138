"""Field rules of a profile (rule ids P1-P16 and P21), pure.

Source: Synerise API reference, "clients": field table, agreements, attributes; SDK validators.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from sinks.sandbox.text_rules import (
    IDENTIFIERS,
    Breach,
    breach,
    breaks_text_rule,
    identifier_breach,
)

SEXES = frozenset({"FEMALE", "MALE", "NOT_SPECIFIED", "OTHER"})
AGREEMENTS = frozenset({"email", "sms", "push", "webPush", "webpush", "bluetooth", "rfid", "wifi"})
RESERVED_ATTRIBUTES = frozenset(
    [
        "email",
        "clientId",
        "phone",
        "customId",
        "uuid",
        "firstName",
        "lastName",
        "displayName",
        "company",
        "address",
        "city",
        "province",
        "zipCode",
        "countryCode",
        "birthDate",
        "sex",
        "avatarUrl",
        "anonymous",
        "agreements",
        "tags",
        "businessProfileId",
        "time",
        "ip",
        "source",
        "newsletter_agreement",
        "custom_identify",
        "firstname",
        "lastname",
        "created",
        "updated",
        "last_activity_date",
        "birthdate",
        "external_avatar_url",
        "displayname",
        "receive_smses",
        "receive_push_messages",
        "receive_webpush_messages",
        "receive_btooth_messages",
        "receive_rfid_messages",
        "receive_wifi_messages",
        "confirmation_hash",
        "ownerId",
        "anonymous_type",
        "country_id",
        "geo_loc_city",
        "geo_loc_country",
        "geo_loc_as",
        "geo_loc_country_code",
        "geo_loc_isp",
        "geo_loc_lat",
        "geo_loc_lon",
        "geo_loc_org",
        "geo_loc_query",
        "geo_loc_region",
        "geo_loc_region_name",
        "geo_loc_status",
        "geo_loc_timezone",
        "geo_loc_zip",
        "club_card_id",
        "type",
        "confirmed",
        "facebookId",
        "status",
        "deletedAt",
    ]
)
TEXT_FIELDS = frozenset(
    [
        "firstName",
        "lastName",
        "displayName",
        "company",
        "address",
        "city",
        "province",
        "zipCode",
        "avatarUrl",
    ]
)

_BIRTH_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_BAD_IN_NAME = re.compile("[\r\n\u2028\u2029\u00ad\u0000\ufe00-\ufe0f]")
_CONSENT_TEXTS = frozenset({"true", "True", "false", "False"})


def profile_breaches(
    body: Any, *, today: str, has_client_id: bool, needs_identifier: bool, refuse_reserved: bool
) -> list[Breach]:
    """Check one profile object.

    Args:
        body: element of a batch or body of a single call, any JSON value.
        today: UTC date as ``yyyy-mm-dd``, the latest birth date.
        has_client_id: the call knows ``clientId`` (only clients/batch does).
        needs_identifier: P1 applies (not on updates by path).
        refuse_reserved: reserved attribute names are refused (P21) instead of ignored.
    Returns:
        Every broken rule, empty for an acceptable profile.
    """
    if type(body) is not dict:
        return [breach("P14", "", "a profile must be an object", body)]
    found: list[Breach] = []
    for name, value in body.items():
        check = _CHECKS.get(name)
        if check is not None:
            wrong = check(name, value)
            if wrong is not None:
                found.append(wrong)
        elif name == "attributes":
            if value:
                found += _attribute_breaches(value, refuse_reserved)
            elif type(value) is not dict and value is not None:
                found.append(breach("P14", name, "must be an object", value))
        elif name == "agreements":
            found += _agreement_breaches(value)
        elif name == "birthDate":
            wrong = _birth_date_breach(value, today)
            if wrong is not None:
                found.append(wrong)
        elif name == "clientId" and has_client_id:
            if type(value) is not int:
                found.append(breach("P2", name, "clientId must be an integer", value))
        else:
            found.append(breach("P15", name[:60], "unknown field"))
    if needs_identifier and not (
        "email" in body
        or "customId" in body
        or "uuid" in body
        or "phone" in body
        or (has_client_id and "clientId" in body)
    ):
        found.append(breach("P1", "", "no identifier"))
    return found


def _text(name: str, value: Any) -> Breach | None:
    if type(value) is str:
        if (value.isascii() and "\0" not in value) or not breaks_text_rule(value):
            return None
        return breach("P10", name, "forbidden character", value)
    return None if value is None else breach("P14", name, "must be a string", value)


def _sex(name: str, value: Any) -> Breach | None:
    if value is None or (type(value) is str and value in SEXES):
        return None
    return breach("P9", name, "not one of FEMALE, MALE, NOT_SPECIFIED, OTHER", value)


def _country(name: str, value: Any) -> Breach | None:
    if value is None or (type(value) is str and _COUNTRY.fullmatch(value)):
        return None
    return breach("P13", name, "not a two-letter country code", value)


def _tags(name: str, value: Any) -> Breach | None:
    if value is None:
        return None
    if type(value) is not list:
        return breach("P14", name, "must be an array of strings", value)
    for tag in value:
        if type(tag) is not str:
            return breach("P14", name, "must be an array of strings", tag)
        if breaks_text_rule(tag):
            return breach("P10", name, "forbidden character in a tag", tag)
    return None


def _birth_date_breach(value: Any, today: str) -> Breach | None:
    if value is None:
        return None
    if type(value) is not str or _BIRTH_DATE.fullmatch(value) is None:
        return breach("P8", "birthDate", "not yyyy-mm-dd", value)
    try:
        date.fromisoformat(value)
    except ValueError:
        return breach("P8", "birthDate", "impossible date", value)
    if value <= "1900-01-01" or value > today:
        return breach("P8", "birthDate", "outside 1900-01-02 to today", value)
    return None


def _agreement_breaches(value: Any) -> list[Breach]:
    if value is None:
        return []
    if type(value) is not dict:
        return [breach("P14", "agreements", "must be an object", value)]
    found = []
    for name, consent in value.items():
        if name not in AGREEMENTS:
            found.append(breach("P12", f"agreements.{name}"[:60], "unknown agreement"))
        elif type(consent) is bool or (type(consent) is int and consent in (0, 1)):
            continue
        elif type(consent) is not str or consent not in _CONSENT_TEXTS:
            found.append(breach("P12", f"agreements.{name}", "not a consent value", consent))
    return found


def _attribute_breaches(value: Any, refuse_reserved: bool) -> list[Breach]:
    if type(value) is not dict:
        return [breach("P14", "attributes", "must be an object", value)]
    found = []
    for name, member in value.items():
        rule = _name_rule(name)
        if rule == "P11":
            found.append(breach("P11", "attributes", "bad attribute name", name))
        elif rule == "P21" and refuse_reserved:
            found.append(breach("P21", f"attributes.{name}", "reserved attribute name"))
        kind = type(member)
        if kind is str:
            if breaks_text_rule(member):
                found.append(breach("P10", f"attributes.{name}"[:60], "forbidden character"))
        elif (kind is list or kind is dict) and _has_bad_text(member):
            found.append(breach("P10", f"attributes.{name}"[:60], "forbidden character"))
    return found


@lru_cache(maxsize=10_000)
def _name_rule(name: str) -> str:
    """Say which rule an attribute name breaks; empty for a good one."""
    if not name or _BAD_IN_NAME.search(name):
        return "P11"
    return "P21" if name in RESERVED_ATTRIBUTES else ""


def _has_bad_text(value: Any) -> bool:
    if type(value) is str:
        return breaks_text_rule(value)
    if type(value) is list:
        return any(_has_bad_text(member) for member in value)
    if type(value) is dict:
        return any(_has_bad_text(member) for member in value.values())
    return False


_CHECKS: dict[str, Callable[[str, Any], Breach | None]] = {
    **dict.fromkeys(IDENTIFIERS, identifier_breach),
    **dict.fromkeys(TEXT_FIELDS, _text),
    "sex": _sex,
    "countryCode": _country,
    "tags": _tags,
}
