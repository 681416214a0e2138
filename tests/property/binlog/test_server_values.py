"""Generated rows of many types: what the stream gives is what SELECT gives."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.binlog.following import Following
from tests.servers.database import Schema
from tests.servers.mariadb import MariaDB
from tests.servers.mysql import MySQL

_numbers = itertools.count(1)
ROW_COUNT = 6


def integers(bits: int, *, is_unsigned: bool) -> st.SearchStrategy[int]:
    if is_unsigned:
        return st.integers(0, 2**bits - 1)
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


@st.composite
def decimal_columns(draw: st.DrawFn) -> tuple[str, st.SearchStrategy[Any], str]:
    precision = draw(st.integers(1, 65))
    scale = draw(st.integers(0, min(30, precision)))
    top = 10**precision - 1
    values = st.integers(-top, top).map(lambda n: scaled(n, scale))
    return f"DECIMAL({precision},{scale})", values, "CAST({} AS CHAR)"


def scaled(number: int, scale: int) -> str:
    """A number of 10^-scale as text."""
    digits = f"{abs(number):0{scale + 1}d}"
    text = digits[: len(digits) - scale] + ("." + digits[-scale:] if scale else "")
    return ("-" if number < 0 else "") + text


@st.composite
def integer_columns(draw: st.DrawFn) -> tuple[str, st.SearchStrategy[Any], str]:
    kinds = {"TINYINT": 8, "SMALLINT": 16, "MEDIUMINT": 24, "INT": 32, "BIGINT": 64}
    kind = draw(st.sampled_from(sorted(kinds)))
    is_unsigned = draw(st.booleans())
    name = f"{kind} UNSIGNED" if is_unsigned else kind
    return name, integers(kinds[kind], is_unsigned=is_unsigned), "{}"


@st.composite
def temporal_columns(draw: st.DrawFn) -> tuple[str, st.SearchStrategy[Any], str]:
    fsp = draw(st.integers(0, 6))
    kind = draw(st.sampled_from(["DATE", "DATETIME", "TIMESTAMP", "TIME"]))
    if kind == "DATE":
        return "DATE", st.dates().map(str), "CAST({} AS CHAR)"
    if kind == "TIME":
        limit = 839 * 3600 * 10**fsp - 10**fsp
        clocks = st.integers(-limit, limit).map(lambda n: clock(n, fsp))
        return f"TIME({fsp})", clocks, "CAST({} AS CHAR)"
    low = datetime(1970, 1, 2) if kind == "TIMESTAMP" else datetime(1000, 1, 1)
    high = datetime(2038, 1, 1) if kind == "TIMESTAMP" else datetime(9999, 12, 31)
    moments = st.datetimes(low, high).map(
        lambda at: at.isoformat(" ", "microseconds")[: 19 + (fsp and fsp + 1)]
    )
    return f"{kind}({fsp}) NULL", moments, "CAST({} AS CHAR)"


def clock(number: int, fsp: int) -> str:
    """A TIME of 10^-fsp seconds as text."""
    whole, fraction = divmod(abs(number), 10**fsp)
    hours, rest = divmod(whole, 3600)
    text = f"{'-' if number < 0 else ''}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    return text + (f".{fraction:0{fsp}d}" if fsp else "")


def texts(alphabet: str, length: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, max_size=length)


LATIN1 = "abc é€ÿ~'\\\"\n"
WIDE = "abcż中🐢'\\\"\n\0"


@st.composite
def text_columns(draw: st.DrawFn) -> tuple[str, st.SearchStrategy[Any], str]:
    charset, alphabet = draw(
        st.sampled_from([("latin1", LATIN1), ("utf8mb4", WIDE), ("utf16", WIDE)])
    )
    length = draw(st.sampled_from([1, 63, 64, 127, 128, 255, 256, 400]))
    kind = draw(st.sampled_from([f"VARCHAR({length})", "TEXT", "LONGTEXT"]))
    return f"{kind} CHARACTER SET {charset}", texts(alphabet, length), "{}"


@st.composite
def other_columns(draw: st.DrawFn) -> tuple[str, st.SearchStrategy[Any], str]:
    size = draw(st.integers(1, 64))
    return draw(
        st.sampled_from(
            [
                (f"BIT({size})", st.integers(0, 2**size - 1), "CAST({} AS UNSIGNED)"),
                (f"BINARY({size})", st.binary(max_size=size), "{}"),
                (f"VARBINARY({size})", st.binary(max_size=size), "{}"),
                ("BLOB", st.binary(max_size=300), "{}"),
                ("YEAR", st.integers(1901, 2155), "{}"),
                ("DOUBLE", st.floats(-1e300, 1e300), "{}"),
                ("ENUM('a','żółw','it''s')", st.sampled_from(["a", "żółw", "it's"]), "{}"),
                ("SET('a','b','c')", st.sampled_from(["", "a", "a,c", "b", "a,b,c"]), "{}"),
            ]
        )
    )


any_column = st.one_of(
    integer_columns(), decimal_columns(), temporal_columns(), text_columns(), other_columns()
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[list[Any]], list[int]]:
    """Columns (definition, SELECT expression), rows, and the places of needed columns."""
    columns = draw(st.lists(any_column, min_size=1, max_size=20))
    required = [draw(st.booleans()) for _ in columns]
    rows = [
        [
            draw(values if is_required else st.none() | values)
            for (_, values, _), is_required in zip(columns, required, strict=True)
        ]
        for _ in range(ROW_COUNT)
    ]
    needed = draw(st.lists(st.integers(0, len(columns) - 1), min_size=1, unique=True))
    shapes = [
        (definition.replace(" NULL", "") + (" NOT NULL" if is_required else " NULL"), expression)
        for (definition, _, expression), is_required in zip(columns, required, strict=True)
    ]
    return shapes, rows, needed


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("mariadb_server", marks=pytest.mark.mariadb, id="mariadb"),
        pytest.param("mysql_server", marks=pytest.mark.mysql, id="mysql"),
    ],
)
def shared(request: pytest.FixtureRequest) -> Iterator[Schema]:
    """Give a schema that all examples share."""
    server: MariaDB | MySQL = request.getfixturevalue(request.param)
    server.execute("CREATE DATABASE generated_values")
    yield Schema(server, "generated_values")
    server.execute("DROP DATABASE generated_values")


@settings(
    max_examples=40,
    deadline=timedelta(seconds=20),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(tables())
def test_the_stream_gives_what_select_gives(
    shared: Schema, drawn: tuple[list[tuple[str, str]], list[list[Any]], list[int]]
) -> None:
    shapes, rows, needed = drawn
    table = f"t{next(_numbers)}"
    columns = ", ".join(f"c{place} {kind}" for place, (kind, _) in enumerate(shapes))
    shared.execute(f"CREATE TABLE {table} (n INT PRIMARY KEY, {columns})")
    names = tuple(f"c{place}" for place in needed)
    with Following(shared, {table: names}) as following, shared.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SET SESSION sql_mode = '', time_zone = '+00:00'")
        marks = ", ".join(["%s"] * (len(shapes) + 1))
        for number, row in enumerate(rows):
            cursor.execute(f"INSERT INTO {table} VALUES ({marks})", (number, *row))
        cursor.execute(f"UPDATE {table} SET n = n + 1000")
        chosen = ", ".join(shapes[place][1].format(f"c{place}") for place in needed)
        cursor.execute(f"SELECT {chosen} FROM {table} ORDER BY n")
        selected = list(cursor.fetchall())
        following.catch_up()
        cursor.execute(f"DROP TABLE {table}")

    assert following.unreadable() == []
    found = following.rows(table)
    assert [after for kind, _, after in found if kind == "insert"] == selected
    # Both images of the update hold the same values, whatever order rows were changed in.
    updates = [(before, after) for kind, before, after in found if kind == "update"]
    assert sorted(map(repr, selected)) == sorted(repr(before) for before, _ in updates)
    assert all(before == after for before, after in updates)
