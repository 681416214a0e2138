"""Arbitrary records: valid in shape, wild in content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cdc.records import Cause, ChangeRecord, Model
from mappers.scope import Scope
from tests.golden.cases import scope
from tests.unit.mappers import entities
from tests.unit.mappers.entities import Json

STORES = {1: 1, 2: 1, 3: 2, 4: 2}
"""Store views of the shop, and the website of each."""

CURRENCIES = ["EUR", "PLN", "USD", "GBP", "JPY", "KWD", "eur", None, "EURO"]

texts = st.none() | st.text(max_size=12)
causes: SearchStrategy[Cause] = st.sampled_from(get_args(Cause))
skus = st.sampled_from(["MUG-1", " cap 9", 'x"y', "ł/1"]) | st.text(min_size=1, max_size=8)
# Four in five are addresses that the API takes; the rest is put together of good and bad parts.
good_emails = st.sampled_from([entities.EMAIL, "Customer@example.com", " a.b+c@x.example.org"])
wild_emails = st.builds(
    "{}{}@{}{}".format,
    st.sampled_from(["", " "]),
    st.text(alphabet="aB.ł+-,\x00\U0001f642", min_size=1, max_size=6),
    st.sampled_from(["example.com", "sub.example.org", "-x.com", "home", "a..b"]),
    st.sampled_from(["", " "]),
)
emails = good_emails | good_emails | good_emails | good_emails | wild_emails
moments = st.none() | st.datetimes().map(lambda at: f"{at:%Y-%m-%d %H:%M:%S}".rjust(19, "0"))


def amounts(maximum: int = 99_999_999) -> SearchStrategy[str | None]:
    """Money as columns hold it, null and nothing included."""
    some = st.integers(1, maximum * 10_000).map(lambda units: f"{units / 10_000:.4f}")
    usual = st.sampled_from(["1.0000", "3.0000", "10.0100", "0.3333"])
    return some | usual | some | usual | some | usual | st.sampled_from([None, "0.0000"])


@st.composite
def scopes(draw: DrawFn) -> Scope:
    """Settings of a workspace that takes part of the shop."""
    some = st.sampled_from([None, None, None, None, None, None, [1], [1, 2, 3], [2, 3]])
    mapping = {
        "customer": {"delete": draw(st.sampled_from(["event", "remove", "ignore"]))},
        "product": {
            "catalog_name": draw(st.sampled_from(["store-{id}", "{code}"])),
            "price": draw(st.sampled_from(["regular_price", "final_price"])),
        },
        "order": {"guests": draw(st.booleans())},
        "subscriber": {"uuid": draw(st.booleans())},
        "models": {"customer": draw(st.sampled_from([True, True, True, False]))},
    }
    return scope({"websites": draw(some), "stores": draw(some)}, mapping)


@st.composite
def customers(draw: DrawFn) -> ChangeRecord:
    """A live or deleted customer."""
    email = draw(emails)
    store_id = draw(st.sampled_from([None, 0, *STORES]))
    place = {"store_id": store_id, "website_id": STORES.get(store_id or 0)}
    identity = place | {"email": email, "former_emails": draw(st.lists(emails, max_size=2))}
    rest = {"cause": draw(causes), "ts_ms": draw(st.sampled_from([0, 1777629600123]))}
    if draw(st.booleans()):
        return entities.customer_deletion(identity, **rest)
    names = {"firstname": draw(texts), "lastname": draw(texts)}
    return entities.customer_record(place | names | {"email": email}, identity, **rest)


@st.composite
def subscriptions(draw: DrawFn) -> list[Json]:
    """Rows of one address; none is a deleted subscriber."""
    stores = draw(st.lists(st.sampled_from([None, *STORES]), max_size=4))
    return [
        entities.subscription(
            number,
            store_id=store_id,
            status=draw(st.sampled_from([1, 2, 3, 4])),
            change_status_at=draw(moments),
        )
        for number, store_id in enumerate(stores, start=1)
    ]


def known_stores(rows: list[Json], before: Json | None = None) -> Json:
    """Cumulative stores of a subscriber's identity."""
    own = {row["store_id"] for row in rows} - {None}
    return (before or {}) | {str(each): {"website_id": STORES[each]} for each in own}


@st.composite
def subscribers(draw: DrawFn) -> ChangeRecord:
    """A subscriber, with rows that are left or not."""
    rows = draw(subscriptions())
    stores = known_stores(rows, known_stores(draw(subscriptions())))
    return entities.subscriber_record(
        *rows, stores=stores, email=draw(emails), retired=draw(st.booleans())
    )


@st.composite
def lines(draw: DrawFn, item_id: int, parent_item_id: int | None) -> Json:
    """A line of an order."""
    product = {
        "entity_id": 42,
        "sku": draw(skus),
        "url": draw(texts),
        "image": draw(texts),
        "categories": draw(st.lists(st.text(max_size=5), max_size=2)),
    }
    return entities.line(
        item_id,
        parent_item_id=parent_item_id,
        product_type=draw(st.sampled_from([None, "simple", "configurable", "bundle"])),
        sku=draw(skus | skus | skus | skus | texts),
        name=draw(texts),
        qty_ordered=draw(amounts(9_999)),
        price=draw(amounts()),
        original_price=draw(amounts()),
        price_incl_tax=draw(amounts()),
        row_total=draw(amounts()),
        tax_amount=draw(amounts()),
        discount_amount=draw(amounts()),
        promotion_rules=draw(st.lists(st.text(max_size=5), max_size=2)),
        product=draw(st.sampled_from([None, product])),
    )


