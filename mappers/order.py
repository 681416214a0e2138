"""Orders become transactions, and the guests who placed them profiles.

A transaction shows the order as it is now. It is sent again on every change with the same salt,
time, client and order of products, so that Synerise overwrites what it has.

Amounts, in order currency, rounded to two decimals (three where the currency has them):
    revenue = sum over the products of finalUnitPrice * quantity. Synerise does not compute it,
              and wants it to agree with the lines.
    value   = sum over the lines of row_total - discount_amount, before tax; never above revenue
              (unit prices that were rounded down can leave revenue a cent below).
    discountAmount = the order's discount as a positive number; left out when there is none.
Shipping is in none of them; its amount with tax is in `metadata`.

Source: Synerise API: transactions, overwriting of events; Magento table sales_order.
"""

from __future__ import annotations

import re
from typing import Any

from cdc.errors import MappingFailed
from cdc.records import ChangeRecord, Model
from mappers.fields import Fields
from mappers.guest import guest_profile
from mappers.moment import iso_of_column
from mappers.money import number, priced, rounded
from mappers.order_lines import Lines, Sale, order_lines
from mappers.payload import Mapped, Payload, PayloadKind, Skipped
from mappers.person import customer_claim, email_claim, required_email, uuid_of_email
from mappers.scope import Scope
from mappers.update_type import update_type

_CURRENCY = re.compile(r"[A-Z]{3}")


def map_order(record: ChangeRecord, scope: Scope) -> Mapped:
    """The guest's profile, if there is one to send, and the transaction after it.

    Raises:
        MappingFailed: the order lacks what a transaction cannot do without: a number, a creation
            time, a currency, or a person to whom it belongs.
    """
    if record.after is None:
        return _skipped("orders are not deleted in Synerise")
    order = Fields(record.after)
    identity = Fields(record.identity, "identity")
    store_id = order.integer("store_id")
    if not store_id:
        return _skipped("order without store view")
    store = order.part("store")
    website_id = store.integer("website_id") if store is not None else None
    if not scope.has_view(store_id, website_id or identity.integer("website_id")):
        return _skipped("order out of scope")
    if scope.mapping.customer.delete == "remove" and _was_removed(order, identity):
        return _skipped("customer was removed")
    sale = Sale(store_id, store.filled("url") if store is not None else None, _currency(order))
    lines = order_lines(order, identity, sale)
    guest, skipped = guest_profile(order, identity, scope)
    payloads = [] if guest is None else [guest]
    if lines.products:
        body, claim = _transaction(order, identity, sale, lines, scope)
        body["metadata"] = _metadata(order, sale, scope, update_type(record.cause))
        payloads.append(_payload(body, claim))
    else:
        skipped = [*skipped, Skipped("order without products")]
    return Mapped(tuple(payloads), (*lines.skipped, *skipped))


def _payload(body: dict[str, Any], client_claim: str) -> Payload:
    order_id = body["orderId"]
    return Payload(
        kind=PayloadKind.TRANSACTION,
        target=f"transaction:{order_id}",
        body=body,
        claims=frozenset({f"order:{order_id}", client_claim}),
    )


def _transaction(
    order: Fields, identity: Fields, sale: Sale, lines: Lines, scope: Scope
) -> tuple[dict[str, Any], str]:
    """The transaction without its metadata, and the claim on its client."""
    order_id = identity.filled("increment_id") or order.filled("increment_id")
    if order_id is None:
        raise MappingFailed("increment_id is empty")
    client, client_claim = _client(identity, scope)
    revenue = rounded(lines.gross, sale.currency)
    body: dict[str, Any] = {
        "client": client,
        "orderId": order_id,
        "eventSalt": order_id,
        "recordedAt": _recorded_at(order, identity),
        "source": scope.mapping.order.source_default,
        "paymentInfo": {"method": order.filled("payment_method") or "unknown"},
        "revenue": priced(revenue, sale.currency),
        "value": priced(min(lines.net, revenue), sale.currency),
    }
    discount = rounded(abs(order.money("discount_amount")), sale.currency)
    if discount:
        body["discountAmount"] = priced(discount, sale.currency)
    body["products"] = lines.products
    return body, client_claim


def _client(identity: Fields, scope: Scope) -> tuple[dict[str, str], str]:
    """Whose transaction it is, and the claim on that identity.

    It is who the order belonged to when it was first published: with another person a repeated
    transaction would be a second one.

    One identifier per person is on purpose. An order of a customer who is synchronized names the
    custom id alone: a pair of custom id and e-mail address can rewrite the address of a profile,
    or be dropped as a conflict without an error, once either has moved. The uuid that goes with
    an address is a function of the address, so it moves nothing, except when a customer left the
    address behind; then it is left out.
    """
    first = identity.part("client") or Fields({}, identity.path("client"))
    customer_id = first.integer("customer_id")
    is_known = scope.has_model(Model.CUSTOMER) and scope.has_view(
        first.integer("customer_store_id"), first.integer("customer_website_id")
    )
    if customer_id is not None and is_known:
        return {"customId": str(customer_id)}, customer_claim(customer_id)
    email = required_email(first, "email")
    client = {"email": email}
    if scope.mapping.subscriber.uuid and not identity.flag("email_retired"):
        client["uuid"] = uuid_of_email(email)
    return client, email_claim(email)


def _was_removed(order: Fields, identity: Fields) -> bool:
    """Whether the order's customer was deleted, and its profile with it.

    A transaction would bring the profile back.
    """
    first = identity.part("client")
    had_customer = first is not None and first.integer("customer_id") is not None
    return had_customer and order.integer("customer_id") is None and order.part("customer") is None


def _recorded_at(order: Fields, identity: Fields) -> str:
    """Creation time, as first published: with another one a repetition would be a second order."""
    moment = iso_of_column(identity, "created_at") or iso_of_column(order, "created_at")
    if moment is None:
        raise MappingFailed("created_at is empty")
    return moment


def _currency(order: Fields) -> str:
    code = order.filled("order_currency_code") or order.filled("base_currency_code") or ""
    if not _CURRENCY.fullmatch(code.upper()):
        raise MappingFailed("order_currency_code is not a three-letter code")
    return code.upper()


def _metadata(order: Fields, sale: Sale, scope: Scope, last_update: str) -> dict[str, Any]:
    """Free data of the order; what is empty is left out, since the API wants no nulls."""
    with_tax = order.decimal("shipping_incl_tax")
    amount = order.money("shipping_amount") if with_tax is None else with_tax
    shipping: dict[str, Any] = {"amount": number(rounded(amount, sale.currency))}
    method = order.filled("shipping_method")
    if method is not None:
        shipping = {"method": method, **shipping}
    known = {
        "orderStatus": order.filled("status"),
        "discountCode": order.filled("coupon_code"),
        "shipping": shipping,
        "applicationName": scope.mapping.application_name,
        "storeId": str(sale.store_id),
        "storeUrl": sale.store_url,
        "promotionRules": order.texts("promotion_rules"),
        "lastUpdateType": last_update,
    }
    return {key: value for key, value in known.items() if value}


def _skipped(reason: str) -> Mapped:
    return Mapped((), (Skipped(reason),))
