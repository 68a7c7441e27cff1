"""Programs of the distribution's packages that tests start, such as `redis-server` and `nginx`.

A program is the machine's own, or apt downloads its package, which is unpacked into the cache: nothing is installed,
and no rights are needed. It stays there for the next time.
"""

from __future__ import annotations

import functools
import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from toolchain.store import cache_directory, digest, exclusive, publish

if TYPE_CHECKING:
    from collections.abc import Sequence

_SYSTEM_PROGRAMS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where servers are; a user's PATH does not have it on Debian."""
_PLACES = ("usr/bin", "usr/sbin", "bin", "sbin")
_RELEASE = Path("/etc/os-release")
_NEW = re.compile(r"Inst (?P<name>\S+) \(")
"""A line of apt's simulation about a package that the machine lacks; one that would be upgraded has its old version."""
_PATIENCE = 120
"""Seconds for one call of apt; its packages have a few MB."""


class UnavailableError(Exception):
    """A program is neither on the machine nor in the distribution's packages; the text says why."""


def program(name: str) -> Sequence[str]:
    """Return the first words of the command that starts a program, which keeps its process id.

    Skips the test where the program is neither on the machine nor in the distribution's packages.
    """
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{_SYSTEM_PROGRAMS}")
    if found is not None:
        return [found]
    unpacked = _unpacked(name)
    if isinstance(unpacked, str):
        pytest.skip(f"{name} is not on this machine, and apt cannot give it: {unpacked}")
    return command(unpacked, name)


@functools.cache
def _unpacked(name: str) -> Path | str:
    """Return the folder of a program's package, or why there is none; apt is asked once in each process."""
    try:
        return unpacked(name, cache_directory().parent / "distribution")
    except UnavailableError as error:
        return str(error)


def unpacked(name: str, cache: Path) -> Path:
    """Return the folder with the package of a program, and what it needs; raise UnavailableError without it.

    The package has the program's name.
    """
    release = _RELEASE.read_text(encoding="utf-8") if _RELEASE.exists() else ""
    place = cache / f"{name}-{digest(release, platform.machine())}"
    with exclusive(place.with_suffix(".lock"), name):
        if not place.is_dir():
            with publish(place) as part, tempfile.TemporaryDirectory() as own:
                _download(name, part, Path(own))
                for package in sorted(part.glob("*.deb")):
                    _run("dpkg", "-x", str(package), str(part), folder=part)
                    package.unlink()
                _run(*command(part, name), "-v", folder=part)
    return place


def command(root: Path, name: str) -> Sequence[str]:
    """Return the words that start a program of an unpacked package with the libraries beside it."""
    path = next((root / place / name for place in _PLACES if (root / place / name).exists()), None)
    if path is None:
        raise UnavailableError(f"the package {name} has no program {name}")
    libraries = sorted({str(library.parent) for library in root.rglob("*.so*")})
    return ["env", f"LD_LIBRARY_PATH={os.pathsep.join(libraries)}", str(path)]


def _download(name: str, into: Path, own: Path) -> None:
    """Download a package and what it needs, with lists of its own if those of the machine do not do."""
    try:
        _download_listed(name, into, ())
    except UnavailableError:
        lists = _lists_of_its_own(own)
        _apt("update", folder=into, options=lists)
        _download_listed(name, into, lists)


def _download_listed(name: str, into: Path, options: Sequence[str]) -> None:
    plan = _apt("install", "--simulate", "--no-install-recommends", name, folder=into, options=options)
    missing = [found["name"] for found in map(_NEW.match, plan.splitlines()) if found]
    _apt("download", *missing, folder=into, options=options)


def _lists_of_its_own(own: Path) -> Sequence[str]:
    """Return options with which apt writes nothing outside a folder, so that every user may update its lists."""
    (own / "lists" / "partial").mkdir(parents=True)
    (own / "archives" / "partial").mkdir(parents=True)
    places = {"Dir::State": own, "Dir::State::status": "/var/lib/dpkg/status", "Dir::Cache": own}
    return [word for key, value in places.items() for word in ("-o", f"{key}={value}")]


def _apt(*words: str, folder: Path, options: Sequence[str]) -> str:
    """Return what apt prints. It downloads as this user, who owns the folder."""
    return _run("apt-get", "-q", "-y", "-o", "APT::Sandbox::User=", *options, *words, folder=folder)


def _run(*words: str, folder: Path) -> str:
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(str(error)) from error
    if done.returncode:
        raise UnavailableError(f"{words[0]}: {' '.join(done.stderr.split()) or f'exit code {done.returncode}'}")
    return done.stdout
