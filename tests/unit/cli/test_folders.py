"""Whether files can be kept in a folder is tried, and nothing is left of the try."""

from __future__ import annotations

from pathlib import Path

import pytest

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
