"""The command `docker`, as the stand-in for docker-build calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.provider.builds import docker
from emulator.provider.core.errors import ProviderError

if TYPE_CHECKING:
    from pathlib import Path


def build() -> docker.BuiltImage:
    """Build from the folder `app`."""
    return docker.build(context="app", file=None, target=None, args={}, platforms=[])


def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have a command `docker` on PATH that runs this script."""
    command = tmp_path / "docker"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


def test_no_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to do without it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProviderError, match=r"there is no command `docker` on PATH\. .*--image NAME=FOLDER"):
        build()


def test_a_failed_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has the last lines of what Docker said."""
    put(tmp_path, monkeypatch, "for i in $(seq 30); do echo line $i; done; echo 'no space left' >&2; exit 17")
    with pytest.raises(ProviderError, match=r"`docker build` ended with exit code 17:\nline 12\n") as error:
        build()
    assert "\nline 30\nno space left\n" in str(error.value)


def test_an_old_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before version 25, `docker save` wrote another layout."""
    put(tmp_path, monkeypatch, 'case $1 in build) echo sha256:0 > "$3";; save) tar -cf "$3" -T /dev/null;; esac')
    with pytest.raises(ProviderError, match="wrote no OCI image layout; the sandbox needs Docker 25 or later"):
        build()
