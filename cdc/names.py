"""Names: what the rows of one event mean, as keys of entities or of what leads to them. Pure.

The names a row yields are keys of one of the four models, or of something that leads to such keys
when it is expanded inside the consistent read (`category`, `sku`), or of the shop's own settings
(`shop`), or a request for everything of a model (`full`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cdc.binlog.changes import Row, RowChanges, RowKind
from cdc.records import Model


class Kind(StrEnum):
    """What a name stands for."""

    CUSTOMER = "customer"
    PRODUCT = "product"
    ORDER = "order"
    SUBSCRIBER = "subscriber"
    CATEGORY = "category"
    SKU = "sku"
    SHOP = "shop"
    FULL = "full"


MODEL_KINDS = {Kind(model.value): model for model in Model}


@dataclass(frozen=True, slots=True)
class Name:
    """One thing a row names.

    `is_deleted` says that the entity's (or the category's) own row was deleted. `image` is what
    only the before image of that row knows: (e-mail, store id, website id) of a customer, (sku,) of
    a product, (store id,) of a subscriber.
    """

    kind: Kind
    id: str
    is_deleted: bool = False
    image: Row | None = None


Namer = Callable[[RowChanges], Iterable[Name]]


def by(kind: Kind, index: int = 0) -> Namer:
    """Names the id in one column of both images; NULL and 0 name nothing."""

    def names(changes: RowChanges) -> Iterator[Name]:
        ids = {row[index] for row in changes.before}
        ids.update(row[index] for row in changes.after)
        return (Name(kind, str(found)) for found in ids if found)

    return names


def entity(kind: Kind, image: int = 1) -> Namer:
    """Names the entity's own row; a delete carries the columns from `image` on."""

    def names(changes: RowChanges) -> Iterator[Name]:
        if changes.kind is RowKind.DELETE:
            for row in changes.before:
                yield Name(kind, str(row[0]), is_deleted=True, image=row[image:])
            return
        for old, new in _pairs(changes):
            yield Name(kind, str(new[0]))
            if old is not None and old[0] != new[0]:
                yield Name(kind, str(old[0]), is_deleted=True, image=old[image:])

    return names


def _pairs(changes: RowChanges) -> Iterator[tuple[Row | None, Row]]:
    if changes.kind is RowKind.UPDATE:
        yield from zip(changes.before, changes.after, strict=True)
    else:
        for row in changes.after:
            yield None, row


def subscriber(changes: RowChanges) -> Iterator[Name]:
    """Names the addresses of both images; one that a row left carries the row's store view."""
    kept = {(row[0] or "").strip() for row in changes.after}
    yield from (Name(Kind.SUBSCRIBER, email) for email in kept if email)
    for row in changes.before:
        email = (row[0] or "").strip()
        if email and email not in kept:
            yield Name(Kind.SUBSCRIBER, email, is_deleted=True, image=row[1:])


def sku(index: int) -> Namer:
    def names(changes: RowChanges) -> Iterator[Name]:
        skus = {row[index] for row in changes.before} | {row[index] for row in changes.after}
        return (Name(Kind.SKU, sku) for sku in skus if sku)

    return names


def parent_and_child(changes: RowChanges) -> Iterator[Name]:
    ids = {value for row in (*changes.before, *changes.after) for value in row[:2]}
    return (Name(Kind.PRODUCT, str(found)) for found in ids if found)


_GROUPED_LINK = 3  # catalog_product_link_type: 1 related, 3 grouped, 4 up-sell, 5 cross-sell


def grouped_link(changes: RowChanges) -> Iterator[Name]:
    """Names the ends of grouped links; the other kinds are rewritten at every save, unused here."""
    rows = [row for row in (*changes.before, *changes.after) if row[0] == _GROUPED_LINK]
    ids = {value for row in rows for value in row[1:]}
    return (Name(Kind.PRODUCT, str(found)) for found in ids if found)


def url_rewrite(changes: RowChanges) -> Iterator[Name]:
    ids = {row[1] for row in (*changes.before, *changes.after) if row[0] == "product"}
    return (Name(Kind.PRODUCT, str(found)) for found in ids if found)


def category(changes: RowChanges) -> Iterator[Name]:
    """Names a category that moved or went; columns are id and path.

    Most updates are noise: each assignment of a product rewrites counters and times here. A new
    category has no products yet; their assignments name them.
    """
    if changes.kind is RowKind.DELETE:
        gone = {row[0] for row in changes.before}
        yield Name(Kind.SHOP, "")
        yield from (Name(Kind.CATEGORY, str(found), is_deleted=True) for found in gone)
        return
    moved = {new[0] for old, new in _pairs(changes) if old is not None and old[1] != new[1]}
    if moved or not changes.before:
        yield Name(Kind.SHOP, "")
    yield from (Name(Kind.CATEGORY, str(found)) for found in moved)


def category_value(changes: RowChanges) -> Iterator[Name]:
    yield Name(Kind.SHOP, "")
    ids = {row[0] for row in (*changes.before, *changes.after)}
    yield from (Name(Kind.CATEGORY, str(found)) for found in ids if found)


def settings(*models: Model, on_insert: bool = False) -> Namer:
    """Names the shop's settings; a row that went or differs asks for full runs of models.

    Args:
        models: what shows the settings in every entity.
        on_insert: a new row changes entities too.
    """

    def names(changes: RowChanges) -> Iterator[Name]:
        is_new = changes.kind is RowKind.INSERT
        if changes.kind is RowKind.UPDATE and changes.before == changes.after:
            return
        yield Name(Kind.SHOP, "")
        if on_insert or not is_new:
            yield from (Name(Kind.FULL, model.value) for model in models)

    return names


def shop(changes: RowChanges) -> Iterator[Name]:
    del changes
    yield Name(Kind.SHOP, "")


def store_structure(changes: RowChanges) -> Iterator[Name]:
    """A view, group or website came, changed or went: every product has other store blocks.

    Deleting one also nulls links of customers, orders and subscribers without any row event.
    Renaming or sorting one changes none of the columns asked for.
    """
    if changes.kind is RowKind.UPDATE and changes.before == changes.after:
        return
    yield Name(Kind.SHOP, "")
    yield Name(Kind.FULL, Model.PRODUCT.value)
    if changes.kind is RowKind.DELETE:
        for model in (Model.CUSTOMER, Model.SUBSCRIBER, Model.ORDER):
            yield Name(Kind.FULL, model.value)


# The settings that are read; every product shows them. A test holds this to what loaders read.
READ_PATHS = frozenset(
    {
        "web/unsecure/base_url",
        "web/unsecure/base_link_url",
        "web/unsecure/base_media_url",
        "web/secure/base_url",
        "web/seo/use_rewrites",
        "web/url/use_store",
        "general/locale/code",
        "general/locale/timezone",
        "currency/options/default",
        "cataloginventory/item_options/manage_stock",
        "cataloginventory/item_options/backorders",
        "cataloginventory/item_options/min_qty",
    }
)


def config(changes: RowChanges) -> Iterator[Name]:
    """Names the shop for the few settings that are read, which every product shows."""
    rows = [row for row in (*changes.before, *changes.after) if row[0] in READ_PATHS]
    if rows:
        yield Name(Kind.SHOP, "")
        yield Name(Kind.FULL, Model.PRODUCT.value)
