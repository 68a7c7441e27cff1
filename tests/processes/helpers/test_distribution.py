from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import distribution

if TYPE_CHECKING:
    from pathlib import Path

APT = """#!/bin/sh
echo "$@" >> {calls}
case "$*" in
  *Dir::State*) ;;
  *) echo "E: Unable to locate package server" >&2; {refusal} ;;
esac
case "$*" in
  *--simulate*)
    echo "Inst libold [1.0] (1.1 Debian:12 [amd64])"
    echo "Inst libnew (2.0 Debian:12 [amd64])"
    echo "Inst server (3.0 Debian:12 [amd64])"
    echo "Conf server (3.0 Debian:12 [amd64])" ;;
  *download*) for name in libnew server; do echo "$name" > "$name.deb"; done ;;
esac
"""
"""Apt with the packages `server` and `libnew`, of which only the lists of its own may know."""
DPKG = """#!/bin/sh
mkdir -p "$3/usr/sbin" "$3/usr/lib/here"
case "$2" in
  */server.deb) printf '#!/bin/sh\\necho "$$ $LD_LIBRARY_PATH $*"\\n{end}\\n' > "$3/usr/sbin/server"
    chmod +x "$3/usr/sbin/server" ;;
  *) touch "$3/usr/lib/here/libnew.so.2" ;;
esac
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, *, refusal: str = "", end: str = "") -> Path:
    """Put an apt and a dpkg first on PATH; return the file with the calls of apt."""
    programs, calls = folder / "programs", folder / "calls"
    programs.mkdir()
    for name, text in (("apt-get", APT.format(calls=calls, refusal=refusal)), ("dpkg", DPKG.format(end=end))):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return calls


def test_a_package_is_unpacked_once_with_what_the_machine_lacks_of_its_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program starts with its libraries and keeps its process id; what the machine has is not downloaded."""
    calls = install(tmp_path, monkeypatch)
    root = distribution.unpacked("server", tmp_path / "cache")
    assert distribution.unpacked("server", tmp_path / "cache") == root
    with subprocess.Popen(
        [*distribution.command(root, "server"), "word"], stdout=subprocess.PIPE, text=True
    ) as started:
        said, _ = started.communicate()
    assert said == f"{started.pid} {root}/usr/lib/here word\n"
    simulated, downloaded = calls.read_text().splitlines()
    assert "--simulate" in simulated
    assert downloaded.endswith("download libnew server")
    assert not list(root.glob("*.deb"))


def test_lists_that_miss_the_package_are_updated_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine may have no lists, and only root may write them."""
    calls = install(tmp_path, monkeypatch, refusal="exit 100")
    distribution.unpacked("server", tmp_path / "cache")
    words = [line.split() for line in calls.read_text().splitlines()]
    assert ["update" in call for call in words] == [False, True, False, False]
    assert all(any(word.startswith("Dir::State=") for word in call) for call in words[1:])


def test_a_test_is_skipped_with_the_reason_where_there_is_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is that of the linker, or of apt; nothing broken stays in the cache."""
    install(tmp_path, monkeypatch, end="echo no library >&2; exit 127")
    with pytest.raises(distribution.UnavailableError, match=r"^env: no library$"):
        distribution.unpacked("server", tmp_path / "cache")
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    with pytest.raises(pytest.skip.Exception, match="server is not on this machine, and apt cannot give it: env: no"):
        distribution.program("server")


def test_a_program_of_the_machine_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apt is not asked."""
    calls = install(tmp_path, monkeypatch)
    assert distribution.program("dpkg") == [str(tmp_path / "programs" / "dpkg")]
    assert not calls.exists()
