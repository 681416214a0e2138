"""Settings choose the log."""

from __future__ import annotations

from pathlib import Path

from cdc.log.embedded import EmbeddedLog
from cdc.log.factory import open_log
from cdc.log.kafka_log import KafkaLog
from cdc.log.plan import plan_topics
from cdc.log.topics import TopicNames
from config.settings import Settings


def test_backend_is_embedded_by_default_and_makes_no_file_yet(tmp_path: Path) -> None:
    log = open_log(Settings(state_dir=tmp_path))
    assert isinstance(log, EmbeddedLog)
    log.publisher()
    assert list(tmp_path.iterdir()) == []


def test_embedded_file_is_in_the_state_folder(tmp_path: Path) -> None:
    admin = open_log(Settings(state_dir=tmp_path)).admin()
    admin.ensure_topics()
    admin.close()
    assert (tmp_path / "log.sqlite").is_file()


def test_kafka_backend_connects_only_when_used() -> None:
    settings = Settings.model_validate(
        {"log": {"backend": "kafka", "kafka": {"bootstrap_servers": ["127.0.0.1:1"]}}}
    )
    log = open_log(settings)
    assert isinstance(log, KafkaLog)
    log.publisher().close()
    log.appender().close()


def test_plan_compacts_models_and_checkpoint_only() -> None:
    plans = plan_topics(TopicNames("shop"), 6)
    assert {plan.name for plan in plans if plan.is_compacted} == {
        "shop.customer",
        "shop.product",
        "shop.order",
        "shop.subscriber",
        "shop.checkpoint",
    }
    assert {plan.name: plan.partition_count for plan in plans if plan.partition_count != 6} == {
        "shop.checkpoint": 1,
        "shop.control": 1,
        "shop.dead-letter": 1,
    }
