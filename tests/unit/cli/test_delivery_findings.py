"""What `check` says about the share of the shop that a workspace gets."""

from __future__ import annotations

from typing import Any

import pytest

from cli.delivery_findings import delivery_findings, scope_findings
from cli.finding import Line
from config.settings import Settings
from config.workspace import WorkspaceSettings
from tests.unit.cli.place import SECRETS

WEBSITES = {1: "base", 2: "wholesale", 3: "empty"}
VIEWS = {1: (1, "en"), 2: (1, "de"), 3: (2, "b2b")}


def found(**fields: Any) -> list[Line]:
    """What is found about a workspace in a shop with three websites and three store views."""
    workspace = WorkspaceSettings.model_validate(
        {"name": "main", "api_key": SECRETS["alpha"], **fields}
    )
    return list(scope_findings(workspace, WEBSITES, VIEWS))


@pytest.mark.parametrize(
    ("fields", "gets"),
    [
        ({}, "gets 1 (en), 2 (de), 3 (b2b)"),
        ({"websites": [2]}, "gets 3 (b2b)"),
        ({"stores": [2, 3]}, "gets 2 (de), 3 (b2b)"),
        ({"websites": [1, 3], "stores": [1]}, "gets 1 (en)"),
    ],
)
def test_what_a_workspace_gets_is_told(fields: dict[str, Any], gets: str) -> None:
    (line,) = found(**fields)
    assert (line.severity, line.what) == ("ok", gets)


def test_websites_and_stores_that_are_not_in_the_shop_are_errors() -> None:
    websites, stores, gets = found(websites=[1, 22], stores=[1, 0])
    assert (websites.severity, websites.name) == ("error", "websites")
    assert websites.what == "not in the shop: 22"
    assert "1 (base), 2 (wholesale), 3 (empty)" in str(websites.fix)
    assert (stores.severity, stores.what) == ("error", "not in the shop: 0")
    assert "1 (en), 2 (de), 3 (b2b)" in str(stores.fix)
    assert gets.what == "gets 1 (en)"


def test_a_store_view_outside_of_the_websites_is_an_error() -> None:
    outside, _ = found(websites=[1], stores=[1, 3])
    assert (outside.severity, outside.name) == ("error", "stores")
    assert outside.what == "not of the websites 1: 3"
    assert "add its website (2) to websites" in str(outside.fix)


def test_a_workspace_that_gets_nothing_is_an_error() -> None:
    (line,) = found(websites=[3])
    assert (line.severity, line.name) == ("error", "store views")
    assert "gets nothing" in line.what


@pytest.mark.parametrize("name", ["websites", "stores"])
def test_an_empty_list_is_a_warning_as_it_can_only_be_there_while_delivery_is_off(
    name: str,
) -> None:
    (line,) = found(**{name: []})
    assert (line.severity, line.name) == ("warning", "store views")


def test_long_lists_are_cut() -> None:
    workspace = WorkspaceSettings.model_validate({"name": "main", "api_key": SECRETS["alpha"]})
    views = {number: (1, f"v{number}") for number in range(1, 31)}
    (line,) = scope_findings(workspace, WEBSITES, views)
    assert line.what.endswith("20 (v20) and 10 more")


def test_models_that_are_off_are_named_and_no_model_at_all_is_a_warning() -> None:
    models = {"customer": False, "order": False}
    settings = Settings.model_validate({"enabled": True, "mapping": {"models": models}})
    (_, line) = delivery_findings(settings, ())
    assert (line.severity, line.what) == ("ok", "not sent: customer, order")
    models |= {"product": False, "subscriber": False}
    settings = Settings.model_validate({"enabled": True, "mapping": {"models": models}})
    (_, line) = delivery_findings(settings, ())
    assert (line.severity, line.what) == ("warning", "every model is switched off")
