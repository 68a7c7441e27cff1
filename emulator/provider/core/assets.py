"""Assets and archives: the zip file that a program's archive stands for, and when two of them are the same.

An archive is taken as the engine sends it and is never rewritten, so that the state holds what the next diff needs.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emulator.provider.core.errors import ProviderError
from emulator.provider.core.properties import SIGNATURE, is_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.provider.core.properties import Json

ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
"""The signature of one file: its `text`, or the `path` of a file that holds it."""
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
"""The signature of a tree of files: its `assets` by name, or the `path` of a folder or zip file."""

_READABLE: Final = 0o644 << 16
_UNIX: Final = 3


def is_archive(value: Json) -> bool:
    """Whether `value` is an archive as the engine sends it."""
    return isinstance(value, dict) and value.get(SIGNATURE) == ARCHIVE


def mistake(value: Json) -> str | None:
    """Give why an input cannot be used as an archive, None when it can or is not known yet."""
    if is_unknown(value):
        return None
    if not is_archive(value):
        return "must be an archive, such as pulumi.AssetArchive"
    return next(_unusable(value), None)


def same_content(value: Json) -> Json:
    """Canonical form of an archive: a hash of its content, which says nothing of the folder that it comes from."""
    if not is_archive(value):
        return value
    # What the engine computed is as good, and a state's files may be gone or of another checkout.
    return value.get("hash") or hashlib.sha256(zip_bytes(value)).hexdigest()


def zip_bytes(archive: Json) -> bytes:
    """Give the zip file of `archive`: the same bytes for the same content. ProviderError when a file is unreadable."""
    source = Path(archive.get("path", ""))
    try:
        if source.is_file():
            with zipfile.ZipFile(source):
                return source.read_bytes()
        files = dict(_files(archive, ""))
    except (OSError, zipfile.BadZipFile) as error:
        message = f"reading an archive: {error}"
        raise ProviderError(message) from error
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for name, content in sorted(files.items()):
            # Stored, since what compressing gives depends on the version of zlib; a bare ZipInfo is of 1980.
            entry = zipfile.ZipInfo(name)
            entry.external_attr, entry.create_system = _READABLE, _UNIX
            target.writestr(entry, content)
    return written.getvalue()


def unreadable(description: str) -> Json:
    """Give an archive that stands for content which nobody has: its only file's name, which the CLI shows, says so."""
    mark = hashlib.sha256(description.encode()).hexdigest()
    file = {SIGNATURE: ASSET, "text": description, "hash": mark}
    return {SIGNATURE: ARCHIVE, "assets": {description: file}, "hash": mark}


def _unusable(value: Json, name: str = "") -> Iterator[str]:
    path = value.get("path")
    if "uri" in value:
        yield f"{value['uri']!r} is remote; the sandbox takes files of this machine"
    elif path is not None and not Path(path).is_absolute():
        yield f"{path!r} is relative, and the sandbox works in another folder; give an absolute path"
    elif path is None and value.get(SIGNATURE) == ASSET and not value.get("text"):
        # The engine sends no text then, and the SDK cannot make an asset of that: the program ends without a hint.
        yield f"{name!r} is an empty text, which Pulumi's SDK cannot read back; write a comment into it"
    for key, inner in value.get("assets", {}).items():
        yield from _unusable(inner, f"{name}/{key}" if name else key)


def _files(value: Json, name: str) -> Iterator[tuple[str, bytes]]:
    if value.get(SIGNATURE) == ASSET:
        # Of what is in a state, the engine keeps nothing but hashes.
        yield name, Path(value["path"]).read_bytes() if "path" in value else value.get("text", "").encode()
    elif "path" in value:
        yield from _below(Path(value["path"]), f"{name}/" if name else "")
    else:
        for key, inner in value.get("assets", {}).items():
            yield from _files(inner, f"{name}/{key}" if name else key)


def _below(source: Path, start: str) -> Iterator[tuple[str, bytes]]:
    if source.is_dir():
        for file in source.rglob("*"):
            if file.is_file():
                yield start + file.relative_to(source).as_posix(), file.read_bytes()
        return
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                yield start + entry.filename, archive.read(entry)
