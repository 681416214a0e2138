"""`make docs`: writes the pages that are made from the code. A test compares them with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from cdc import record_format
from config import example, reference

_ROOT = Path(__file__).resolve().parents[1]

PAGES: Mapping[str, Callable[[], str]] = {
    "config/example.yaml": example.render,
    "docs/configuration.md": reference.render,
    "docs/record-format.md": record_format.render,
}
"""Path from the root of the checkout → what renders the page."""


def write_pages(root: Path = _ROOT) -> list[str]:
    """Write the pages that differ, and return their paths."""
    written = []
    for name, render in PAGES.items():
        page, text = root / name, render()
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
            written.append(name)
    return written


if __name__ == "__main__":
    for path in write_pages():
        print(f"wrote {path}")