@st.composite
def orders(draw: DrawFn) -> ChangeRecord:
    """A live order of a customer or a guest, with top-level lines and children."""
    tops = list(range(1, 1 + draw(st.sampled_from([1, 2, 3, 4, 0]))))
    items = [draw(lines(each, None)) for each in tops]
    if tops:
        parents = draw(st.lists(st.sampled_from(tops), max_size=3))
        items += [draw(lines(100 + n, each)) for n, each in enumerate(parents)]
    store_id = draw(st.sampled_from([*STORES, *STORES, None]))
    website_id = STORES.get(store_id or 0)
    email = draw(emails | emails | st.sampled_from([entities.EMAIL, None]))
    guest = draw(st.booleans())
    changes = {
        "items": draw(st.permutations(items)),
        "store_id": store_id,
        "store": store_id
        and {"store_id": store_id, "website_id": website_id, "code": "c", "url": draw(texts)},
        "customer_email": email,
        "customer_firstname": draw(texts),
        "order_currency_code": draw(st.sampled_from(CURRENCIES)),
        "discount_amount": draw(amounts().map(lambda amount: amount and f"-{amount}")),
        "shipping_incl_tax": draw(amounts()),
        "shipping_amount": draw(amounts()),
        "shipping_method": draw(texts),
        "shipping_telephone": draw(texts | st.from_regex(r"\+?[0-9 ]{5,21}", fullmatch=True)),
        "coupon_code": draw(texts),
        "status": draw(texts),
        "payment_method": draw(texts),
        "promotion_rules": draw(st.lists(st.text(max_size=5), max_size=2)),
        "guest_has_account": draw(st.booleans()),
    }
    first: Json = {"email": email and (email.strip() or None)}
    if guest:
        changes |= entities.GUEST_ORDER
        first |= entities.GUEST
    elif draw(st.booleans()):
        changes |= {"customer_id": None, "customer": None}
    place = {"store_id": store_id, "website_id": website_id}
    identity = place | {"email_retired": draw(st.booleans())}
    return entities.order_record(changes, first=first, identity=identity, cause=draw(causes))


@st.composite
def views(draw: DrawFn, store_id: int) -> Json:
    """A product as a store view shows it."""
    attribute = st.dictionaries(st.sampled_from(["visibility", "image", "name"]), texts)
    paths = st.lists(st.text(max_size=4), max_size=3)
    parent = {"entity_id": 50, "sku": draw(st.text(min_size=1, max_size=5)), "url": draw(texts)}
    return entities.view(
        store_id,
        website_id=STORES[store_id],
        url=draw(texts),
        media_url=draw(texts),
        attributes=draw(attribute) | draw(st.sampled_from([{}, {"visibility": "1"}])),
        product_url=draw(texts),
        parent=draw(st.sampled_from([None, parent])),
        categories=[{"id": 1, "path": path} for path in draw(st.lists(paths, max_size=3))],
        price={"regular": draw(amounts()), "final": draw(amounts())},
        stock_status=draw(st.sampled_from([None, "0", "1"])),
        is_salable=draw(st.sampled_from([None, False, True])),
    )


@st.composite
def shown_products(draw: DrawFn) -> Json | None:
    """`after` of a product in some views, or null."""
    shown = draw(st.lists(st.sampled_from(sorted(STORES)), unique=True))
    if not shown and draw(st.booleans()):
        return None
    each = {str(store_id): draw(views(store_id)) for store_id in shown}
    return entities.product(stores=each)


def known_views(after: Json | None, before: Json | None = None) -> Json:
    """Cumulative identity of a product."""
    stores = dict((before or {}).get("stores", {}))
    for store_id, shown in (after or {"stores": {}})["stores"].items():
        stores[store_id] = {key: shown[key] for key in ("website_id", "code", "url")}
    return {"entity_id": 42, "sku": "MUG-1", "stores": stores}


@st.composite
def products(draw: DrawFn) -> ChangeRecord:
    """A product that is, or was, in some views."""
    after = draw(shown_products())
    identity = known_views(after, known_views(draw(shown_products())))
    key = draw(st.text(min_size=1, max_size=10).map(lambda sku: sku.strip() or "S"))
    return entities.product_record(after, identity, key=key, cause=draw(causes))


STRATEGIES: dict[Model, Callable[[], SearchStrategy[ChangeRecord]]] = {
    Model.CUSTOMER: customers,
    Model.SUBSCRIBER: subscribers,
    Model.ORDER: orders,
    Model.PRODUCT: products,
}


def records() -> SearchStrategy[ChangeRecord]:
    """Any record of any model."""
    return st.one_of([strategy() for strategy in STRATEGIES.values()])


def histories(of: Callable[[], SearchStrategy[Any]]) -> SearchStrategy[list[Any]]:
    """States of one key, oldest first."""
    return st.lists(of(), min_size=1, max_size=4)
