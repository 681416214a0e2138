"""A delivery between an embedded log and the sandbox, with a small mapper of its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from cdc.errors import LogUnavailable
from cdc.log.embedded import EmbeddedLog
from cdc.log.protocol import Entry, Publisher, TopicLog, TopicPartition
from cdc.log.topics import TopicNames
from cdc.records import ChangeRecord, Model, encode_record
from config.workspace import WorkspaceSettings
from mappers.payload import Mapped, Payload, PayloadKind
from mappers.person import customer_claim, email_claim
from sinks.accepted import AcceptedIndex, accepted_path
from sinks.dead_letter import DeadLetter, decode_dead_letter
from sinks.deliver.intake import RecordMapper
from sinks.delivery import Delivery
from sinks.sandbox.client import SandboxAdmin
from sinks.sandbox.options import Options, WorkspaceSpec
from sinks.sandbox.server import SandboxServer
from sinks.synerise.client import SyneriseClient
from tests.unit.delivery.making import API_KEY, change, money, workspace
from tests.waiting import wait_until

NAMES = TopicNames("shop")


class PlainMapper:
    """Makes the payloads that a shop with one store view would send.

    `delete_mode` is "remove", "event" or "ignore", as in the settings.
    """

    def __init__(self, delete_mode: str = "remove") -> None:
        self.delete_mode = delete_mode

    def map(self, record: ChangeRecord) -> Mapped:
        """Payloads of one record."""
        if record.after is None and record.model is Model.CUSTOMER and self.delete_mode == "ignore":
            return Mapped((), gone=record.id)
        make = {
            Model.CUSTOMER: self._customer,
            Model.SUBSCRIBER: self._subscriber,
            Model.ORDER: self._order,
            Model.PRODUCT: self._product,
        }[record.model]
        return Mapped(tuple(make(record)))

    def _customer(self, record: ChangeRecord) -> list[Payload]:
        number = int(record.id)
        former = [email_claim(each) for each in record.identity.get("former_emails", [])]
        claims = {customer_claim(number), *former}
        target = f"profile:customer:{number}"
        if record.after is not None:
            email = record.after["email"]
            body = {"customId": record.id, **record.after}
            claims.add(email_claim(email))
            return [Payload(PayloadKind.PROFILE, target, body, frozenset(claims))]
        claims.add(email_claim(record.identity["email"]))
        if self.delete_mode == "remove":
            body = {"customId": record.id}
            return [Payload(PayloadKind.PROFILE_DELETE, target, body, frozenset(claims))]
        salt = f"deleteAccount:{number}"
        event = {
            "action": "client.deleteAccount",
            "label": "deleted",
            "time": "2026-01-01T10:00:00.000Z",
            "client": {"customId": record.id},
            "params": {},
            "eventSalt": salt,
        }
        return [Payload(PayloadKind.EVENT, f"event:{salt}", event, frozenset(claims))]

    def _subscriber(self, record: ChangeRecord) -> list[Payload]:
        body = {
            "email": record.id,
            "agreements": {"email": record.after is not None and record.after["status"] == 1},
        }
        claims = frozenset({email_claim(record.id)})
        return [Payload(PayloadKind.PROFILE, f"profile:subscriber:{record.id}", body, claims)]

    def _order(self, record: ChangeRecord) -> list[Payload]:
        if record.after is None:
            return []
        client = record.identity["client"]
        payloads = []
        if "email" in client:
            claim = email_claim(client["email"])
            target = f"profile:guest:{client['email']}"
            body = {"email": client["email"], "firstName": "Guest"}
            version = int(record.id)
            payloads.append(
                Payload(PayloadKind.PROFILE, target, body, frozenset({claim}), None, version)
            )
        else:
            claim = customer_claim(int(client["customId"]))
        claims = frozenset({f"order:{record.id}", claim})
        body = order_body(record.id, client, record.after["status"])
        target = f"transaction:{record.id}"
        payloads.append(Payload(PayloadKind.TRANSACTION, target, body, claims))
        return payloads

    def _product(self, record: ChangeRecord) -> list[Payload]:
        payloads = []
        for catalog in ("store-1", "store-2"):
            value = {"itemId": record.key, "deleted": int(record.after is None)}
            value |= record.after or {}
            target = f"item:{catalog}:{record.key}"
            body = {"itemKey": record.key, "value": value}
            payloads.append(Payload(PayloadKind.ITEM, target, body, frozenset({target}), catalog))
        return payloads


def order_body(number: str, client: dict[str, str], status: str) -> dict[str, Any]:
    """A transaction that the sandbox takes."""
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
        "metadata": {"orderStatus": status},
    }


@dataclass
class Running:
    """Everything of one run. Records are published through `publish`."""

    state_dir: Path
    server: SandboxServer
    admin: SandboxAdmin
    log: TopicLog
    settings: WorkspaceSettings
    mapper: RecordMapper
    publisher: Publisher
    deliveries: list[tuple[Delivery, threading.Event, SyneriseClient, AcceptedIndex]] = field(
        default_factory=list
    )
    seq: int = 0

    def record(
        self, model: Model, key: str, after: dict[str, Any] | None, **identity: Any
    ) -> Entry:
        """The entry of a change."""
        self.seq += 1
        made = change(model, key, after, seq=self.seq, identity=identity)
        return Entry(NAMES.model(model), key.encode(), encode_record(made))

    def customer(self, number: int, email: str, *former: str, **fields: Any) -> Entry:
        """A customer's change."""
        return self.record(
            Model.CUSTOMER, str(number), {"email": email, **fields}, former_emails=list(former)
        )

    def customer_gone(self, number: int, email: str, *former: str) -> Entry:
        """A customer's deletion."""
        return self.record(
            Model.CUSTOMER, str(number), None, email=email, former_emails=list(former)
        )

    def subscriber(self, email: str, status: int = 1) -> Entry:
        """A subscriber's change."""
        return self.record(Model.SUBSCRIBER, email, {"status": status})

    def order(self, number: int, status: str = "new", **client: str) -> Entry:
        """An order's change; `client` is customId or email."""
        return self.record(Model.ORDER, str(number), {"status": status}, client=client)

    def product(self, sku: str, **fields: Any) -> Entry:
        """A product's change."""
        return self.record(Model.PRODUCT, sku, fields)

    def product_gone(self, sku: str) -> Entry:
        """A product's deletion."""
        return self.record(Model.PRODUCT, sku, None)

    def publish(self, *entries: Entry) -> None:
        """Publish in one step."""
        self.publisher.publish(entries, None)

    def start(self, **changes: Any) -> Delivery:
        """Start a delivery; `changes` are settings of the workspace."""
        settings = workspace(self.server.url, **(_plain(self.settings) | changes))
        stop = threading.Event()
        client = SyneriseClient(settings, stop)
        index = AcceptedIndex(accepted_path(self.state_dir, settings.name))
        delivery = Delivery(settings, self.log, NAMES, self.mapper, client, index, stop)
        self.deliveries.append((delivery, stop, client, index))
        delivery.start()
        return delivery

    def stop(self) -> None:
        """Stop all deliveries and check that they ended well."""
        while self.deliveries:
            delivery, stop, client, index = self.deliveries.pop()
            stop.set()
            assert delivery.join(10.0), "delivery did not stop"
            client.close()
            index.close()
            assert delivery.failure is None

    def wait_delivered(self, timeout_s: float = 15.0) -> None:
        """Wait until every record is committed."""
        admin = self.log.admin()
        topics = list(NAMES.models.values())
        try:
            ends = {place: end for place, end in admin.end_offsets(topics).items() if end}

            def is_done() -> bool:
                try:
                    committed = {
                        place: offset
                        for group in NAMES.groups(self.settings.name)
                        for place, offset in admin.committed(group).items()
                    }
                except LogUnavailable:
                    return False  # a young broker has no coordinator yet
                return all(committed.get(place, 0) >= end for place, end in ends.items())

            wait_until(is_done, timeout_s=timeout_s, what="all offsets to be committed")
        finally:
            admin.close()

    def committed(self, model: Model) -> int:
        """Committed offset of a model's first partition, 0 before the first commit."""
        admin = self.log.admin()
        try:
            place = TopicPartition(NAMES.model(model), 0)
            return admin.committed(NAMES.group_of(self.settings.name, model)).get(place, 0)
        finally:
            admin.close()

    def dead_letters(self) -> list[DeadLetter]:
        """All dead letters, oldest first."""
        reader = self.log.reader([NAMES.dead_letter])
        try:
            return [
                decode_dead_letter(message.value)
                for message in reader.poll(1000, 0.0)
                if message.value is not None
            ]
        finally:
            reader.close()

    def profiles(self) -> dict[str, dict[str, Any]]:
        """Profiles by e-mail address."""
        stored = self.admin.state(self.settings.name)["profiles"]
        return {each.get("email", ""): each for each in stored}

    def orders(self) -> list[dict[str, Any]]:
        """All stored transactions."""
        return list(self.admin.state(self.settings.name)["transactions"])

    def items(self, catalog: str) -> dict[str, dict[str, Any]]:
        """Values of a catalog's items by key."""
        catalogs = self.admin.state(self.settings.name)["catalogs"]
        return {
            item["itemKey"]: item["value"]
            for each in catalogs
            if each["name"] == catalog
            for item in each["items"]
        }

    def sent_count(self, route: str) -> int:
        """Requests that a route has got."""
        routes = self.admin.stats()["requests"]
        return sum(each for name, each in routes.items() if name.startswith(route))

    def assert_no_violation(self, *, may_overlap: bool = False) -> None:
        """Nothing was swallowed, doubled or overlapped.

        Args:
            may_overlap: requests were given up while the service was still at them.
        """
        verdict = self.admin.invariants()
        evidence = [verdict["duplicate_charges"], verdict["violations"]]
        assert verdict["ok"] or (may_overlap and not any(evidence)), verdict


def _plain(settings: WorkspaceSettings) -> dict[str, Any]:
    return {"retry": settings.retry, "batch": settings.batch, "concurrency": settings.concurrency}


@contextlib.contextmanager
def running(
    folder: Path, mapper: RecordMapper | None = None, log: TopicLog | None = None, **options: Any
) -> Iterator[Running]:
    """A sandbox, a log and a publisher; deliveries are started by the test."""
    spec = WorkspaceSpec(name="main", api_key=SecretStr(API_KEY))
    with SandboxServer(options=Options(**options), workspaces=[spec]) as server:
        log = log or EmbeddedLog(folder / "log.sqlite", NAMES, 1)
        admin = log.admin()
        admin.ensure_topics()
        admin.close()
        publisher = log.publisher()
        publisher.open()
        run = Running(
            folder,
            server,
            SandboxAdmin(server.url),
            log,
            workspace(server.url),
            mapper or PlainMapper(),
            publisher,
        )
        try:
            yield run
            run.stop()
        finally:
            for _, stop, _, _ in run.deliveries:
                stop.set()
            for delivery, _, client, index in run.deliveries:
                delivery.join(10.0)
                client.close()
                index.close()
            publisher.close()
