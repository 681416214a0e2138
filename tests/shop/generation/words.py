"""Words for products: names, descriptions, image paths and URL keys."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_ADJECTIVES = (
    "Crème",
    "Éclat",
    "Zimowa",
    "Sommer",
    "Ultra",
    "Żółta",
    "Öko",
    "Classic",
    "Großer",
    "Nordic",
    "Café",
    "Łagodna",
    "Breezy",
    "Señor",
)
_NOUNS = (
    "Hoodie",
    "Torba",
    "Rucksack",
    "Sukienka",
    "Jacket",
    "Chaussures",
    "Flasche",
    "Koszulka",
    "Belt",
    "Uhr",
    "Buch",
    "Sweter",
    "Cap",
)
_SENTENCES = (
    "Soft to the touch — and to the planet.",
    "Świetny wybór na każdą pogodę.",
    "Für drinnen & draußen gemacht.",
    'L\'élégance au quotidien, "sans souci".',
    "Care: 30 °C, do not bleach; 100 % cotton / bawełna.",
)
_LOCAL_NOUNS = {"pl_PL": "Produkt", "de_DE": "Artikel", "fr_FR": "Article"}
NO_IMAGE = "no_selection"


def product_name(rng: Random) -> str:
    """Make up a name; a few end with a space, as imported names do."""
    name = f"{rng.choice(_ADJECTIVES)} {rng.choice(_NOUNS)}"
    roll = rng.random()
    if roll < 0.04:
        return name + " "
    if roll < 0.08:
        return f'{name} 5" & more'
    return name


def local_name(name: str, locale: str) -> str:
    """Translate a product name, after a fashion, for a store view."""
    return f"{_LOCAL_NOUNS.get(locale, 'Item')} {name.strip()}"


def description(rng: Random, name: str) -> str:
    """Write a few sentences of HTML."""
    body = " ".join(rng.sample(_SENTENCES, rng.randint(1, 3)))
    return f"<p><strong>{name.strip()}</strong></p>\n<p>{body}</p>"


def sku(rng: Random, number: int) -> str:
    """Make up a SKU, unique by `number`; some hold spaces, dots, dashes or non-ASCII letters."""
    shape = rng.choice(("{n:05d}", "WS-{n:04d}", "Mh.{n}", "bag {n}.a", "24_{n}", "Ż{n}-XL"))
    return f"{rng.choice(('', 'P', 'x'))}{shape.format(n=number)}"


def image_path(rng: Random, number: int) -> str:
    """Make up an image below the product media folder, or Magento's word for none."""
    if rng.random() < 0.08:
        return NO_IMAGE
    name = f"{rng.choice('abcmwz')}{rng.choice('abhpst')}{number:04d}-main_1.jpg"
    return f"/{name[0]}/{name[1]}/{name}"


def slug(text: str) -> str:
    """Write text as a URL key: ASCII lower case, words joined by dashes."""
    text = text.replace("Ł", "L").replace("ł", "l").replace("ß", "ss")
    decomposed = unicodedata.normalize("NFKD", text).lower()
    plain = "".join(
        char if char.isascii() and char.isalnum() else " "
        for char in decomposed
        if not unicodedata.combining(char)
    )
    return "-".join(plain.split())
