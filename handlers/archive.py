"""The archive of a function's code, which has the same bytes for the same files. Pure, except for its writing."""

from __future__ import annotations

import zipfile
from collections import Counter
from typing import TYPE_CHECKING

from aws_facts.function_code import LARGEST_CODE, LARGEST_UPLOAD
from toolchain.store import digest, exclusive, publish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from handlers.entry import Entry

_FIRST_YEAR = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can hold."""
_UNIX = 3
_FILE, _PROGRAM = 0o100644, 0o100755
"""Everybody may read the files, since Lambda runs the code as another user than their owner."""
_NAME = "code.zip"
_MIB = 1024**2
_LARGEST_PARTS = 3


def write(files: Mapping[str, Entry], cache: Path) -> Path:
    """Return the archive of files, from the cache if it is there."""
    parts = [part for name in sorted(files) for part in (name, str(files[name].executable), files[name].content)]
    place = cache / f"code-{digest(*parts)}"
    with exclusive(place.with_suffix(".lock"), "the archive of a function"):
        if not place.is_dir():
            with publish(place) as part, zipfile.ZipFile(part / _NAME, "w", zipfile.ZIP_DEFLATED) as archive:
                for name in sorted(files):
                    archive.writestr(_info(name, files[name]), files[name].content)
    return place / _NAME


def _info(name: str, entry: Entry) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _FIRST_YEAR)
    info.create_system = _UNIX
    info.external_attr = (_PROGRAM if entry.executable else _FILE) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def too_large(files: Mapping[str, Entry], archive: Path | None = None) -> str | None:
    """Return why Lambda refuses files, or their archive, for their size; None when it takes them."""
    whole = sum(len(entry.content) for entry in files.values())
    if whole > LARGEST_CODE:
        return f"has {_size(whole)}, {_largest(files)}; Lambda takes {_size(LARGEST_CODE)}"
    zipped = 0 if archive is None else archive.stat().st_size
    if zipped > LARGEST_UPLOAD:
        return f"has {_size(zipped)} as an archive, {_largest(files)}; Lambda takes {_size(LARGEST_UPLOAD)}"
    return None


def _largest(files: Mapping[str, Entry]) -> str:
    sizes: Counter[str] = Counter()
    for name, entry in files.items():
        sizes[name.partition("/")[0]] += len(entry.content)
    return "most of it in " + ", ".join(f"{name} ({_size(size)})" for name, size in sizes.most_common(_LARGEST_PARTS))


def _size(count: int) -> str:
    return f"{count / _MIB:.1f} MiB"
