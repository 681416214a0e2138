"""Field rules of transactions (rule ids X1-X11, X13 and E6 for the time), pure.

Source: Synerise API reference, "transactions" and "products"; SDK validators.
"""

import re
from typing import Any

from sinks.sandbox.event_rules import SOURCES, is_number, time_breach
from sinks.sandbox.text_rules import Breach, breach, client_breaches, null_path

_KEYS = frozenset(
    [
        "client",
        "orderId",
        "products",
        "revenue",
        "value",
        "source",
        "paymentInfo",
        "discountAmount",
        "recordedAt",
        "eventSalt",
        "metadata",
    ]
)
_PRODUCT_PRICES = ("regularPrice", "netUnitPrice", "discountPrice")
_CURRENCY = re.compile(r"[A-Z]{3}")
# ISO 4217 currencies whose minor unit is not a hundredth.
_MINOR_UNITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        1.0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 0.001),
}
_ROUNDING = 1e-6


def transaction_breaches(
    body: Any, *, require_salt_and_time: bool, check_revenue: bool
) -> list[Breach]:
    """Check one transaction.

    Args:
        body: any JSON value.
        require_salt_and_time: apply X13.
        check_revenue: apply X8.
    Returns:
        Every broken rule, empty for a good transaction.
    """
    if type(body) is not dict:
        return [breach("X1", "", "a transaction must be an object", body)]
    found = client_breaches(body.get("client"), "X1")
    found += _head_breaches(body, require_salt_and_time)
    found += _payment_breaches(body)
    currencies: set[str] = set()
    for name in ("revenue", "value"):
        found += _money_breaches(body, name, currencies, "X1")
    if "discountAmount" in body:
        found += _money_breaches(body, "discountAmount", currencies, "X1")
        if _amount(body, "discountAmount") == 0:
            found.append(breach("X6", "discountAmount", "must be above zero or left out"))
    found += _product_list_breaches(body.get("products"), currencies)
    if len(currencies) > 1:
        found.append(breach("X5", "revenue.currency", "different currencies in one transaction"))
    found += [breach("X10", name[:60], "unknown key") for name in body if name not in _KEYS]
    null = null_path(body)
    if null is not None:
        found.append(breach("X11", null[:60], "null in a transaction"))
    return found or _sum_breaches(body, check_revenue)


def _head_breaches(body: dict[str, Any], require_salt_and_time: bool) -> list[Breach]:
    found = []
    order_id = body.get("orderId")
    if order_id is None or order_id == "":
        found.append(breach("X1", "orderId", "missing"))
    elif type(order_id) is not str:
        found.append(breach("X9", "orderId", "must be a string", order_id))
    if "eventSalt" in body:
        if type(body["eventSalt"]) is not str or not body["eventSalt"]:
            found.append(breach("X13", "eventSalt", "must be a non-empty string"))
    elif require_salt_and_time:
        found.append(breach("X13", "eventSalt", "missing"))
    if "recordedAt" in body:
        wrong = time_breach(body["recordedAt"], "recordedAt")
        if wrong is not None:
            found.append(wrong)
    elif require_salt_and_time:
        found.append(breach("X13", "recordedAt", "missing"))
    if "metadata" in body and type(body["metadata"]) is not dict:
        found.append(breach("X9", "metadata", "must be an object", body["metadata"]))
    return found


def _payment_breaches(body: dict[str, Any]) -> list[Breach]:
    found = []
    payment = body.get("paymentInfo")
    method = payment.get("method") if type(payment) is dict else None
    if type(method) is not str or not method:
        found.append(breach("X1", "paymentInfo.method", "missing", payment))
    source = body.get("source")
    if source is None:
        found.append(breach("X1", "source", "missing"))
    elif type(source) is not str or source not in SOURCES:
        found.append(breach("X2", "source", "unknown source", source))
    return found


def _money_breaches(
    owner: dict[str, Any], name: str, currencies: set[str], missing_rule: str, path: str = ""
) -> list[Breach]:
    """Check ``{amount, currency}`` under ``name`` and collect its currency."""
    money = owner.get(name)
    field = f"{path}{name}"
    if type(money) is not dict:
        return [breach(missing_rule, field, "missing or not {amount, currency}", money)]
    found = []
    amount = money.get("amount")
    if not is_number(amount):
        found.append(breach("X3", f"{field}.amount", "must be a number", amount))
    elif amount < 0:
        rule = "X6" if name == "discountAmount" else "X3"
        found.append(breach(rule, f"{field}.amount", "must not be negative", amount))
    currency = money.get("currency")
    if type(currency) is not str or _CURRENCY.fullmatch(currency) is None:
        found.append(breach("X4", f"{field}.currency", "not three capital letters", currency))
    else:
        currencies.add(currency)
    return found


def _product_list_breaches(products: Any, currencies: set[str]) -> list[Breach]:
    if type(products) is not list:
        return [breach("X1", "products", "missing or not an array", products)]
    if not products:
        return [breach("X9", "products", "empty")]
    found: list[Breach] = []
    for position, product in enumerate(products):
        path = f"products[{position}]."
        if type(product) is dict:
            found += _product_breaches(product, path, currencies)
        else:
            found.append(breach("X7", path[:-1], "must be an object", product))
    return found


def _product_breaches(product: dict[str, Any], path: str, currencies: set[str]) -> list[Breach]:
    found = []
    for name in ("sku", "name"):
        value = product.get(name)
        if type(value) is not str or not value:
            found.append(breach("X7", path + name, "must be a non-empty string", value))
    quantity = product.get("quantity")
    if not is_number(quantity) or quantity <= 0:
        found.append(breach("X7", path + "quantity", "must be a number above zero", quantity))
    found += _money_breaches(product, "finalUnitPrice", currencies, "X7", path)
    for name in _PRODUCT_PRICES:
        if name in product:
            found += _money_breaches(product, name, currencies, "X7", path)
    for name in ("discountPercent", "tax"):
        if name in product and not is_number(product[name]):
            found.append(breach("X3", path + name, "must be a number", product[name]))
    for name in ("image", "url"):
        if name in product and type(product[name]) is not str:
            found.append(breach("X7", path + name, "must be a string", product[name]))
    categories = product.get("categories", [])
    if type(categories) is not list or any(type(one) is not str for one in categories):
        found.append(breach("X7", path + "categories", "must be an array of strings", categories))
    return found


def _sum_breaches(body: dict[str, Any], check_revenue: bool) -> list[Breach]:
    """Compare the totals of an otherwise good transaction."""
    revenue = body["revenue"]["amount"]
    found = []
    if check_revenue:
        lines = body["products"]
        total = sum(line["finalUnitPrice"]["amount"] * line["quantity"] for line in lines)
        minor_unit = _MINOR_UNITS.get(body["revenue"]["currency"], 0.01)
        if abs(total - revenue) > minor_unit / 2 * len(lines) + _ROUNDING:
            found.append(breach("X8", "revenue.amount", "not the sum of the lines", revenue))
    if body["value"]["amount"] > revenue + _ROUNDING:
        found.append(breach("X9", "value.amount", "above revenue", body["value"]["amount"]))
    return found


def _amount(body: dict[str, Any], name: str) -> Any:
    money = body.get(name)
    return money.get("amount") if type(money) is dict else None
