"""Builds an image with the command `docker`, and reads what it has built."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.provider.core.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WAY_OUT = (
    "The sandbox builds an image with Docker on this machine. Without it, name an image that is built elsewhere, "
    "`image` of the job in stack config, and say which folder stands for it: --image NAME=FOLDER"
)
_LAST_LINES = 20
_LAYOUT = "index.json"


@dataclass(frozen=True)
class BuiltImage:
    """An image as a registry stores it."""

    manifest: bytes
    media_type: str
    blobs: Sequence[bytes]
    """The config and the layers that the manifest names."""


def build(
    *, context: str, file: str | None, target: str | None, args: Mapping[str, str], platforms: Sequence[str]
) -> BuiltImage:
    """Build an image, and return it. Raises ProviderError where Docker is not there or the build fails."""
    command = shutil.which("docker")
    if command is None:
        raise ProviderError(f"there is no command `docker` on PATH. {WAY_OUT}")
    with tempfile.TemporaryDirectory() as folder:
        name, archive = Path(folder, "id"), Path(folder, "image.tar")
        options = [
            *(("--file", file) if file else ()),
            *(("--target", target) if target else ()),
            *(word for key in sorted(args) for word in ("--build-arg", f"{key}={args[key]}")),
            *(word for platform in platforms for word in ("--platform", platform)),
        ]
        _run([command, "build", "--iidfile", str(name), *options, context], "build")
        _run([command, "save", "--output", str(archive), name.read_text().strip()], "save")
        with tarfile.open(archive) as found:
            return _read(found)


def _run(command: Sequence[str], what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_LAST_LINES:])
        raise ProviderError(f"`docker {what}` ended with exit code {done.returncode}:\n{said}\n{WAY_OUT}")


def _read(archive: tarfile.TarFile) -> BuiltImage:
    """Return the image of an archive in the OCI Image Layout, which `docker save` writes since Docker 25."""
    if _LAYOUT not in archive.getnames():
        raise ProviderError("`docker save` wrote no OCI image layout; the sandbox needs Docker 25 or later")
    here = _json(archive, _LAYOUT)
    while "manifests" in here:  # an index: of the archive, or of several platforms
        entry = next(one for one in here["manifests"] if one.get("platform", {}).get("architecture") != "unknown")
        here = _json(archive, _place(entry))
    parts = [here["config"], *here["layers"]]
    return BuiltImage(
        _bytes(archive, _place(entry)), entry["mediaType"], [_bytes(archive, _place(one)) for one in parts]
    )


def _place(descriptor: Mapping[str, Any]) -> str:
    return f"blobs/{descriptor['digest'].replace(':', '/')}"


def _json(archive: tarfile.TarFile, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_bytes(archive, name))
    return found


def _bytes(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    assert member is not None, name  # noqa: S101 - a blob is a file
    return member.read()
