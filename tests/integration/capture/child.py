"""A capture service as a process of its own, to be killed: python -m …child SETTINGS.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from threading import Event

from cdc.log.factory import open_log
from cdc.service import CaptureService
from config.settings import Settings


def main() -> None:
    """Capture until killed."""
    settings = Settings.model_validate(json.loads(Path(sys.argv[1]).read_text()))
    CaptureService(settings, open_log(settings), Event()).run()


if __name__ == "__main__":
    main()
