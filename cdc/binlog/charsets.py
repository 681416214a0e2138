"""Character sets of MySQL and MariaDB as decoders of bytes.

Sources: MySQL manual "Supported Character Sets and Collations" and "The utf16 Character Set" (big
endian); MySQL manual, "West European Character Sets": latin1 is cp1252, with the five codes that
cp1252 leaves open taken as the C1 controls of the same number.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable

from cdc.binlog.wire import Undecodable

BINARY = "binary"

_CP1252 = {
    code: bytes([code]).decode("cp1252")
    for code in range(256)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_LATIN1_TABLE = "".join(_CP1252.get(code, chr(code)) for code in range(256))

# Name in the server -> codec of Python. What is missing here has none.
_CODECS = {
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
    "utf8": "utf-8",
    "ascii": "ascii",
    "ucs2": "utf-16-be",
    "utf16": "utf-16-be",
    "utf16le": "utf-16-le",
    "utf32": "utf-32-be",
    "latin2": "iso8859-2",
    "latin5": "iso8859-9",
    "latin7": "iso8859-13",
    "greek": "iso8859-7",
    "hebrew": "iso8859-8",
    "cp850": "cp850",
    "cp852": "cp852",
    "cp866": "cp866",
    "cp932": "cp932",
    "cp1250": "cp1250",
    "cp1251": "cp1251",
    "cp1256": "cp1256",
    "cp1257": "cp1257",
    "koi8r": "koi8-r",
    "koi8u": "koi8-u",
    "macroman": "mac-roman",
    "macce": "mac-latin2",
    "big5": "big5",
    "gb2312": "gb2312",
    "gbk": "gbk",
    "gb18030": "gb18030",
    "sjis": "shift_jis",
    "ujis": "euc_jp",
    "euckr": "euc_kr",
    "tis620": "tis_620",
}


def text_decoder(charset: str) -> Callable[[bytes], str]:
    """A function that turns a column's bytes into text; strict, it raises UnicodeDecodeError.

    Raises:
        Undecodable: Python has no codec for the character set.
    """
    if charset == "latin1":
        return _latin1
    name = _CODECS.get(charset)
    if name is None:
        raise Undecodable(f"character set {charset} cannot be decoded")
    decode = codecs.getdecoder(name)
    return lambda data: decode(data, "strict")[0]


def is_utf8(charset: str) -> bool:
    """Whether the bytes are UTF-8, whatever the server calls it."""
    return _CODECS.get(charset) == "utf-8"


def _latin1(data: bytes) -> str:
    return codecs.charmap_decode(data, "strict", _LATIN1_TABLE)[0]
