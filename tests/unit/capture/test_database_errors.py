"""Errors of the database driver become ours, with a text that says what to do."""

from __future__ import annotations

import pymysql
import pytest

from cdc.database import classified
from cdc.errors import SourceDenied, SourceError, SourceMisconfigured, SourceUnavailable


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (1044, "GRANT SELECT"),
        (1045, "wrong database.password"),
        (1049, "no schema database.name"),
        (1142, "GRANT SELECT"),
        (1227, "magento-cdc check"),
        (3118, "locked"),
    ],
)
def test_refused_access_says_what_is_missing(code: int, text: str) -> None:
    error = classified(pymysql.err.OperationalError(code, "of the server"), "connecting")
    assert type(error) is SourceDenied
    assert str(error).startswith("connecting: ")
    assert text in str(error)
    assert f"(error {code}" in str(error)


@pytest.mark.parametrize("code", [2003, 2006, 2013, 1053, 1412])
def test_lost_connections_and_changed_tables_are_worth_another_try(code: int) -> None:
    error = classified(pymysql.err.OperationalError(code, "of the server"), "reading")
    assert type(error) is SourceUnavailable


def test_texts_of_the_server_stay_out() -> None:
    error = classified(pymysql.err.ProgrammingError(1064, "near 'ann@example.com'"), "reading")
    assert type(error) is SourceError
    assert str(error) == "reading: the server answered error 1064"


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (1054, "Unknown column 'firstname' in 'SELECT'", SourceMisconfigured),
        (1146, "Table 'shop.mg_store' doesn't exist", SourceMisconfigured),
        (1142, "SELECT command denied to user 'u'@'h' for table `shop`.`store`", SourceDenied),
        (1143, "SELECT command denied to user 'u'@'h' for column 'a' in table 'b'", SourceDenied),
    ],
)
def test_missing_and_denied_tables_and_columns_are_named(
    code: int, text: str, kind: type[SourceError]
) -> None:
    error = classified(pymysql.err.ProgrammingError(code, text), "reading")
    assert type(error) is kind
    assert error.exit_code == 2
    assert f"(error {code}: {text})" in str(error)


def test_missing_column_comes_with_the_tables_that_were_read() -> None:
    error = classified(
        pymysql.err.OperationalError(1054, "Unknown column 'a.n' in 'SELECT'"),
        "reading",
        "SELECT a.n FROM `mg_one` a\nJOIN `mg_two` b USING (id) WHERE id IN %s",
    )
    assert "reading mg_one, mg_two)" in str(error)
