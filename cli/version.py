"""Which version of the daemon this is."""

from __future__ import annotations

from importlib import metadata

_PACKAGE = "magento-synerise-cdc"


def version() -> str:
    """Version of the installed package; says so where the source runs without being installed."""
    try:
        return metadata.version(_PACKAGE)
    except metadata.PackageNotFoundError:
        return "unknown (not installed)"
