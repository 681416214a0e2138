"""What a log line may say about an error."""

from __future__ import annotations

import traceback
from typing import Any

from cdc.errors import PipelineError

_FRAMES_COUNT = 8


def describe(exc: BaseException) -> dict[str, Any]:
    """Facts about an error for a log line.

    Errors of ours carry texts without data. Of any other error the text is left out, since it may
    quote a row or an address; where it was raised says more to whoever mends the bug.
    """
    name = type(exc).__name__
    if isinstance(exc, PipelineError):
        return {"error": f"{name}: {exc}"}
    frames = traceback.extract_tb(exc.__traceback__)[-_FRAMES_COUNT:]
    return {
        "error": f"{name} (unexpected; please report it)",
        "trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
