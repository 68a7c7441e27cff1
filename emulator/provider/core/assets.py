"""Assets and archives: the zip file of a program's archive, and the comparison of two archives.

An archive is used as the engine sends it and is never rewritten, so that the state has the values for the next diff.
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
    """Return whether `value` is an archive as the engine sends it."""
    return isinstance(value, dict) and value.get(SIGNATURE) == ARCHIVE


def mistake(value: Json) -> str | None:
    """Return why an input cannot be used as an archive; None when it can be used or is not known yet."""
    if is_unknown(value):
        return None
    if not is_archive(value):
        return "must be an archive, such as pulumi.AssetArchive"
    return next(_unusable(value), None)


def same_content(value: Json) -> Json:
    """Return the canonical form of an archive: a hash of its content, which does not depend on its folder."""
    if not is_archive(value):
        return value
    # The engine's hash is as good, and the files of a state may be deleted or from another checkout.
    return value.get("hash") or hashlib.sha256(zip_bytes(value)).hexdigest()


def zip_bytes(archive: Json) -> bytes:
    """Return the zip file of `archive`, with the same bytes for the same content.

    Raises ProviderError when a file is unreadable.
    """
    source = Path(archive.get("path", ""))
    try:
        if source.is_file():
            with zipfile.ZipFile(source):
                return source.read_bytes()
        files = dict(_files(archive, ""))
    except (OSError, zipfile.BadZipFile) as error:
        raise ProviderError(f"reading an archive: {error}") from error
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for name, content in sorted(files.items()):
            # Stored without compression, whose bytes depend on the version of zlib; a bare ZipInfo has the date 1980.
            entry = zipfile.ZipInfo(name)
            entry.external_attr, entry.create_system = _READABLE, _UNIX
            target.writestr(entry, content)
    return written.getvalue()


def unreadable(description: str) -> Json:
    """Return an archive for content that is not available; the name of its only file, which the CLI shows, says so."""
    mark = hashlib.sha256(description.encode()).hexdigest()
    file = {SIGNATURE: ASSET, "text": description, "hash": mark}
    return {SIGNATURE: ARCHIVE, "assets": {description: file}, "hash": mark}


def _unusable(value: Json, name: str = "") -> Iterator[str]:
    path = value.get("path")
    if "uri" in value:
        yield f"{value['uri']!r} is a remote file; the sandbox supports only files on this machine"
    elif path is not None and not Path(path).is_absolute():
        yield f"{path!r} must be an absolute path, because the sandbox runs in another folder"
    elif path is None and value.get(SIGNATURE) == ASSET and not value.get("text"):
        # The engine sends no text for an empty file. The SDK cannot make an asset of it, and the program ends silently.
        yield f"{name!r} must not be empty, because Pulumi's SDK cannot read an empty file back; write a comment in it"
    for key, inner in value.get("assets", {}).items():
        yield from _unusable(inner, f"{name}/{key}" if name else key)


def _files(value: Json, name: str) -> Iterator[tuple[str, bytes]]:
    if value.get(SIGNATURE) == ASSET:
        # For the assets in a state, the engine keeps only hashes.
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
