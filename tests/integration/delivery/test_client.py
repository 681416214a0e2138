"""The client by itself: permissions, catalogs, log lines; and several workspaces at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from cdc.errors import ApiForbidden, ApiUnauthorized, ApiUnavailable
from config.workspace import WorkspaceSettings
from sinks.progress import Progress
from sinks.sandbox.client import SandboxAdmin
from sinks.sandbox.options import WorkspaceSpec
from sinks.sandbox.server import SandboxServer
from sinks.synerise.client import PERMISSIONS, SyneriseClient
from sinks.synerise.results import Verdict
from tests.integration.delivery.running import running
from tests.servers.ports import free_port
from tests.unit.delivery.making import API_KEY, customer, item, workspace
from tests.waiting import wait_until

OTHER_KEY = "99999999-2222-4333-8444-555555555555"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    spec = WorkspaceSpec(name="main", api_key=SecretStr(API_KEY))
    with SandboxServer(workspaces=[spec]) as started:
        yield started


@pytest.fixture
def admin(server: SandboxServer) -> SandboxAdmin:
    return SandboxAdmin(server.url)


def ask(settings: WorkspaceSettings) -> dict[str, bool]:
    client = SyneriseClient(settings, threading.Event())
    try:
        return client.permissions()
    finally:
        client.close()


def test_missing_permissions_are_named(server: SandboxServer, admin: SandboxAdmin) -> None:
    assert ask(workspace(server.url)) == dict.fromkeys(PERMISSIONS, True)
    granted = [name for name in PERMISSIONS if name != "API_BATCH_CLIENT_CREATE"]
    admin.workspace(name="main", api_key=API_KEY, permissions=granted)
    missing = [name for name, is_given in ask(workspace(server.url)).items() if not is_given]
    assert missing == ["API_BATCH_CLIENT_CREATE"]


def test_asking_for_permissions_never_waits_for_better_times(
    server: SandboxServer, admin: SandboxAdmin
) -> None:
    with pytest.raises(ApiUnauthorized, match="API key is unknown"):
        ask(workspace(server.url, api_key=OTHER_KEY))
    with pytest.raises(ApiUnavailable, match="ConnectError"):
        ask(workspace(f"http://127.0.0.1:{free_port()}"))
    admin.faults({"kind": "forbidden", "route": "POST /uauth/api-key/*", "count": None})
    with pytest.raises(ApiForbidden):
        ask(workspace(server.url))


def test_two_threads_that_need_a_new_catalog_make_one(
    server: SandboxServer, admin: SandboxAdmin
) -> None:
    client = SyneriseClient(workspace(server.url), threading.Event())
    results: list[Verdict] = []

    def send(sku: str) -> None:
        results.extend(each.verdict for each in client.send([item(sku, "new")], Progress()))

    threads = [threading.Thread(target=send, args=(f"SKU-{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10.0)
    client.close()
    assert results == [Verdict.ACCEPTED] * 6
    assert [each["name"] for each in admin.state("main")["catalogs"]] == ["new"]


def test_a_catalog_is_found_by_its_exact_name_behind_many_similar_ones(
    server: SandboxServer, admin: SandboxAdmin
) -> None:
    server.stop()
    catalogs = server.sandbox.gate.workspaces["main"].catalogs
    for name in [f"store-1{number}" for number in range(25)] + ["store-1", "Store-1"]:
        catalogs.create(name, 0)
    server.start()
    client = SyneriseClient(workspace(server.url), threading.Event())
    client.send([item("MUG", "store-1")], Progress())
    client.close()
    filled = [each["name"] for each in admin.state("main")["catalogs"] if each["items"]]
    assert filled == ["store-1"]
    assert len(admin.state("main")["catalogs"]) == 27


def test_logs_hold_neither_persons_nor_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), running(tmp_path) as run:
        run.admin.faults(
            {"kind": "token-expired", "route": "POST /v4/clients/batch"},
            {"kind": "html", "route": "POST /v4/clients/batch"},
            {"kind": "close-before", "route": "GET /v4/clients/by-email/*"},
        )
        run.publish(run.customer(1, "ann@example.com"), run.subscriber("eve@example.com"))
        run.start()
        run.wait_delivered()
        run.publish(run.customer(1, "eve@example.com", "ann@example.com", sex="UNHEARD-OF"))
        run.wait_delivered()
        assert len(run.dead_letters()) == 1
    ours = [record for record in caplog.records if not record.name.startswith("sinks.sandbox")]
    text = "\n".join(str(vars(record)) for record in ours)
    assert "batch.accepted" in text
    assert "payload.refused" in text
    for secret in ("ann@", "ann%40", "eve@", "eve%40", API_KEY, "Bearer", "UNHEARD-OF"):
        assert secret not in text


def test_every_batch_is_one_structured_line(
    server: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    client = SyneriseClient(workspace(server.url), threading.Event())
    with caplog.at_level(logging.INFO):
        client.send([customer(n, f"c{n}@example.com") for n in range(3)], Progress())
    client.close()
    (line,) = [vars(r) for r in caplog.records if r.message == "batch.accepted"]
    assert (line["workspace"], line["kind"], line["batch_count"]) == ("main", "profile", 3)
    assert (line["status"], line["attempt"]) == (202, 1)
    assert line["batch_bytes"] > 0
    assert line["elapsed_ms"] > 0


def test_a_broken_workspace_does_not_stall_another(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.admin.workspace(name="other", api_key=OTHER_KEY)
        run.admin.faults({"kind": "status", "status": 503, "workspace": "main", "count": None})
        broken = run.start()
        healthy = run.start(name="other", api_key=OTHER_KEY)
        run.publish(run.customer(1, "a@example.com"), run.product("MUG"))
        wait_until(
            lambda: (
                healthy.progress["people"].accepted == {"profile": 1}
                and healthy.progress["catalog"].accepted == {"item": 2}
            ),
            what="the healthy workspace to be served",
        )
        assert healthy.health.is_ok
        assert broken.health.reason == "unavailable"
        assert broken.progress["people"].accepted == {}
        run.admin.clear_faults()
        run.wait_delivered()
        assert len(run.profiles()) == 1
