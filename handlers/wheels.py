"""The wheels of the requirements: what pip fetches for the function's runtime, and the files in them."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from email.parser import Parser
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from handlers.entry import Entry
from handlers.requirements import FILE, Mistake
from toolchain.store import digest, exclusive, publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from handlers.requirements import Pinned
    from handlers.target import Target

_PINNED = "pinned.txt"
_DATA = re.compile(r"[^/]+\.data/(?P<kind>[^/]+)/(?P<rest>.+)")
"""Files of a wheel that belong elsewhere than in its root (PyPA, Binary distribution format)."""
_LIBRARIES = ("purelib", "platlib")
_EXECUTABLE = 0o111


class NotFetchedError(Exception):
    """Pip did not fetch the requirements; the text is its own."""


def fetch(pinned: Sequence[Pinned], target: Target, cache: Path) -> Sequence[Path]:
    """Return the wheels of the packages, from the cache if they are there; raise NotFetchedError for pip's errors."""
    if not pinned:
        return []
    lines = "".join(f"{one}\n" for one in sorted(pinned, key=str))
    place = cache / f"wheels-{digest(lines, str(target))}"
    with exclusive(place.with_suffix(".lock"), "the wheels of a function"):
        if not place.is_dir():
            with publish(place) as part:
                _download(lines, target, part)
    return sorted(place.glob("*.whl"))


def _download(lines: str, target: Target, into: Path) -> None:
    """Have pip fetch the wheels. It takes those alone whose hashes the file has."""
    (into / _PINNED).write_text(lines, encoding="utf-8")
    platforms = [word for platform in target.platforms for word in ("--platform", platform)]
    only = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--implementation", "cp"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", *only]
    place = ["--python-version", target.version, *platforms, "--dest", str(into)]
    done = subprocess.run(
        [*command, *place, "--requirement", str(into / _PINNED)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotFetchedError(_last_error(done.stderr))


def _last_error(said: str) -> str:
    """Return the last error that pip has told, which names the package, as one line."""
    _, _, error = said.rpartition("ERROR: ")
    return " ".join(error.split()) or "pip gave no reason"


def missing(wheels: Sequence[Path], pinned: Sequence[Pinned], target: Target) -> Sequence[Mistake]:
    """Return a mistake for each package that another one needs and the file does not have."""
    extras = {one.name: one.extras for one in pinned}
    return [
        Mistake(FILE, f"{needed.name} is missing, which {name} needs as {needed}")
        for wheel in wheels
        for name in [canonicalize_name(parse_wheel_filename(wheel.name)[0])]
        for needed in _needs(wheel, extras.get(name, frozenset()), target)
        if canonicalize_name(needed.name) not in extras
    ]


def _needs(wheel: Path, extras: frozenset[str], target: Target) -> Iterator[Requirement]:
    """Yield what a wheel needs in the target, with these extras."""
    with zipfile.ZipFile(wheel) as file:
        name = next(one for one in file.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", one))
        metadata = Parser().parsestr(file.read(name).decode("utf-8"))
    for text in metadata.get_all("Requires-Dist", []):
        needed = Requirement(text)
        places = [{**target.markers, "extra": extra} for extra in ("", *extras)]
        if needed.marker is None or any(needed.marker.evaluate(place) for place in places):
            yield needed


def files(wheel: Path) -> Mapping[str, Entry]:
    """Return the files that a wheel puts beside the handler; scripts and headers are not among them."""
    found = {}
    with zipfile.ZipFile(wheel) as file:
        for info in file.infolist():
            elsewhere = _DATA.fullmatch(info.filename)
            if info.is_dir() or (elsewhere and elsewhere["kind"] not in _LIBRARIES):
                continue
            name = elsewhere["rest"] if elsewhere else info.filename
            found[name] = Entry(file.read(info), executable=bool((info.external_attr >> 16) & _EXECUTABLE))
    return found
