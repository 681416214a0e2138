"""Which part of the shop goes to a workspace."""

from __future__ import annotations

import pytest

from cdc.records import Model
from tests.golden.cases import scope


def test_workspace_without_limits_takes_every_store_view() -> None:
    assert scope().has_view(1, 1)
    assert scope().has_view(99, None)


@pytest.mark.parametrize("store_id", [0, None])
def test_admin_and_missing_view_belong_to_no_workspace(store_id: int | None) -> None:
    assert not scope().has_view(store_id, 1)
    assert not scope({"stores": [0], "websites": [1]}).has_view(store_id, 1)


def test_websites_limit_the_views() -> None:
    limited = scope({"websites": [1, 3]})
    assert limited.has_view(7, 3)
    assert not limited.has_view(7, 2)
    assert not limited.has_view(7, None)


def test_stores_limit_the_views_of_the_websites() -> None:
    limited = scope({"websites": [1], "stores": [1, 2]})
    assert limited.has_view(2, 1)
    assert not limited.has_view(3, 1)
    assert not limited.has_view(2, 2)


def test_no_website_at_all_is_not_every_website() -> None:
    assert not scope({"websites": []}).has_view(1, 1)
    assert not scope({"stores": []}).has_view(1, 1)


@pytest.mark.parametrize("model", list(Model))
def test_each_model_has_a_switch_of_its_own(model: Model) -> None:
    off = scope(mapping={"models": {model.value: False}})
    assert [each for each in Model if not off.has_model(each)] == [model]
