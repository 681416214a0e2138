"""Listing offsets and moving them."""

from __future__ import annotations

import json

import pytest

from cdc.records import Model
from tests.unit.cli.place import Place

KEYS = [f"sku-{number}" for number in range(10)]


@pytest.fixture
def filled(place: Place) -> Place:
    """Give a place with ten products and three customers in its topics."""
    place.publish({Model.PRODUCT: KEYS, Model.CUSTOMER: ["1", "2", "3"]})
    return place


def committed(place: Place, workspace: str, model: Model = Model.PRODUCT) -> list[int | None]:
    """Committed offsets of a model's partitions."""
    lines = place.answer("offsets", "show", "-w", workspace, "-m", model.value)
    return [line["committed"] for line in lines]


def ends(place: Place) -> list[int]:
    """End offsets of the product topic."""
    return [line["end"] for line in place.answer("offsets", "show", "-w", "alpha", "-m", "product")]


def test_list_has_what_waits_for_each_workspace_and_model(filled: Place) -> None:
    lines = filled.answer("offsets", "list")
    assert [(line["workspace"], line["model"]) for line in lines] == [
        (workspace, model.value) for workspace in ("alpha", "beta") for model in Model
    ]
    waiting = {line["model"]: line["waiting"] for line in lines if line["workspace"] == "beta"}
    assert waiting == {"customer": 3, "product": 10, "order": 0, "subscriber": 0}
    assert all(line["partitions"] == 2 and not line["is_live"] for line in lines)


def test_list_tells_whether_a_delivery_runs(filled: Place) -> None:
    with filled.delivering("alpha"):
        lines = filled.answer("offsets", "list", "-m", "product")
        text = filled.call("offsets", "list", "-m", "product").stdout
    assert {line["workspace"]: line["is_live"] for line in lines} == {"alpha": True, "beta": False}
    assert [line.split()[-1] for line in text.splitlines() if "product" in line] == [
        "running",
        "stopped",
    ]


def test_workspace_and_model_given_twice_count_once(filled: Place) -> None:
    words = ["-w", "alpha", "-w", "alpha", "-m", "product", "-m", "product"]
    assert [line["waiting"] for line in filled.answer("offsets", "list", *words)] == [10]


def test_show_has_every_partition(filled: Place) -> None:
    with filled.delivering("alpha") as consumer:
        consumer.commit(dict.fromkeys(consumer.positions(), 1))
    lines = filled.answer("offsets", "show", "-w", "alpha", "-m", "product")
    assert [line["partition"] for line in lines] == [0, 1]
    for line in lines:
        assert line["begin"] == 0
        assert line["committed"] == 1
        assert line["waiting"] == line["end"] - 1
        assert line["topic"] == "shop.product"
    assert sum(ends(filled)) == len(KEYS)


def test_show_writes_a_dash_where_nothing_was_read(filled: Place) -> None:
    text = filled.call("offsets", "show", "-w", "beta", "-m", "product").stdout
    rows = [line.split() for line in text.splitlines() if line.strip().startswith("beta")]
    assert [row[4] for row in rows] == ["-", "-"]


def test_seek_moves_to_an_offset_and_clamps_it_to_the_ends(filled: Place) -> None:
    result = filled.call("offsets", "seek", "-w", "alpha", "-m", "product", "--to", "1", "--yes")
    assert result.exit_code == 0
    assert "Moved." in result.stdout
    assert committed(filled, "alpha") == [1, 1]
    filled.call("offsets", "seek", "-w", "alpha", "-m", "product", "--to", "999999", "--yes")
    assert committed(filled, "alpha") == ends(filled)
    assert committed(filled, "beta") == [None, None]


def test_seek_of_one_partition_leaves_the_others(filled: Place) -> None:
    words = ["-w", "alpha", "-m", "product", "-p", "1", "--to", "latest", "--yes"]
    assert filled.call("offsets", "seek", *words).exit_code == 0
    assert committed(filled, "alpha") == [None, ends(filled)[1]]


def test_reset_goes_back_to_the_first_record_of_every_model(filled: Place) -> None:
    filled.call("offsets", "seek", "--to", "latest", "--yes")
    assert committed(filled, "beta") == ends(filled)
    assert filled.call("offsets", "reset", "-w", "beta", "--yes").exit_code == 0
    assert committed(filled, "beta") == [0, 0]
    assert committed(filled, "beta", Model.CUSTOMER) == [0, 0]
    assert committed(filled, "alpha") == ends(filled)


