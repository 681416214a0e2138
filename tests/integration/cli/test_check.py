"""`check` names each fault with its reason and its fix, and changes nothing."""

from __future__ import annotations

from typing import Any

import pymysql
import pytest

from sinks.sandbox.server import SandboxServer
from sinks.synerise.client import PERMISSIONS
from tests.integration.cli.conftest import API_KEYS, PASSWORD, Machine, use_kafka
from tests.servers.kafka import KafkaBroker

pytestmark = pytest.mark.timeout(120)


def errors(machine: Machine, *, code: int) -> dict[str, dict[str, str]]:
    """Errors that `check` finds, by name; it must end with `code`."""
    answer = machine.ask("check", "--json")
    assert answer.code == code, answer
    for line in answer.json:
        assert line["what"]
        assert "" not in (line["why"], line["fix"])
        if line["severity"] != "ok":
            assert line["why"], line
            assert line["fix"], line
    assert PASSWORD not in answer.stdout + answer.stderr
    assert not any(key in answer.stdout + answer.stderr for key in API_KEYS.values())
    return {line["name"]: line for line in answer.json if line["severity"] == "error"}


def test_all_is_well(machine: Machine, shop: pymysql.Connection[Any]) -> None:
    answer = machine.ask("check")
    assert answer.code == 0, answer
    assert "0 error(s)" in answer.stdout
    assert "settings, grants and tables are as capture needs them" in answer.stdout
    assert "will be created at the first start" in answer.stdout
    for name in API_KEYS:
        assert f"workspace {name}: store views: gets " in answer.stdout
        assert f"workspace {name} at http://127.0.0.1" in answer.stdout
    assert sorted(path.name for path in machine.folder.iterdir()) == ["config.yaml"]


@pytest.mark.kafka
def test_topics_on_kafka_are_looked_at_and_not_made(
    machine: Machine, kafka_broker: KafkaBroker, shop: pymysql.Connection[Any]
) -> None:
    use_kafka(machine, kafka_broker)
    assert errors(machine, code=0) == {}
    prefix = machine.settings.log.prefix
    admin = kafka_broker.admin()
    try:
        assert [topic for topic in admin.list_topics() if topic.startswith(prefix)] == []
    finally:
        admin.close()
    # One that exists is verified though others are missing.
    kafka_broker.create_topic(f"{prefix}.order", settings={"cleanup.policy": "delete"})
    found = errors(machine, code=2)
    assert "cleanup.policy" in found["LogMisconfigured"]["what"]


def test_wrong_password(machine: Machine) -> None:
    machine.write(database={"password": "wrong"})
    found = errors(machine, code=2)
    assert "database.password" in found["SourceDenied"]["fix"]


def test_wrong_schema(machine: Machine) -> None:
    machine.write(database={"name": "no_such_schema"})
    assert "database.name" in errors(machine, code=2)["SourceDenied"]["fix"]


def test_schema_without_a_shop(machine: Machine) -> None:
    machine.write(database={"name": "mysql"})
    assert "customer_entity" in errors(machine, code=2)["tables"]["what"]


def test_missing_grants(machine: Machine, shop: pymysql.Connection[Any]) -> None:
    schema = machine.settings.database.name
    machine.server.create_user(machine.user, PASSWORD, ["SELECT"], on=f"{schema}.*")
    found = errors(machine, code=2)
    assert "GRANT REPLICATION SLAVE ON *.*" in found["grant REPLICATION SLAVE"]["fix"]
    assert "grant BINLOG MONITOR" in found


def test_database_that_is_not_there(machine: Machine) -> None:
    machine.write(database={"port": 9, "connect_timeout_s": 1})
    assert "database.host" in errors(machine, code=2)["SourceUnavailable"]["fix"]


def test_certificate_file_that_is_missing(machine: Machine) -> None:
    machine.write(database={"tls": {"enabled": True, "ca": "/no/such/ca.pem"}})
    found = errors(machine, code=2)
    assert "ca.pem" in found["SourceMisconfigured"]["what"]


def test_unknown_api_key(machine: Machine, shop: pymysql.Connection[Any]) -> None:
    workspace = machine.fields["workspaces"][0] | {
        "api_key": "99999999-9999-4999-8999-999999999999"
    }
    machine.write(workspaces=[workspace])
    found = errors(machine, code=2)
    assert "api_key" in found["ApiUnauthorized"]["fix"]


