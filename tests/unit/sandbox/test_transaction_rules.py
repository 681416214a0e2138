"""Field rules of transactions: a bad request for each of X1-X13."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.driver import ORDER, Api, changed, decoded, without

ONE_LINE = [ORDER["products"][0]]

BAD_ORDERS: list[tuple[str, Any]] = [
    ("X1", "no object"),
    *(
        ("X1", without(ORDER, path))
        for path in (
            "client",
            "orderId",
            "paymentInfo",
            "paymentInfo.method",
            "products",
            "revenue",
            "value",
            "source",
        )
    ),
    ("X1", changed(ORDER, "client", {})),
    ("X1", changed(ORDER, "client.phone", "600 100 200")),
    ("X1", changed(ORDER, "orderId", "")),
    ("P3", changed(ORDER, "client.email", "guest")),
    ("P2", changed(ORDER, "client.customId", 1042)),
    ("X2", changed(ORDER, "source", "MAGENTO")),
    ("X3", changed(ORDER, "revenue.amount", "45.50")),
    ("X3", changed(ORDER, "value.amount", -1)),
    ("X3", changed(ORDER, "revenue.amount", True)),
    ("X3", changed(ORDER, "products.0.finalUnitPrice.amount", "12.75")),
    ("X3", changed(ORDER, "products.0.tax", "23")),
    ("X4", without(ORDER, "revenue.currency")),
    ("X4", changed(ORDER, "value.currency", "eur")),
    ("X4", changed(ORDER, "products.1.finalUnitPrice.currency", "EURO")),
    ("X5", changed(ORDER, "products.0.regularPrice.currency", "PLN")),
    ("X5", changed(ORDER, "discountAmount.currency", "USD")),
    ("X6", changed(ORDER, "discountAmount.amount", 0)),
    ("X6", changed(ORDER, "discountAmount.amount", -5)),
    *(
        ("X7", without(ORDER, f"products.0.{name}"))
        for name in ("sku", "name", "quantity", "finalUnitPrice")
    ),
    ("X7", changed(ORDER, "products.0.sku", "")),
    ("X7", changed(ORDER, "products.0.quantity", 0)),
    ("X7", changed(ORDER, "products.0.quantity", "2")),
    ("X7", changed(ORDER, "products.0", "MUG-1")),
    ("X7", changed(ORDER, "products.0.categories", "Mugs")),
    ("X7", changed(ORDER, "products.0.url", 5)),
    ("X8", changed(ORDER, "revenue.amount", 45.52)),
    ("X8", changed(ORDER, "products", ONE_LINE)),
    ("X9", changed(ORDER, "products", [])),
    ("X9", changed(ORDER, "orderId", 100000123)),
    ("X9", changed(ORDER, "value.amount", 45.51)),
    ("X9", changed(ORDER, "metadata", [])),
    ("X10", changed(ORDER, "orderStatus", "complete")),
    ("X10", changed(ORDER, "shipping", {"method": "dhl"})),
    ("X11", changed(ORDER, "metadata.coupon", None)),
    ("X11", changed(ORDER, "products.1.note", None)),
    ("X13", without(ORDER, "eventSalt")),
    ("X13", without(ORDER, "recordedAt")),
    ("X13", changed(ORDER, "eventSalt", 5)),
    ("E6", changed(ORDER, "recordedAt", "2026-04-30 18:21:07")),
    ("E6", changed(ORDER, "recordedAt", "2026-04-30T18:21:07")),
]


@pytest.mark.parametrize(("rule", "body"), BAD_ORDERS)
def test_a_bad_transaction_is_refused_by_its_rule(api: Api, rule: str, body: Any) -> None:
    assert api.post("/v4/transactions", body).status == 400
    assert api.rules == [rule]
    assert api.state["transactions"] == []


@pytest.mark.parametrize(("rule", "body"), BAD_ORDERS)
def test_a_bad_transaction_in_a_batch_lets_the_good_one_through(
    api: Api, rule: str, body: Any
) -> None:
    good = {**ORDER, "orderId": "5", "eventSalt": "order-5"}
    answer = api.post("/v4/transactions/batch", [body, good])
    assert (answer.status, len(decoded(answer))) == (207, 1)
    assert api.rules == [rule]
    assert [one["orderId"] for one in api.state["transactions"]] == ["5"]


def test_too_many_or_too_large_transactions_are_refused_by_x12(api: Api) -> None:
    assert api.post("/v4/transactions/batch", [ORDER] * 1001).status == 400
    large = changed(ORDER, "metadata.text", "x" * 1_000_000)
    assert api.post("/v4/transactions/batch", [large]).status == 413
    assert api.rules == ["X12", "X12"]


def test_the_sink_contract_of_salt_and_time_can_be_switched_off(api: Api) -> None:
    api.use(require_salt_and_time=False)
    order = without(without(ORDER, "eventSalt"), "recordedAt")
    assert api.post("/v4/transactions", order).status == 202
    assert api.notes == ["B2"]


def test_the_sum_of_lines_can_be_left_unchecked(api: Api) -> None:
    api.use(check_revenue=False)
    assert api.post("/v4/transactions", changed(ORDER, "revenue.amount", 99)).status == 202


@pytest.mark.parametrize(
    ("currency", "revenue", "is_accepted"),
    [
        ("EUR", 45.51, True),
        ("EUR", 45.52, False),
        ("JPY", 46.5, True),
        ("JPY", 46.6, False),
        ("KWD", 45.501, True),
        ("KWD", 45.502, False),
    ],
)
def test_the_tolerance_is_half_a_minor_unit_per_line(
    api: Api, currency: str, revenue: float, is_accepted: bool
) -> None:
    order = changed(ORDER, "revenue", {"amount": revenue, "currency": currency})
    for path in ("value", "discountAmount", "products.0.finalUnitPrice", "products.0.regularPrice"):
        order = changed(order, f"{path}.currency", currency)
    order = changed(order, "products.1.finalUnitPrice.currency", currency)
    assert api.post("/v4/transactions", order).status == (202 if is_accepted else 400)
    assert api.rules == ([] if is_accepted else ["X8"])