@pytest.mark.parametrize(
    ("time", "is_end"),
    [
        ("2001-01-01", False),
        ("2001-01-01T10:00:00", False),
        ("2001-01-01T10:00:00Z", False),
        ("2001-01-01T10:00:00+02:00", False),
        ("1969-12-31T23:59:59.999Z", False),  # minus one millisecond would mean "latest" to Kafka
        ("2099-01-01T00:00:00-05:00", True),
    ],
)
def test_seek_takes_times_with_and_without_an_offset(
    filled: Place, time: str, is_end: bool
) -> None:
    result = filled.call("offsets", "seek", "-w", "alpha", "-m", "product", "--to", time, "--yes")
    assert result.exit_code == 0
    assert committed(filled, "alpha") == (ends(filled) if is_end else [0, 0])


@pytest.mark.parametrize("target", ["yesterday", "-5", "1.5", "²", "2026-13-01", ""])
def test_seek_refuses_what_is_no_place(filled: Place, target: str) -> None:
    result = filled.call("offsets", "seek", "-m", "product", f"--to={target}", "--yes")
    assert result.exit_code == 2
    assert "--to" in result.stderr
    assert committed(filled, "alpha") == [None, None]


def test_unknown_partition_is_refused(filled: Place) -> None:
    result = filled.call("offsets", "seek", "-p", "7", "--to", "latest", "--yes")
    assert result.exit_code == 2
    assert "--partition" in result.stderr


@pytest.mark.parametrize("command", [["list"], ["show"], ["seek", "--to", "latest"], ["reset"]])
def test_unknown_workspace_is_refused_with_the_known_ones(
    filled: Place, command: list[str]
) -> None:
    result = filled.call("offsets", *command, "-w", "gamma")
    assert result.exit_code == 2
    assert "no workspace gamma (known: alpha, beta)" in result.stderr


def test_moving_is_refused_while_the_delivery_runs(filled: Place) -> None:
    with filled.delivering("alpha"):
        result = filled.call("offsets", "reset", "--yes")
        assert result.exit_code == 3
        assert "delivery to alpha runs; stop it first" in result.stderr
        assert committed(filled, "beta") == [None, None], "nothing was moved at all"
        assert filled.call("offsets", "reset", "-w", "beta", "--yes").exit_code == 0
    assert filled.call("offsets", "reset", "--yes").exit_code == 0


def test_the_question_is_asked_and_no_means_no(filled: Place) -> None:
    result = filled.call("offsets", "reset", "-m", "product", answer="n\n")
    assert result.exit_code == 1
    assert "Move 4 offset(s)?" in result.stderr
    assert "Nothing was changed." in result.stderr
    assert committed(filled, "alpha") == [None, None]


def test_yes_on_the_terminal_moves(filled: Place) -> None:
    result = filled.call("offsets", "reset", "-m", "product", answer="y\n")
    assert result.exit_code == 0
    assert committed(filled, "alpha") == [0, 0]


def test_without_anybody_to_ask_it_points_to_yes(filled: Place) -> None:
    result = filled.call("offsets", "reset")
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert committed(filled, "alpha") == [None, None]


def test_json_of_a_move_is_one_document(filled: Place) -> None:
    result = filled.call("offsets", "reset", "-w", "alpha", "-m", "order", "--yes", "--json")
    lines = json.loads(result.stdout)
    assert [line["new"] for line in lines] == [0, 0]
    assert [line["model"] for line in lines] == ["order", "order"]


def test_without_topics_there_is_nothing_to_list_and_nothing_is_made(place: Place) -> None:
    for command in ("list", "show"):
        result = place.call("offsets", command, "--json")
        assert result.exit_code == 0
        assert json.loads(result.stdout) == []
        assert "do not exist yet" in result.stderr
    result = place.call("offsets", "reset", "--yes")
    assert result.exit_code == 2
    assert "does not exist; start capture first" in result.stderr
    assert not place.settings.state_dir.exists()


def test_without_workspaces_it_says_so(place: Place) -> None:
    place.publish({})
    place.write(workspaces=[])
    result = place.call("offsets", "list")
    assert result.exit_code == 0
    assert "No workspace is configured." in result.stderr
