"""Settings that decide what is sent: a change is told until the records were looked at again."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from cdc.records import Model
from cli.mapping_history import changes, replay_command
from cli.starting import warn_of_changes
from tests.unit.cli.place import SECRETS, Place


@pytest.fixture
def place(place: Place) -> Place:
    """Give a place with one workspace that has read a record of every model."""
    write(place)
    place.publish({model: ["1"] for model in Model})
    place.settings.state_dir.mkdir(exist_ok=True)
    move(place, "latest")
    return place


def write(place: Place, mapping: dict[str, Any] | None = None, **scope: Any) -> None:
    """Write settings of one workspace."""
    workspace = {"name": "alpha", "api_key": SECRETS["alpha"], **scope}
    place.write(mapping=mapping or {}, workspaces=[workspace])


def move(place: Place, target: str, *words: str) -> None:
    """Move the offsets of the workspace."""
    result = place.call("offsets", "seek", "--to", target, "--yes", *words)
    assert result.exit_code == 0, result.output


def start(place: Place, caplog: pytest.LogCaptureFixture) -> dict[str, list[str]]:
    """What a start says has changed."""
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        warn_of_changes(place.settings, place.settings.workspaces)
    told = [vars(record) for record in caplog.records if record.message == "mapping.changed"]
    if not told:
        return {}
    (record,) = told
    assert record["workspace"] == "alpha"
    assert replay_command("alpha", record["changed"]) in record["fix"]
    changed: dict[str, list[str]] = record["changed"]
    return changed


def test_settings_that_stay_are_not_spoken_of(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    assert start(place, caplog) == {}
    assert start(place, caplog) == {}


def test_a_changed_mapping_is_told_at_each_start_until_the_offsets_go_back(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    start(place, caplog)
    write(place, {"product": {"price": "final_price"}})
    told = {"product": ["mapping.product.price"]}
    assert start(place, caplog) == told
    assert start(place, caplog) == told
    assert place.call("offsets", "reset", "-m", "product", "--yes").exit_code == 0
    assert start(place, caplog) == {}
    move(place, "latest")
    assert start(place, caplog) == {}


def test_a_reset_of_another_model_does_not_silence_it(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    start(place, caplog)
    write(place, websites=[1])
    move(place, "earliest", "-m", "order")
    assert start(place, caplog) == {
        "customer": ["websites"],
        "product": ["websites"],
        "subscriber": ["websites"],
    }


def test_a_reset_of_one_partition_is_not_enough(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.publish({Model.PRODUCT: [str(number) for number in range(20)]})
    move(place, "latest")
    start(place, caplog)
    write(place, {"product": {"price": "final_price"}})
    move(place, "earliest", "-m", "product", "-p", "0")
    assert start(place, caplog) == {"product": ["mapping.product.price"]}


def test_a_model_that_was_off_for_a_while_is_told_when_it_is_on_again(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    start(place, caplog)
    write(place, {"models": {"order": False}})
    assert start(place, caplog) == {}, "there is nothing to send while it is off"
    write(place)
    assert start(place, caplog) == {"order": ["mapping.models.order"]}


def test_a_website_that_was_dropped_for_a_while_is_told_when_it_is_back(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    write(place, websites=[1, 2])
    start(place, caplog)
    write(place, websites=[1])
    start(place, caplog)
    write(place, websites=[2, 1])
    assert set(start(place, caplog)) == {model.value for model in Model}


def test_a_workspace_that_has_read_nothing_yet_may_change(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    move(place, "earliest")
    start(place, caplog)
    write(place, {"product": {"price": "final_price"}}, websites=[1])
    assert start(place, caplog) == {}


def test_a_topic_log_that_is_away_hides_no_change(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    start(place, caplog)
    kafka = {"backend": "kafka", "kafka": {"bootstrap_servers": ["127.0.0.1:9"]}}
    workspace = {"name": "alpha", "api_key": SECRETS["alpha"], "stores": [1]}
    place.write(log=kafka, workspaces=[workspace])
    assert set(start(place, caplog)) == {model.value for model in Model}


@pytest.mark.parametrize("content", ["", "[]", '{"product": 1}', '{"product": [1]}', "{"])
def test_a_damaged_file_costs_the_warning_alone(
    place: Place, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    start(place, caplog)
    write(place, websites=[1])
    path = place.settings.state_dir / "mapping-alpha.json"
    path.write_text(content)
    assert start(place, caplog) == {}
    assert set(json.loads(path.read_text())) == {model.value for model in Model}


def test_a_setting_that_older_versions_did_not_have_is_no_change(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    start(place, caplog)
    path = place.settings.state_dir / "mapping-alpha.json"
    past = json.loads(path.read_text())
    del past["product"][0]["mapping.product.price"]
    path.write_text(json.dumps(past))
    assert start(place, caplog) == {}


def test_check_tells_it_with_the_command_and_notes_nothing(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    start(place, caplog)
    write(place, {"product": {"price": "final_price"}})
    before = (place.settings.state_dir / "mapping-alpha.json").read_bytes()
    lines = json.loads(place.call("check", "--json").stdout)
    (line,) = [line for line in lines if line["name"] == "mapping changed"]
    assert line["severity"] == "warning"
    assert "mapping.product.price" in line["what"]
    assert "magento-cdc offsets reset -c config.yaml -w alpha -m product" in line["fix"]
    assert (place.settings.state_dir / "mapping-alpha.json").read_bytes() == before


def test_all_models_need_no_list_of_models_in_the_command() -> None:
    models = [model.value for model in Model]
    assert replay_command("main", models) == "magento-cdc offsets reset -c config.yaml -w main"


def test_what_is_not_noted_leaves_no_file(place: Place) -> None:
    settings = place.settings
    changes(settings, settings.workspaces[0], [], is_noted=False)
    assert not list(settings.state_dir.glob("mapping-*"))
