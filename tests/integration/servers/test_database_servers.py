"""The database servers start as capture needs them, and come back after a kill with their data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest

from tests.servers.availability import require
from tests.servers.certificates import make_certificates
from tests.servers.database import DatabaseServer, Schema
from tests.servers.mariadb import MariaDB
from tests.servers.mysql import MySQL
from tests.servers.process import ServerFailed


@pytest.fixture(params=[MariaDB, MySQL], ids=["mariadb", "mysql"])
def own_server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    """Give a server of this test's own, so that it may be killed."""
    require(request.param)
    with request.param() as server:
        yield server


def test_new_server_logs_whole_rows_with_names(own_server: DatabaseServer) -> None:
    assert own_server.variable("log_bin") == "ON"
    assert own_server.variable("binlog_format") == "ROW"
    assert own_server.variable("binlog_row_image") == "FULL"
    assert own_server.variable("binlog_row_metadata") == "FULL"


def test_committed_row_survives_a_kill_on_the_same_port(own_server: DatabaseServer) -> None:
    own_server.run_script("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY)")
    own_server.execute("INSERT INTO shop.t VALUES (%s)", (7,))
    port, before = own_server.port, own_server.gtid_executed()
    own_server.kill()
    with pytest.raises(pymysql.err.OperationalError):
        own_server.connect()
    own_server.start()
    assert own_server.port == port
    assert own_server.execute("SELECT id FROM shop.t") == [(7,)]
    assert own_server.gtid_executed() == before


def test_restart_begins_a_new_binlog_file(own_server: DatabaseServer) -> None:
    name, _ = own_server.binlog_position()
    own_server.restart()
    assert own_server.binlog_position()[0] > name


def test_user_with_capture_privileges_can_read_but_not_write(own_server: DatabaseServer) -> None:
    own_server.run_script("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY)")
    own_server.create_user("cdc", "secret")
    with own_server.connect(user="cdc", password="secret", database="shop") as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT * FROM t")
        with pytest.raises(pymysql.err.OperationalError, match="INSERT command denied"):
            cursor.execute("INSERT INTO t VALUES (1)")


def test_frozen_server_keeps_the_connection_and_answers_after_thawing(
    own_server: DatabaseServer,
) -> None:
    with own_server.connect(read_timeout=0.3) as impatient, own_server.connect() as patient:
        own_server.freeze()
        with pytest.raises(pymysql.err.OperationalError, match="Lost connection"):
            impatient.cursor().execute("SELECT 1")
        own_server.thaw()
        assert patient.cursor().execute("SELECT 1") == 1


def test_two_servers_have_different_identities(mysql_server: MySQL) -> None:
    with MySQL() as other:
        assert other.variable("server_uuid") != mysql_server.variable("server_uuid")


def test_mysql_without_gtids_logs_anonymous_transactions() -> None:
    require(MySQL)
    with MySQL(has_gtid=False) as server:
        assert server.variable("gtid_mode") == "OFF"
        server.execute("CREATE DATABASE shop")
        assert server.gtid_executed() == ""


def test_options_given_by_a_test_win_over_the_defaults() -> None:
    require(MariaDB)
    with MariaDB({"binlog_row_image": "MINIMAL"}) as server:
        assert server.variable("binlog_row_image") == "MINIMAL"
        server.options["binlog_row_image"] = "NOBLOB"
        server.restart()
        assert server.variable("binlog_row_image") == "NOBLOB"


def test_server_that_cannot_start_shows_its_log() -> None:
    require(MariaDB)
    server = MariaDB({"no-such-option": "1"})
    try:
        with pytest.raises(ServerFailed, match="unknown variable 'no-such-option"):
            server.start()
    finally:
        server.close()


def test_folder_is_gone_after_the_block() -> None:
    require(MariaDB)
    with MariaDB() as server:
        folder = server.folder
        assert folder.is_dir()
    assert not folder.exists()


def test_each_test_gets_an_empty_schema(database: Schema, mysql_database: Schema) -> None:
    for schema in (database, mysql_database):
        schema.execute("CREATE TABLE t (id INT PRIMARY KEY)")
        assert schema.execute("SHOW TABLES") == [("t",)]


@pytest.mark.parametrize("kind", [MariaDB, MySQL], ids=["mariadb", "mysql"])
def test_server_with_certificates_is_trusted_under_its_own_name_only(
    kind: type[DatabaseServer], tmp_path: Path
) -> None:
    require(kind)
    certificates = make_certificates(tmp_path / "good")
    foreign = make_certificates(tmp_path / "foreign")
    with kind(certificates.server_options) as server:
        trusting = {"ca": str(certificates.ca), "check_hostname": True}
        with server.connect(ssl=trusting) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW STATUS LIKE 'Ssl_version'")
            assert cursor.fetchall() == (("Ssl_version", "TLSv1.3"),)
        with pytest.raises(pymysql.err.OperationalError, match="certificate verify failed"):
            server.connect(ssl={"ca": str(foreign.ca), "check_hostname": True})
        other = make_certificates(tmp_path / "other", host="db.example.com")
        server.options |= other.server_options
        server.restart()
        with pytest.raises(pymysql.err.OperationalError, match="certificate is not valid for"):
            server.connect(ssl={"ca": str(other.ca), "check_hostname": True})
