"""Settings and grants, judged without a server."""

from __future__ import annotations

import pytest

from cdc.binlog.grants import Grants
from cdc.binlog.server_settings import ServerFacts, setting_findings
from cdc.position import Flavor
from config.source import CaptureSettings

GOOD = {
    "log_bin": "ON", "binlog_format": "ROW", "binlog_row_image": "FULL", "server_id": "1",
    "binlog_row_metadata": "FULL", "gtid_mode": "ON", "sync_binlog": "1",
    "innodb_flush_log_at_trx_commit": "1", "max_allowed_packet": "67108864",
}  # fmt: skip


def judged(
    changed: dict[str, str],
    *,
    flavor: Flavor = "mysql",
    is_replica: bool | None = False,
    has_json: bool = False,
    is_catalog_enough: bool = True,
) -> dict[str, str]:
    """Severities by name."""
    facts = ServerFacts(flavor, GOOD | changed, is_replica, has_json, is_catalog_enough)
    return {found.name: found.severity for found in setting_findings(facts, CaptureSettings())}


def test_good_settings_have_no_findings() -> None:
    assert judged({}) == {}


def test_a_log_that_is_off_is_the_only_thing_to_say() -> None:
    assert judged({"log_bin": "OFF", "binlog_format": "MIXED"}) == {"log_bin": "error"}


def test_unchanged_columns_may_be_left_out_of_after_images() -> None:
    assert judged({"binlog_row_image": "FULL_NODUP"}) == {}


@pytest.mark.parametrize(("is_enough", "severity"), [(True, "warning"), (False, "error")])
def test_missing_metadata_is_as_bad_as_the_catalog_is(is_enough: bool, severity: str) -> None:
    found = judged({"binlog_row_metadata": "MINIMAL"}, is_catalog_enough=is_enough)
    assert found == {"binlog_row_metadata": severity}


@pytest.mark.parametrize(("has_json", "severity"), [(True, "error"), (False, "warning")])
def test_json_differences_matter_where_there_is_json(has_json: bool, severity: str) -> None:
    found = judged({"binlog_row_value_options": "PARTIAL_JSON"}, has_json=has_json)
    assert found == {"binlog_row_value_options": severity}


@pytest.mark.parametrize(
    ("is_replica", "read_only", "is_error"),
    [(True, "OFF", True), (False, "ON", False), (None, "ON", True), (None, "OFF", False)],
)
def test_a_replica_has_to_log_what_it_replicates(
    is_replica: bool | None, read_only: str, is_error: bool
) -> None:
    changed = {"log_slave_updates": "OFF", "read_only": read_only}
    found = judged(changed, flavor="mariadb", is_replica=is_replica)
    assert found == ({"log_slave_updates": "error"} if is_error else {})


@pytest.mark.parametrize(
    ("variables", "is_short"),
    [
        ({"binlog_expire_logs_seconds": "3600"}, True),
        ({"binlog_expire_logs_seconds": "2592000"}, False),
        ({"binlog_expire_logs_seconds": "0", "expire_logs_days": "1.000000"}, True),
        ({"expire_logs_days": "7"}, False),
        ({"expire_logs_days": "0"}, False),
    ],
)
def test_short_retention_is_a_warning(variables: dict[str, str], is_short: bool) -> None:
    assert bool(judged(variables)) is is_short


GRANTS = [
    "GRANT USAGE ON *.* TO `a`@`%`",
    "GRANT SELECT, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*'",
    "GRANT SELECT (`x`), INSERT ON `shop`.`t` TO `a`@`%`",
    "GRANT `role`@`%` TO `a`@`%`",
]


def test_grants_are_read_from_their_statements() -> None:
    grants = Grants.parse(GRANTS)
    assert grants.has_global("REPLICATION SLAVE")
    assert grants.has_global("BINLOG MONITOR", "REPLICATION CLIENT")
    assert not grants.has_global("SUPER")
    assert grants.can_select("anything")


def test_a_grant_on_columns_is_no_grant_on_the_table() -> None:
    grants = Grants.parse(GRANTS[2:])
    assert not grants.can_select("shop", "t")


def test_all_privileges_include_everything() -> None:
    grants = Grants.parse(["GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION"])
    assert grants.has_global("REPLICATION SLAVE")
    assert grants.can_select("shop")


@pytest.mark.parametrize(
    ("pattern", "schema", "fits"),
    [
        ("`shop`.*", "shop", True),
        ("`shop`.*", "shop2", False),
        ("`shop\\_a`.*", "shop_a", True),
        ("`shop\\_a`.*", "shopxa", False),
        ("`shop_a`.*", "shopxa", True),
        ("`sh%`.*", "shop", True),
        ("*.*", "shop", True),
    ],
)
def test_schema_patterns_of_grants(pattern: str, schema: str, fits: bool) -> None:
    grants = Grants.parse([f"GRANT SELECT ON {pattern} TO `a`@`%`"])
    assert grants.can_select(schema) is fits
