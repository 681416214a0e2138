"""Values of every column type, on real servers: what the stream gives equals what SELECT gives."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.binlog.following import Following
from tests.servers.database import Schema


def delivered(schema: Schema, definition: str, *values: str) -> list[Any]:
    """Insert SQL literals into a column `v` of this definition; return what the stream gives."""
    schema.execute(f"CREATE TABLE t (a INT, v {definition}, z INT NOT NULL)")
    with Following(schema, {"t": ("v", "z")}) as following, schema.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SET SESSION sql_mode = '', time_zone = '+00:00'")
        for number, value in enumerate(values):
            cursor.execute(f"INSERT INTO t VALUES (NULL, {value}, {number})")
        following.catch_up()
    rows = [after for _, _, after in following.rows("t")]
    assert [row[1] for row in rows] == list(range(len(values))), following.unreadable()
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("kind", "bits"),
    [("TINYINT", 8), ("SMALLINT", 16), ("MEDIUMINT", 24), ("INT", 32), ("BIGINT", 64)],
)
def test_integers_keep_their_sign_and_range(schema: Schema, kind: str, bits: int) -> None:
    low, high, top = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 2**bits - 1
    schema.execute("CREATE TABLE u (v INT)")
    assert delivered(schema, kind, str(low), "-1", "0", str(high)) == [low, -1, 0, high]
    schema.execute("DROP TABLE t")
    assert delivered(schema, f"{kind} UNSIGNED", "0", str(high + 1), str(top)) == [
        0,
        high + 1,
        top,
    ]


@pytest.mark.parametrize(
    ("definition", "literals"),
    [
        ("DECIMAL(20,4)", ["36.3900", "-36.3900", "0.0000", "-0.0001", "9999999999999999.9999"]),
        ("DECIMAL(12,4)", ["1.0000", "-99999999.9999"]),
        ("DECIMAL(20,6)", ["12.500000", "-0.000001"]),
        ("DECIMAL(10,0)", ["0", "-7", "9999999999"]),
        ("DECIMAL(5,5)", ["0.12345", "-0.00001"]),
        ("DECIMAL(1,0)", ["9", "-9"]),
        (
            "DECIMAL(65,30)",
            ["0." + "0" * 30, "1." + "0" * 29 + "1", "-" + "9" * 35 + "." + "9" * 30],
        ),
        ("DECIMAL(18,9)", ["123456789.987654321", "-100000000.000000001"]),
        ("DECIMAL(19,10) UNSIGNED", ["0.0000000001", "999999999.9999999999"]),
    ],
)
def test_decimals_are_exact_text_with_their_scale(
    schema: Schema, definition: str, literals: list[str]
) -> None:
    assert delivered(schema, definition, *literals) == literals


def test_dates_and_times_are_text_with_their_precision(schema: Schema) -> None:
    cases = {
        "DATE": ["2024-02-29", "0001-01-01", "9999-12-31"],
        "DATETIME": ["2024-01-31 23:59:59", "1000-01-01 00:00:00"],
        "DATETIME(3)": ["2024-01-31 23:59:59.007"],
        "DATETIME(6)": ["2024-01-31 23:59:59.000001"],
        "TIMESTAMP NULL": ["2024-01-31 23:59:59", "1970-01-01 00:00:01"],
        "TIMESTAMP(1) NULL": ["2024-01-31 23:59:59.5"],
        "TIMESTAMP(6) NULL": ["2024-01-31 23:59:59.123456"],
        "TIME": ["00:00:00", "-00:00:01", "838:59:59", "-838:59:59", "12:34:56"],
        "TIME(1)": ["-00:00:01.1", "-00:00:00.9", "01:02:03.4"],
        "TIME(3)": ["-12:00:00.001", "-00:00:59.999"],
        "TIME(6)": ["-00:00:01.100000", "100:00:00.000001"],
    }
    for definition, texts in cases.items():
        assert delivered(schema, definition, *(f"'{text}'" for text in texts)) == texts
        schema.execute("DROP TABLE t")


def test_zero_dates_are_none(schema: Schema) -> None:
    for definition in ("DATE", "DATETIME", "DATETIME(3)", "TIMESTAMP NULL", "TIMESTAMP(2) NULL"):
        assert delivered(schema, definition, "'0000-00-00'", "NULL") == [None, None]
        schema.execute("DROP TABLE t")
    assert delivered(schema, "DATE", "'2024-00-10'", "'2024-05-00'") == [None, None]
    schema.execute("DROP TABLE t")
    assert delivered(schema, "YEAR", "0", "2024", "1901", "2155") == [None, 2024, 1901, 2155]


def test_floats_show_what_a_person_wrote(schema: Schema) -> None:
    assert delivered(schema, "FLOAT", "1.1", "-0.3", "16777216", "3.4e38", "0") == [
        1.1, -0.3, 16777216.0, 3.4e38, 0.0,
    ]  # fmt: skip
    schema.execute("DROP TABLE t")
    assert delivered(schema, "DOUBLE", "1.1", "-1e300", "0.1") == [1.1, -1e300, 0.1]


def test_bits_are_numbers(schema: Schema) -> None:
    assert delivered(schema, "BIT(1)", "b'1'", "b'0'") == [1, 0]
    schema.execute("DROP TABLE t")
    assert delivered(schema, "BIT(13)", "b'1000000000001'") == [4097]
    schema.execute("DROP TABLE t")
    assert delivered(schema, "BIT(64)", "b'" + "1" * 64 + "'") == [2**64 - 1]


CHARSETS = {
    "utf8mb4": "żółw 🐢",
    "utf8mb3": "żółw €",
    "latin1": "café €",
    "latin2": "żółw",
    "cp1250": "żółw",
    "cp1251": "привет",
    "koi8r": "привет",
    "ascii": "plain",
    "ucs2": "żółw",
    "utf16": "żółw 🐢",
    "utf16le": "żółw 🐢",
    "utf32": "żółw 🐢",
    "greek": "γάτα",
    "big5": "中文",
    "gbk": "中文",
    "sjis": "日本",
    "ujis": "日本",
    "euckr": "한국",
}


@pytest.mark.parametrize("charset", CHARSETS)
def test_text_is_read_with_the_charset_of_its_column(schema: Schema, charset: str) -> None:
    text = CHARSETS[charset]
    schema.execute(
        f"CREATE TABLE t (id INT, a CHAR(20) CHARACTER SET {charset}, "
        f"b VARCHAR(300) CHARACTER SET {charset}, c TEXT CHARACTER SET {charset}, "
        "d VARCHAR(10) CHARACTER SET utf8mb4, e VARBINARY(10), "
        f"f ENUM('{text}', 'x') CHARACTER SET {charset})"
    )
    with Following(schema, {"t": tuple("abcdef")}) as following:
        schema.execute("INSERT INTO t VALUES (1, %s, %s, %s, 'ż', x'00ff', %s)", (text,) * 4)
        schema.execute("INSERT INTO t VALUES (2, '', '', '', '', '', NULL)")
        following.catch_up()
    assert [after for _, _, after in following.rows("t")] == [
        (text, text, text, "ż", b"\x00\xff", text),
        ("", "", "", "", b"", None),
    ]


def test_latin1_knows_the_five_codes_that_cp1252_leaves_open(schema: Schema) -> None:
    found = delivered(schema, "VARCHAR(9) CHARACTER SET latin1", "x'818D8F909D'", "x'80'")
    assert found == ["\x81\x8d\x8f\x90\x9d", "€"]


def test_long_and_short_text_columns_of_each_length_prefix(schema: Schema) -> None:
    for definition in ("VARCHAR(63)", "VARCHAR(64)", "VARCHAR(255)", "VARCHAR(256)", "CHAR(255)",
                       "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT"):  # fmt: skip
        assert delivered(schema, definition, "'ż'", "REPEAT('y', 63)", "''", "NULL") == [
            "ż", "y" * 63, "", None,
        ]  # fmt: skip
        schema.execute("DROP TABLE t")


def test_binary_values_are_bytes_of_their_declared_length(schema: Schema) -> None:
    assert delivered(schema, "BINARY(4)", "x'0100'", "x''", "x'FFFFFFFF'") == [
        b"\x01\0\0\0", b"\0\0\0\0", b"\xff\xff\xff\xff",
    ]  # fmt: skip
    schema.execute("DROP TABLE t")
    assert delivered(schema, "BLOB", "x'0100'", "''") == [b"\x01\0", b""]


def test_enums_and_sets_give_labels(schema: Schema) -> None:
    assert delivered(schema, "ENUM('a','it''s','')", "'a'", "'it''s'", "NULL", "'bad'") == [
        "a", "it's", None, "",
    ]  # fmt: skip
    schema.execute("DROP TABLE t")
    assert delivered(schema, "SET('a','b','c')", "'c,a'", "''", "NULL") == ["a,c", "", None]
    schema.execute("DROP TABLE t")
    many = [f"l{number}" for number in range(300)]
    enum = "ENUM(" + ",".join(f"'{label}'" for label in many) + ")"
    assert delivered(schema, enum, "'l0'", "'l255'", "'l299'") == ["l0", "l255", "l299"]


def test_unneeded_columns_of_every_type_are_jumped_over(schema: Schema) -> None:
    """Values of all types around the needed ones, present and NULL, in many combinations."""
    kinds = [
        "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "DECIMAL(20,4)", "DECIMAL(5,0)",
        "FLOAT", "DOUBLE", "BIT(9)", "DATE", "DATETIME", "DATETIME(5)", "TIMESTAMP(2) NULL", "TIME",
        "TIME(6)", "YEAR", "CHAR(3)", "CHAR(255)", "VARCHAR(5)", "VARCHAR(500)", "BINARY(3)",
        "VARBINARY(500)", "TINYTEXT", "TEXT", "MEDIUMBLOB", "LONGTEXT", "ENUM('a','b')",
        "SET('a','b')", "JSON", "POINT",
    ]  # fmt: skip
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(kinds))
    schema.execute(
        f"CREATE TABLE t ({columns}, k INT NOT NULL, "
        "gen INT GENERATED ALWAYS AS (k + 1) VIRTUAL, kept INT GENERATED ALWAYS AS (k + 2) STORED)"
    )
    value = ["1"] * 10 + ["'2024-01-01'"] * 4 + ["'10:00:00'"] * 2 + ["2024"] + ["'ab'"] * 10
    value += ["'a'", "'b'", '\'{"a": [1, "x"]}\'', "ST_GeomFromText('POINT(1 2)')"]
    names = ", ".join(f"c{number}" for number in range(len(kinds)))
    with Following(schema, {"t": ("k", "c18", "c5")}) as following:
        expected = []
        for number in range(len(kinds) + 2):
            chosen = [
                text if (place + number) % 3 and place != number else "NULL"
                for place, text in enumerate(value)
            ]
            schema.execute(
                f"INSERT INTO t ({names}, k) VALUES ({', '.join(chosen)}, {number})".replace(
                    "%", "%%"
                )
            )
            expected.append(number)
        selected = schema.execute("SELECT k, c18, CAST(c5 AS CHAR) FROM t ORDER BY k")
        following.catch_up()
    assert following.unreadable() == []
    assert [after for _, _, after in following.rows("t")] == selected
    assert [row[0] for row in selected] == expected


def test_a_needed_json_column_of_mysql_is_refused_and_an_unneeded_one_is_not(
    mysql_database: Schema,
) -> None:
    mysql_database.execute("CREATE TABLE j (id INT PRIMARY KEY, body JSON)")
    for needed, is_refused in ((("id",), False), (("id", "body"), True)):
        with Following(mysql_database, {"j": needed}) as following:
            mysql_database.execute("""REPLACE INTO j VALUES (1, '{"a": 1}')""")
            following.catch_up()
        assert [found.tables for found in following.unreadable()] == [("j",)] * is_refused
        assert bool(following.rows("j")) is not is_refused
        mysql_database.execute("DELETE FROM j")


def test_types_of_mariadb_alone_are_read_or_jumped_over(database: Schema) -> None:
    database.execute(
        "CREATE TABLE t (a UUID, b INET6, c INET4, d JSON, e GEOMETRY, f VARCHAR(20) COMPRESSED, "
        "g TEXT COMPRESSED, name VARCHAR(20) CHARACTER SET latin1, h INT UNSIGNED INVISIBLE)"
    )
    with Following(database, {"t": ("name", "h", "d")}) as following:
        database.execute(
            "INSERT INTO t (a, b, c, d, e, f, g, name, h) VALUES (UUID(), '::1', '1.2.3.4', "
            "'[1]', ST_GeomFromText('POINT(1 1)'), 'ff', REPEAT('g', 500), 'café', 4294967295)"
        )
        database.execute("INSERT INTO t (name) VALUES (NULL)")
        following.catch_up()
    assert following.unreadable() == []
    assert [after for _, _, after in following.rows("t")] == [
        ("café", 4294967295, "[1]"),
        (None, None, None),
    ]


def test_vector_columns_of_mysql_9_are_jumped_over(mysql_database: Schema) -> None:
    mysql_database.execute("CREATE TABLE t (a VECTOR(3), id INT UNSIGNED, b VARCHAR(9))")
    with Following(mysql_database, {"t": ("id", "b")}) as following:
        mysql_database.execute("INSERT INTO t VALUES (TO_VECTOR('[1,2,3]'), 7, 'x')")
        following.catch_up()
    assert following.unreadable() == []
    assert following.rows("t") == [("insert", (), (7, "x"))]
