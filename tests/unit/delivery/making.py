"""Small makers of payloads, records and stand-ins for the tests of delivery."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from cdc.log.protocol import TopicPartition
from cdc.records import ChangeRecord, Model, Op, Source
from config.workspace import BatchSettings, RetrySettings, WorkspaceSettings
from mappers.payload import Mapped, Payload, PayloadKind
from mappers.person import customer_claim, email_claim
from sinks.outgoing import Origin, Outgoing, prepare
from sinks.progress import Progress
from sinks.synerise.results import SendResult, Verdict

API_KEY = "11111111-2222-4333-8444-555555555555"
SOURCE = Source(server="s", gtid="", file="binlog.000001", pos=4)


def workspace(url: str = "http://127.0.0.1:1", **changes: Any) -> WorkspaceSettings:
    """Settings of a workspace with short waits."""
    values: dict[str, Any] = {
        "name": "main",
        "api_key": API_KEY,
        "base_url": url,
        "requests_per_s": 2000,
        "concurrency": 3,
        "timeout_s": 2.0,
        "retry": RetrySettings(base_s=0.01, longest_s=0.05, forbidden_s=0.05),
        "batch": BatchSettings(),
    }
    return WorkspaceSettings(**(values | changes))


def outgoing(
    target: str,
    *,
    kind: PayloadKind = PayloadKind.PROFILE,
    body: dict[str, Any] | None = None,
    claims: Sequence[str] = (),
    seq: int = 0,
    offset: int = 0,
    topic: str = "shop.customer",
    captured_ms: int = 0,
    version: int = 0,
    catalog: str | None = None,
) -> Outgoing:
    """A payload on its way, one per record."""
    place = TopicPartition(topic, 0)
    origin = Origin(place, offset, target, "", "", seq, 0, captured_ms, 1)
    payload = Payload(kind, target, body or {}, frozenset(claims), catalog, version)
    return prepare(payload, origin)


def customer(number: int, email: str, **options: Any) -> Outgoing:
    """A customer's profile, as the mapper makes it; `former` are earlier addresses."""
    former: Sequence[str] = options.pop("former", ())
    claims = [customer_claim(number), *(email_claim(each) for each in (email, *former))]
    body = {"customId": str(number), "email": email, **options.pop("fields", {})}
    return outgoing(f"profile:customer:{number}", body=body, claims=claims, **options)


def removal(number: int, *emails: str, **options: Any) -> Outgoing:
    """The deletion of a customer's profile."""
    claims = [customer_claim(number), *map(email_claim, emails)]
    return outgoing(
        f"profile:customer:{number}",
        kind=PayloadKind.PROFILE_DELETE,
        body={"customId": str(number)},
        claims=claims,
        **options,
    )


def account_event(number: int, *emails: str, **options: Any) -> Outgoing:
    """The event that announces a deleted account."""
    salt = f"deleteAccount:{number}"
    return outgoing(
        f"event:{salt}",
        kind=PayloadKind.EVENT,
        body={
            "action": "client.deleteAccount",
            "label": "deleted",
            "time": "2026-01-01T10:00:00.000Z",
            "client": {"customId": str(number)},
            "params": {},
            "eventSalt": salt,
        },
        claims=[customer_claim(number), *map(email_claim, emails)],
        **options,
    )


def subscriber(email: str, consent: bool = True, **options: Any) -> Outgoing:
    """A newsletter subscriber's profile."""
    return outgoing(
        f"profile:subscriber:{email}",
        body={"email": email, "agreements": {"email": consent}},
        claims=[email_claim(email)],
        **options,
    )


def guest(email: str, **options: Any) -> Outgoing:
    """A guest's profile."""
    return outgoing(
        f"profile:guest:{email}", body={"email": email}, claims=[email_claim(email)], **options
    )


def money(amount: float) -> dict[str, Any]:
    """An amount in the shop's currency."""
    return {"amount": amount, "currency": "EUR"}


def order_body(number: str, client: dict[str, str]) -> dict[str, Any]:
    """A transaction that the API takes."""
    return {
        "client": client,
        "orderId": number,
        "eventSalt": f"order-{number}",
        "recordedAt": "2026-01-01T10:00:00.000Z",
        "source": "WEB_DESKTOP",
        "paymentInfo": {"method": "card"},
        "revenue": money(10.0),
        "value": money(8.0),
        "products": [
            {"sku": "MUG", "name": "Mug", "quantity": 1, "finalUnitPrice": money(10.0)},
        ],
        "metadata": {"orderStatus": "processing"},
    }


def order(
    number: int, claim: str, client: dict[str, str] | None = None, **options: Any
) -> Outgoing:
    """A transaction of the person that `claim` names."""
    return outgoing(
        f"transaction:{number}",
        kind=PayloadKind.TRANSACTION,
        body=order_body(str(number), client or {"email": "a@example.com"}),
        claims=[f"order:{number}", claim],
        **options,
    )


def item(sku: str, catalog: str = "store-1", **options: Any) -> Outgoing:
    """An item of a catalog."""
    value = {"itemId": sku, **options.pop("fields", {})}
    return outgoing(
        f"item:{catalog}:{sku}",
        kind=PayloadKind.ITEM,
        body={"itemKey": sku, "value": value},
        claims=[f"item:{catalog}:{sku}"],
        catalog=catalog,
        **options,
    )


def change(
    model: Model,
    key: str,
    after: dict[str, Any] | None,
    *,
    seq: int = 0,
    identity: dict[str, Any] | None = None,
    ts_ms: int = 1_700_000_000_000,
    captured_ms: int | None = None,
) -> ChangeRecord:
    """A change record."""
    return ChangeRecord(
        op=Op.UPDATE if after is not None else Op.DELETE,
        model=model,
        id=key,
        key=key,
        seq=seq,
        ts_ms=ts_ms,
        captured_ms=ts_ms + seq if captured_ms is None else captured_ms,
        cause="stream",
        source=SOURCE,
        identity=identity or {},
        after=after,
    )


class CallableMapper:
    """A mapper made of a function."""

    def __init__(self, function: Callable[[ChangeRecord], Mapped]) -> None:
        self._function = function

    def map(self, record: ChangeRecord) -> Mapped:
        """What the function makes of the record."""
        return self._function(record)


class RecordingClient:
    """Accepts everything and keeps the batches; refuses the targets it is told to."""

    def __init__(self, refused: frozenset[str] = frozenset()) -> None:
        self.refused = refused
        self.batches: list[list[Outgoing]] = []
        self._lock = threading.Lock()

    def send(self, batch: Sequence[Outgoing], progress: Progress) -> list[SendResult]:
        """One result for each payload."""
        with self._lock:
            self.batches.append(list(batch))
        return [
            SendResult(each, Verdict.REFUSED, "refused", 400, "no", 1)
            if each.target in self.refused
            else SendResult(each, Verdict.ACCEPTED, attempts_count=1)
            for each in batch
        ]

    @property
    def sent(self) -> list[str]:
        """Targets in sending order."""
        return [each.target for batch in self.batches for each in batch]
