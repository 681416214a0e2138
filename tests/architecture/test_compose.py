"""The container files name only commands, options, settings and paths that exist."""

from __future__ import annotations

import importlib
import os
import re
import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from cli.main import cli
from config.loading import load_settings
from tests.architecture.checkout import ROOT

PREFIX = "MAGENTO_CDC_"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if service.get("image") == "magento-cdc")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
# "${NAME:-default}" and "${NAME:?complaint}", as Compose fills them in.
VARIABLE = re.compile(r"\$\{(\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}")


def filled_in(text: str) -> str:
    """Put defaults, or a made-up value, in place of Compose's variables."""
    return VARIABLE.sub(lambda match: match["default"] or "made-up", text)


def resolve(arguments: list[str]) -> tuple[click.Command, list[str]]:
    """Follow subcommands down the tree of commands.

    Returns: the command, and the words behind its name.
    """
    command: click.Command = cli
    while isinstance(command, click.Group) and arguments:
        found = command.get_command(click.Context(command), arguments[0])
        assert found is not None, f"no such command: {arguments[0]}"
        command, arguments = found, arguments[1:]
    return command, arguments


def docker_lines(instruction: str) -> list[str]:
    """Return the arguments of every such instruction in the Dockerfile, continued lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{instruction} (.+)$", joined, re.MULTILINE)


def command_lines() -> dict[str, list[str]]:
    """Return what is run, by the service (or file) that runs it."""
    lines = {name: SERVICES[name]["command"] for name in OURS}
    return {**lines, "Dockerfile": yaml.safe_load(docker_lines("CMD")[0])}


def test_the_pipeline_has_its_parts() -> None:
    assert OURS == ["capture", "deliver", "sandbox"]
    assert {"mariadb", "kafka"} <= set(SERVICES)


@pytest.mark.parametrize("service", [*OURS, "Dockerfile"])
def test_command_and_its_options_exist(service: str) -> None:
    command, words = resolve(command_lines()[service])
    assert not isinstance(command, click.Group)
    # The real parser: complains about unknown options, missing values and stray words.
    command.make_context(command.name, [*words], resilient_parsing=False).close()


@pytest.mark.parametrize("service", ["capture", "deliver"])
def test_settings_file_and_environment_are_valid_together(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    environment = SERVICES[service]["environment"] | image_environment()
    for name, value in environment.items():
        monkeypatch.setenv(name, filled_in(str(value)))
    file = tmp_path / "config.yaml"
    file.write_text(filled_in(COMPOSE["configs"]["settings"]["content"]))
    settings = load_settings(file)
    assert settings.enabled
    assert settings.state_dir == Path(docker_lines("VOLUME")[0])
    assert settings.database.host in SERVICES
    assert settings.log.backend == "kafka"
    brokers = settings.log.kafka.bootstrap_servers
    assert {broker.partition(":")[0] for broker in brokers} <= set(SERVICES)
    assert [each.url for each in settings.workspaces] == [f"http://sandbox:{sandbox_port()}"]


def image_environment() -> dict[str, str]:
    """Return the settings that the image brings."""
    return dict(re.findall(rf"\b({PREFIX}\w+)=(\S+)", " ".join(docker_lines("ENV"))))


def sandbox_port() -> str:
    """Return the port that the sandbox is told to listen on."""
    words = SERVICES["sandbox"]["command"]
    return str(words[words.index("--port") + 1])


def test_settings_file_is_mounted_where_the_commands_look_for_it() -> None:
    for name in ("capture", "deliver"):
        words = SERVICES[name]["command"]
        targets = {mount["target"] for mount in SERVICES[name]["configs"]}
        assert words[words.index("--config") + 1] in targets
        assert {mount["source"] for mount in SERVICES[name]["configs"]} <= set(COMPOSE["configs"])


def test_state_lies_on_a_volume() -> None:
    state = image_environment()[f"{PREFIX}STATE_DIR"]
    assert docker_lines("VOLUME") == [state]
    for name in ("capture", "deliver"):
        mounts = dict(volume.split(":") for volume in SERVICES[name]["volumes"])
        assert state in mounts.values()
        assert set(mounts) <= set(COMPOSE["volumes"])


def test_capture_user_of_the_database_is_the_one_of_the_settings() -> None:
    user = SERVICES["capture"]["environment"][f"{PREFIX}DATABASE__USER"]
    schema = SERVICES["capture"]["environment"][f"{PREFIX}DATABASE__NAME"]
    script = COMPOSE["configs"]["capture-user"]["content"]
    assert f"CREATE USER '{user}'@" in script
    assert f"GRANT SELECT ON {schema}.* TO '{user}'@" in script
    assert SERVICES["mariadb"]["environment"]["MARIADB_DATABASE"] == schema


def test_database_logs_whole_rows() -> None:
    flags = set(SERVICES["mariadb"]["command"])
    assert {
        "--binlog-format=ROW",
        "--binlog-row-image=FULL",
        "--binlog-row-metadata=FULL",
    } <= flags


def test_dockerfile_copies_what_exists_and_what_the_build_context_lets_in() -> None:
    let_in = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    sources = [
        word for line in docker_lines("COPY") if "--from=" not in line for word in line.split()[:-1]
    ]
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert set(sources) == let_in


def test_dockerfile_copies_every_package() -> None:
    packaging = ConfigParser()
    packaging.read(ROOT / "setup.cfg")
    packages = {
        name
        for name in packaging["options.packages.find"]["include"].split()
        if not name.endswith("*")
    }
    copied = {word for line in docker_lines("COPY") for word in line.split()}
    assert packages <= copied


def test_entry_point_is_the_program_of_the_package() -> None:
    packaging = ConfigParser()
    packaging.read(ROOT / "setup.cfg")
    program, _, target = packaging["options.entry_points"]["console_scripts"].partition("=")
    assert yaml.safe_load(docker_lines("ENTRYPOINT")[0]) == [program.strip()]
    module, _, function = target.strip().partition(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_daemon_is_not_started_for_ever_when_an_operator_has_to_decide() -> None:
    for name in OURS:
        policy, _, count = SERVICES[name]["restart"].partition(":")
        assert policy == "on-failure"
        assert 1 <= int(count) <= 10


def test_services_wait_for_those_that_can_say_that_they_are_ready() -> None:
    waited_for = {
        (name, condition["condition"])
        for service in SERVICES.values()
        for name, condition in service.get("depends_on", {}).items()
    }
    assert {name for name, _ in waited_for} == {"mariadb", "kafka", "sandbox"}
    assert {condition for _, condition in waited_for} == {"service_healthy"}
    assert all("healthcheck" in SERVICES[name] for name, _ in waited_for)


def test_health_of_the_sandbox_is_asked_at_its_own_port() -> None:
    (code,) = SERVICES["sandbox"]["healthcheck"]["test"][-1:]
    assert f"('127.0.0.1', {sandbox_port()})" in code
    compile(code, "healthcheck", "exec")


def test_every_volume_is_used_and_every_variable_is_told() -> None:
    mounted = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
    }
    assert mounted == set(COMPOSE["volumes"])
    text = (ROOT / "docker-compose.yml").read_text()
    head = text.partition("\nname:")[0]
    wanted = set(re.findall(r"\$\{(\w+):\?", text))
    assert wanted
    assert all(f"{name}=" in head for name in wanted)


def test_image_does_not_run_as_root() -> None:
    assert docker_lines("USER") == ["magento-cdc"]


def test_python_of_the_image_is_allowed_by_the_package() -> None:
    version = re.search(r"FROM python:3\.(\d+)-slim$", DOCKERFILE, re.MULTILINE)
    assert version
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert int(version[1]) >= int(project["tool"]["mypy"]["python_version"].split(".")[1])
