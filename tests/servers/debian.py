"""Debian's packages: installed with apt-get, as root or through sudo."""

from __future__ import annotations

import os
import shutil
import subprocess

from tests.servers.process import ServerFailed


def install(*packages: str) -> None:
    """Install packages, printing what is done.

    Raises:
        ServerFailed: no apt-get, no way to become root, or apt-get failed.
    """
    if shutil.which("apt-get") is None:
        raise ServerFailed(f"please install {' '.join(packages)}: this system has no apt-get")
    print(f"installing {' '.join(packages)} with apt-get", flush=True)
    as_root(["apt-get", "update", "-qq"])
    as_root(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages])


def as_root(command: list[str]) -> None:
    """Run a command as root, through sudo when we are not; its output goes to the terminal.

    Raises:
        ServerFailed: sudo is missing, or the command failed.
    """
    if os.geteuid() == 0:
        prefix = ["env"]
    elif shutil.which("sudo"):
        prefix = ["sudo", "env"]
    else:
        raise ServerFailed(f"'{' '.join(command)}' needs root, and there is no sudo")
    # sudo drops the environment, so the setting is given behind it.
    done = subprocess.run([*prefix, "DEBIAN_FRONTEND=noninteractive", *command], check=False)
    if done.returncode != 0:
        raise ServerFailed(f"'{' '.join(command)}' ended with {done.returncode}")
