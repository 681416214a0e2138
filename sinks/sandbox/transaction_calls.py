"""Calls that store transactions."""

from typing import Any

from sinks.sandbox.answers import ACCEPTED, Answer
from sinks.sandbox.calls import Call, Prepared, batch_answer
from sinks.sandbox.context import Context
from sinks.sandbox.profiles import identifiers_of
from sinks.sandbox.text_rules import Breach
from sinks.sandbox.transaction_rules import transaction_breaches


def create(call: Call) -> Prepared:
    """POST /v4/transactions: one transaction."""
    call.refuse(_check(call, call.payload))
    body = call.payload

    def commit(context: Context) -> Answer:
        _store(call, [body], context)
        return ACCEPTED

    return Prepared(commit, lambda: frozenset({f"order={body['orderId']}"}))


def create_batch(call: Call) -> Prepared:
    """POST /v4/transactions/batch: an array of transactions."""
    good, refused = call.triage(lambda body: _check(call, body), call.context.options.batch_mode)

    def keys() -> frozenset[str]:
        return frozenset(f"order={body['orderId']}" for body in good)

    def commit(context: Context) -> Answer:
        if len(keys()) < len(good):
            context.record("repeat", "one orderId twice in a batch")
        _store(call, good, context)
        return batch_answer(refused)

    return Prepared(commit, keys)


def _check(call: Call, body: Any) -> list[Breach]:
    options = call.context.options
    return transaction_breaches(
        body,
        require_salt_and_time=options.require_salt_and_time,
        check_revenue=options.check_revenue,
    )


def _store(call: Call, bodies: list[dict[str, Any]], context: Context) -> None:
    workspace = call.workspace
    for body in bodies:
        profile = workspace.profiles.settle(
            identifiers_of(body["client"], "id"), context, is_event=True
        )
        if profile is not None:
            workspace.transactions.put(body, profile.client_id, context)
    call.accepted("transactions", [(body["orderId"],) for body in bodies], context)
