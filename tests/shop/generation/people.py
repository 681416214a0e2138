"""Names, places, telephone numbers and e-mail addresses of people who do not exist."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

FEMALE, MALE, UNSPECIFIED = 2, 1, 3

_FIRST_NAMES = {
    FEMALE: "Zoë Anaïs Łucja Małgorzata Žofie Inês Søs Émilie Anna Käthe Chloé Maria Jadwiga Åsa",
    MALE: "José Łukasz Günther Jean-Luc Miłosz Andrés Øyvind Jiří Paul Thomas Stanisław Noël Bob",
    UNSPECIFIED: "Kim Alex Sacha Robin Dominique Noor",
}
_LAST_NAMES = (
    "Müller",
    "Śliwińska",
    "Nowak",
    "Wójcik",
    "García",
    "Dvořák",
    "O'Brien",
    "Núñez",
    "Lefèvre",
    "Smith",
    "Żak",
    "Grüner",
    "Ångström",
    "Kowalska",
    "de la Cruz-Peña",
    "Schmidt",
    "Dupont",
    "Jabłoński",
    "Novotná",
    "Sørensen",
    "Öz",
    "Fernández",
    "Brown",
)
_MAIL_HOSTS = ("example.com", "example.org", "mail.example.net", "poczta.example.pl")
_PHONES_TO_DROP = (
    "n/a",
    "555",
    "tel. 22 123 45 67",
    "0",
    "call me!",
    "+48 22 1234567 ext. 1234",
)
_STREETS = (
    "Rue de l'Église {n}",
    "ul. Żwirki i Wigury {n}/{m}",
    "Königsallee {n}",
    "Main Street {n}\nApt. {m}",
    "Avenida São João {n}",
    "Plac Na Groblach {n}\n2. piętro",
)
_PLACES = (
    ("DE", "Bayern", "München", "80331"),
    ("DE", "Berlin", "Berlin", "10115"),
    ("FR", "Bas-Rhin", "Strasbourg", "67000"),
    ("PL", "małopolskie", "Kraków", "31-009"),
    ("PL", "łódzkie", "Łódź", "90-001"),
    ("US", "Michigan", "Calder", "49628-7978"),
    ("US", "New York", "New York", "10001"),
    ("PT", "Faro", "Olhão", "8700-001"),
    ("NO", None, "Tromsø", "9008"),
    ("IE", "Co. Galway", "Galway", ""),
)
REGION_IDS = {"Bayern": 501, "Berlin": 502, "Bas-Rhin": 503, "małopolskie": 504, "łódzkie": 505}
REGION_IDS |= {"Michigan": 506, "New York": 507, "Faro": 508}


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is; the e-mail address holds `number`, so it is unique with it."""

    firstname: str
    lastname: str
    email: str
    gender: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody lives, as the address tables hold it."""

    country_id: str
    region: str | None
    region_id: int | None
    city: str
    postcode: str | None
    street: str
    telephone: str
    company: str | None


def make_person(rng: Random, number: int, tag: str = "") -> Person:
    """Make up a person. `number` (and `tag`) keep the e-mail address apart from all others."""
    gender = rng.choice((FEMALE, FEMALE, MALE, MALE, UNSPECIFIED))
    first = rng.choice(_FIRST_NAMES[gender].split())
    last = rng.choice(_LAST_NAMES)
    local = f"{_plain(first)}.{_plain(last)}.{tag}{number}"
    space = " " if rng.random() < 0.03 else ""
    return Person(first + space, last, f"{local}@{rng.choice(_MAIL_HOSTS)}", gender)


def make_place(rng: Random) -> Place:
    """Make up an address; some telephone numbers are unusable, some fields empty or NULL."""
    country, region, city, postcode = rng.choice(_PLACES)
    street = rng.choice(_STREETS).format(n=rng.randint(1, 240), m=rng.randint(1, 60))
    company = rng.choice((None, None, None, "", "Bäckerei Weiß & Söhne GmbH", "Zażółć Sp. z o.o."))
    return Place(
        country_id=country,
        region=region,
        region_id=REGION_IDS.get(region or "", 0 if rng.random() < 0.5 else None),
        city=city,
        postcode=postcode if rng.random() < 0.95 else None,
        street=street,
        telephone=make_phone(rng),
        company=company,
    )


def make_phone(rng: Random) -> str:
    """Make up a telephone number; about one in fifteen is not one."""
    if rng.random() < 0.07:
        return rng.choice(_PHONES_TO_DROP)
    number = f"{rng.randint(100, 999)}{rng.choice((' ', '-', ''))}{rng.randint(1000, 9999)}"
    return rng.choice(("+48 ", "+49 30 ", "(555) ", "0")) + number


def _plain(name: str) -> str:
    """Reduce a name to lower-case ASCII letters and digits for an e-mail address."""
    name = name.replace("Ł", "L").replace("ł", "l").replace("ø", "o").replace("Ø", "O")
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(char for char in decomposed if char.isascii() and char.isalnum()).lower()
