"""Whether files can be kept in a folder is tried, and nothing is left of the try."""

from __future__ import annotations

import tempfile
from io import FileIO
from pathlib import Path

import pytest

from cdc.errors import LogUnavailable
from cli.context import exit_code_of
from cli.folders import why_unwritable
from cli.starting import make_state_dir
from config.errors import SettingsFaulty
from config.settings import Settings


@pytest.mark.parametrize("name", ["", "new", "new/deeper"])
def test_folder_that_can_be_made_or_written_is_left_as_it_was(tmp_path: Path, name: str) -> None:
    assert why_unwritable(tmp_path / name) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "deeper"])
def test_file_in_the_place_of_the_folder_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "state").write_text("in the way")
    fault = why_unwritable(tmp_path / "state" / name)
    assert fault == f"{tmp_path / 'state'} is not a folder"


# No file can be made in either, whoever asks: rights alone do not tell that to root.
@pytest.mark.parametrize("folder", ["/proc", "/proc/magento-cdc", "/proc/self/fd"])
def test_folder_in_which_nobody_can_write_is_told(folder: str) -> None:
    fault = why_unwritable(Path(folder))
    assert fault is not None
    assert "cannot be written" in fault


def test_daemon_does_not_start_with_a_folder_that_it_cannot_write() -> None:
    with pytest.raises(SettingsFaulty, match="state_dir: /proc/self/fd cannot be written"):
        make_state_dir(Settings(state_dir=Path("/proc/self/fd")))


def test_daemon_does_not_start_where_a_file_has_the_place_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(SettingsFaulty, match="state is not a folder"):
        make_state_dir(Settings(state_dir=tmp_path / "state"))


def test_full_disk_is_no_fault_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_a_full_disk(**_options: object) -> FileIO:
        return FileIO("/dev/full", "w")

    monkeypatch.setattr(tempfile, "TemporaryFile", on_a_full_disk)
    fault = f"no space left on the disk of {tmp_path}"
    assert why_unwritable(tmp_path) == fault
    with pytest.raises(LogUnavailable, match=f"state_dir: {fault}") as caught:
        make_state_dir(Settings(state_dir=tmp_path))
    assert exit_code_of(caught.value) == 1