def test_permissions_that_are_missing(machine: Machine, shop: pymysql.Connection[Any]) -> None:
    poor = "33333333-cccc-4333-8333-333333333333"
    machine.sandbox.workspace(name="poor", api_key=poor, permissions=["API_BATCH_CLIENT_CREATE"])
    workspace = machine.fields["workspaces"][0] | {"api_key": poor}
    machine.write(workspaces=[workspace])
    found = errors(machine, code=2)
    assert "CATALOGS_CATALOG_CREATE" in found["permissions"]["what"]
    assert "API_BATCH_CLIENT_CREATE" not in found["permissions"]["what"]


def test_profiles_that_may_not_be_read(machine: Machine, shop: pymysql.Connection[Any]) -> None:
    poor = "33333333-cccc-4333-8333-333333333333"
    machine.sandbox.workspace(name="poor", api_key=poor, permissions=list(PERMISSIONS))
    workspace = machine.fields["workspaces"][0] | {"api_key": poor}
    machine.write(workspaces=[workspace])
    found = errors(machine, code=2)
    assert set(found) == {"profiles"}
    assert "read and to merge profiles" in found["profiles"]["fix"]
    assert machine.sandbox.invariants()["ok"]


def test_websites_and_stores_that_the_shop_does_not_have(
    machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    one, other = machine.fields["workspaces"]
    machine.write(workspaces=[one | {"websites": [1, 77]}, other | {"stores": [88]}])
    answer = machine.ask("check", "--json")
    assert answer.code == 2
    told = {
        (line["part"], line["name"]): line for line in answer.json if line["severity"] == "error"
    }
    assert set(told) == {
        ("workspace alpha", "websites"),
        ("workspace beta", "stores"),
        ("workspace beta", "store views"),
    }
    assert told["workspace alpha", "websites"]["what"] == "not in the shop: 77"
    assert "1 (" in told["workspace alpha", "websites"]["fix"]


@pytest.mark.parametrize("folder", ["/proc/self/fd", "/proc/magento-cdc"])
def test_state_folder_that_nobody_can_write(
    machine: Machine, shop: pymysql.Connection[Any], folder: str
) -> None:
    log_file = machine.folder / "log.sqlite"
    machine.write(state_dir=folder, log={"embedded": {"path": str(log_file)}})
    found = errors(machine, code=2)
    assert "cannot be written" in found["state_dir"]["what"]
    machine.write(
        state_dir=str(machine.folder / "state"),
        log={"embedded": {"path": f"{folder}/log.sqlite"}},
    )
    assert "cannot be written" in errors(machine, code=2)["log.embedded.path"]["what"]


def test_service_that_is_down(
    machine: Machine, shop: pymysql.Connection[Any], sandbox: SandboxServer
) -> None:
    sandbox.stop()
    found = errors(machine, code=2)
    assert "base_url" in found["ApiUnavailable"]["fix"]
    text = machine.ask("check")
    assert "ApiUnavailable" in text.stdout
    assert "fix: " in text.stdout
    assert "2 error(s)" in text.stdout


def test_broker_that_is_not_there(machine: Machine, shop: pymysql.Connection[Any]) -> None:
    machine.write(log={"backend": "kafka", "kafka": {"bootstrap_servers": ["127.0.0.1:9"]}})
    found = errors(machine, code=2)
    assert "brokers" in found["LogUnavailable"]["fix"]


def test_settings_without_workspaces_or_switched_off_are_warned_of(
    machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    machine.write(workspaces=[], enabled=False)
    answer = machine.ask("check", "--json")
    assert answer.code == 0
    warnings = {line["name"] for line in answer.json if line["severity"] == "warning"}
    assert {"workspaces", "enabled"} <= warnings


def test_faults_of_the_settings_are_findings(machine: Machine) -> None:
    machine.write(grace_s=-1, log_level="LOUD")
    answer = machine.ask("check", "--json")
    assert answer.code == 2
    assert sorted(line["name"] for line in answer.json) == ["grace_s", "log_level"]
    assert all(line["why"] and str(machine.config) in line["fix"] for line in answer.json)


def test_stored_position_that_the_server_does_not_have(
    machine: Machine, shop: pymysql.Connection[Any]
) -> None:
    from cdc.checkpoint import Checkpoint
    from cdc.log.factory import open_log
    from cdc.position import Position

    publisher = open_log(machine.settings).publisher()
    publisher.open()
    position = Position("mariadb", "another-server", "other.000001", 4, "9-9-9")
    publisher.publish([], Checkpoint(1, position).encode())
    publisher.close()
    found = errors(machine, code=2)
    assert "start anew" in found["stored position"]["fix"]
