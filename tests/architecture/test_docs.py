"""The documents say what the code does: pages, commands, links, targets, packages, settings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
import yaml

from cdc import errors
from cli.docs import PAGES, write_pages
from cli.main import cli
from config import reference
from config.errors import SettingsFaulty
from tests.architecture.checkout import PRODUCT, ROOT, files, shown

SETTINGS = reference.all_settings()
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *files("docs", suffix=".md")]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def command_lines() -> list[tuple[str, str]]:
    """Return (document, line) of everything written as a command of ours."""
    found = []
    for path in DOCUMENTS:
        text = text_of(path)
        blocks = [body for language, body in _FENCE.findall(text) if language in ("sh", "bash")]
        lines = [line.strip() for body in blocks for line in body.replace("\\\n", " ").splitlines()]
        lines += _CODE.findall(_FENCE.sub("", text))
        found += [(shown(path), line) for line in lines if line.startswith("magento-cdc")]
    return found


def parse(line: str) -> click.Command:
    """Follow a command line down the tree of commands with the parser that users meet.

    Raises:
        click.ClickException, AssertionError: a word of it does not exist.
    """
    words = shlex.split(line, comments=True)[1:]
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"no such command: {words[0]}"
        command, words = found, words[1:]
    context = click.Context(command, info_name=command.name)
    parser = command.make_parser(context)
    _, left, _ = parser.parse_args(list(words))
    assert not left, f"stray words: {left}"
    return command


@pytest.mark.parametrize("page", sorted(PAGES))
def test_generated_page_equals_what_the_code_renders(page: str) -> None:
    assert text_of(ROOT / page) == PAGES[page](), "run: make docs"


def test_pages_are_written_once_and_then_left_alone(tmp_path: Path) -> None:
    assert write_pages(tmp_path) == sorted(PAGES)
    assert write_pages(tmp_path) == []
    for page in PAGES:
        assert text_of(tmp_path / page) == text_of(ROOT / page)


@pytest.mark.parametrize(("document", "line"), command_lines())
def test_every_command_line_exists_with_its_options(document: str, line: str) -> None:
    try:
        parse(line)
    except (click.ClickException, AssertionError) as exc:
        pytest.fail(f"{document}: {line}: {exc}")


@pytest.mark.parametrize(
    "line",
    [
        "magento-cdc fly",
        "magento-cdc run --fast",
        "magento-cdc offsets jump",
        "magento-cdc check x",
    ],
)
def test_a_command_line_that_does_not_exist_is_noticed(line: str) -> None:
    with pytest.raises((click.ClickException, AssertionError)):
        parse(line)


def test_first_steps_and_daily_commands_are_documented() -> None:
    shown_commands = {parse(line).name for _, line in command_lines()}
    assert {"check", "run", "status", "sandbox"} <= shown_commands
    assert {"list", "show", "seek", "reset"} <= shown_commands


def test_every_command_is_in_the_changelog() -> None:
    changelog = text_of(ROOT / "CHANGELOG.md")
    for name in cli.list_commands(click.Context(cli)):
        assert f"`{name}" in changelog, name


def links() -> Iterator[tuple[str, str]]:
    for path in DOCUMENTS:
        for target in _LINK.findall(_FENCE.sub("", text_of(path))):
            if not target.startswith(("http://", "https://", "mailto:")):
                yield shown(path), target


@pytest.mark.parametrize(("document", "target"), list(links()))
def test_every_relative_link_leads_somewhere(document: str, target: str) -> None:
    path, _, anchor = unquote(target).partition("#")
    page = (ROOT / document).parent / path if path else ROOT / document
    assert page.exists(), target
    if anchor:
        headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
        assert anchor in {anchor_of(heading) for heading in headings}, target


def anchor_of(heading: str) -> str:
    """Return the anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_both_commands_of_the_readme_are_targets_of_make() -> None:
    named = set(re.findall(r"`make ([a-z0-9-]+)`", "".join(map(text_of, DOCUMENTS))))
    targets = set(re.findall(r"^([a-z0-9-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    assert {"demo", "test"} <= named
    assert named <= targets


def test_every_dependency_has_a_reason_and_every_reason_a_dependency() -> None:
    setup = ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg")
    required = setup["options"]["install_requires"] + "".join(
        setup["options.extras_require"].values()
    )
    lines = [line.strip() for line in required.splitlines()]
    names = {re.split(r"[<>=!~\[; ]", line)[0] for line in lines if line and line[0] != "#"}
    section = text_of(ROOT / "docs/architecture.md").partition("## Why each dependency")[2]
    rows = set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
    assert rows == names


def test_every_dependency_has_a_version_that_is_known_to_work() -> None:
    locked = set(re.findall(r"^([A-Za-z0-9_.-]+)==", text_of(ROOT / "constraints.txt"), re.M))
    section = text_of(ROOT / "docs/architecture.md").partition("## Why each dependency")[2]
    names = set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
    assert {name.lower() for name in names} <= {name.lower() for name in locked}


def test_every_setting_is_in_the_example_once() -> None:
    example = yaml.compose(text_of(ROOT / "config/example.yaml"))
    assert example is not None
    named = sorted(_paths(example, ()))
    wanted = sorted(setting.path for setting in SETTINGS if setting.path != ("workspaces",))
    assert named == wanted


def _paths(node: yaml.Node, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Paths of all leaves, doubled keys included; a list of mappings counts its elements."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _paths(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode) and any(
        isinstance(element, yaml.MappingNode) for element in node.value
    ):
        for element in node.value:
            yield from _paths(element, (*path, "[]"))
    else:
        yield path


def test_every_setting_has_a_meaning() -> None:
    assert [s.path for s in SETTINGS if not s.meaning] == []


def test_settings_and_log_events_named_in_the_documents_exist() -> None:
    """Words like `capture.poison` and `payload.refused` in running text."""
    known = {".".join(setting.path).replace("workspaces.[].", "") for setting in SETTINGS}
    known |= {path.rpartition(".")[0] for path in known}
    code = "".join(text_of(path) for path in files(*PRODUCT, suffix=".py"))
    events = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', code))
    for path in DOCUMENTS:
        for word in _CODE.findall(_FENCE.sub("", text_of(path))):
            name = word.partition(":")[0]
            is_dotted = re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", name) is not None
            if is_dotted and not is_name_of_other_things(name):
                assert name in known | events, f"{shown(path)}: {name}"


def is_name_of_other_things(name: str) -> bool:
    """Files, modules, and settings of Kafka, which are not ours to check."""
    is_file = name.endswith((".sqlite", ".json", ".py", ".yaml", ".yml", ".cfg", ".md"))
    return is_file or name.startswith(("max.", "min.", "offsets.", "cdc.", "sinks."))


def test_every_error_that_ends_the_daemon_is_in_the_operations_page() -> None:
    page = text_of(ROOT / "docs/operations.md")
    assert SettingsFaulty.exit_code == 2
    for name, error in vars(errors).items():
        if not isinstance(error, type) or not issubclass(error, errors.PipelineError):
            continue
        if error.exit_code in (2, 3):
            assert f"`{name}`, exit {error.exit_code}" in page, name
