"""Records that were written once must be readable for as long as they may lie in a topic.

The files are never rewritten. A new format version adds files beside the old ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdc.errors import RecordUndecodable
from cdc.record_format import SHAPES, render
from cdc.records import Model, decode_record, encode_record
from mappers.mapper import Mapper
from tests.golden.cases import scope

FOLDER = Path(__file__).parent
RECORDS = sorted((FOLDER / "records").glob("*.json"))


def stored(name: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads((FOLDER / "records" / name).read_text(encoding="utf-8"))
    return fields


def test_every_model_has_a_live_and_a_deleted_record() -> None:
    records = [decode_record(path.read_bytes()) for path in RECORDS]
    kinds = {(record.model, record.is_delete) for record in records}
    assert kinds == {(model, is_delete) for model in Model for is_delete in (False, True)}


@pytest.mark.parametrize("path", RECORDS, ids=[path.stem for path in RECORDS])
def test_old_record_is_read_and_written_unchanged(path: Path) -> None:
    record = decode_record(path.read_bytes())
    assert json.loads(encode_record(record)) == json.loads(path.read_bytes())


@pytest.mark.parametrize("path", RECORDS, ids=[path.stem for path in RECORDS])
def test_old_record_has_the_documented_shape(path: Path) -> None:
    record = decode_record(path.read_bytes())
    SHAPES[record.model].identity.model_validate(record.identity)
    if record.after is not None:
        SHAPES[record.model].after.model_validate(record.after)


def test_old_live_records_map_to_the_objects_they_always_did() -> None:
    mapper = Mapper(scope())
    targets = {
        path.stem: [
            payload.target for payload in mapper.map(decode_record(path.read_bytes())).payloads
        ]
        for path in RECORDS
    }
    assert targets == {
        "customer-v1": ["profile:customer:17"],
        "customer-deleted-v1": ["event:deleteAccount:17"],
        "subscriber-v1": ["profile:subscriber:customer@example.com"],
        "subscriber-deleted-v1": ["profile:subscriber:customer@example.com"],
        "order-v1": ["transaction:000000012"],
        "order-guest-v1": ["profile:guest:customer@example.com", "transaction:000000012"],
        "order-deleted-v1": [],
        "product-v1": ["item:store-1:MUG-1", "item:store-2:MUG-1"],
        "product-deleted-v1": ["item:store-1:MUG-1", "item:store-2:MUG-1"],
    }


def test_record_of_a_newer_version_is_refused() -> None:
    newer = stored("customer-v1.json") | {"v": 2}
    with pytest.raises(RecordUndecodable, match="format version is not 1"):
        decode_record(json.dumps(newer).encode())


def test_refusal_names_the_field_and_not_its_value() -> None:
    wrong = stored("customer-v1.json") | {"ts_ms": "ann@example.com"}
    with pytest.raises(RecordUndecodable, match="bad fields ts_ms") as caught:
        decode_record(json.dumps(wrong).encode())
    assert "ann@example.com" not in str(caught.value)


def test_page_on_the_record_format_is_up_to_date() -> None:
    page = FOLDER.parents[1] / "docs" / "record-format.md"
    assert page.read_text(encoding="utf-8") == render(), (
        "run: python -m cdc.record_format > docs/record-format.md"
    )
