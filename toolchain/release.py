"""Downloads the official release of the Pulumi CLI, checks it against the release's checksums, and unpacks it."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from toolchain.errors import UnavailableError
from toolchain.progress import HEARTBEAT, elapsed, say

if TYPE_CHECKING:
    from toolchain.versions import Platform, Version

# The origins from which Pulumi's own installer downloads releases, in the order of the attempts.
ORIGINS = (
    "https://get.pulumi.com/releases/sdk",
    "https://github.com/pulumi/pulumi/releases/download/v{version}",
)

# Seconds without an answer, or without another byte, after which the next origin is tried.
TIMEOUT = 10.0

# The platforms of Pulumi's release archives on which this set-up runs, as in get.pulumi.com's installer.
PLATFORMS = {"linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"}


def install(version: Version, platform: Platform, into: Path, origins: tuple[str, ...] = ORIGINS) -> None:
    """Install the executables of a release into `into`; raise `UnavailableError` with the reason for each origin.

    An archive is used only if its SHA-256 is in the checksums that its release publishes.
    """
    if str(platform) not in PLATFORMS:
        raise UnavailableError(f"there is no release for {platform}")
    reasons = []
    for origin in origins:
        base = origin.format(version=version)
        try:
            _install_from(base, version, platform, into)
        except UnavailableError as error:
            reasons.append(str(error))
        else:
            return
    raise UnavailableError("; ".join(reasons))


def checksum(checksums: str, archive: str) -> str | None:
    """Return the SHA-256 of `archive` from a file of `<hex>  <name>` lines; None when it is not listed."""
    for line in checksums.splitlines():
        words = line.split()
        if len(words) == 2 and words[1].lstrip("*") == archive:  # noqa: PLR2004 - a hash and a name
            return words[0].lower()
    return None


def unpack(archive: Path, into: Path) -> None:
    """Write the files of all folders of the archive into `into` as executables; links are left out."""
    with tarfile.open(archive, "r:gz") as packed:
        for member in packed:
            content = packed.extractfile(member) if member.isfile() else None
            if content is not None:
                target = into / PurePosixPath(member.name).name
                with target.open("wb") as file:
                    shutil.copyfileobj(content, file)
                target.chmod(0o755)


def _install_from(base: str, version: Version, platform: Platform, into: Path) -> None:
    archive = f"pulumi-v{version}-{platform}.tar.gz"
    # The checksums come first. They are small, so an origin that cannot be reached fails at once.
    wanted = checksum(_text(f"{base}/pulumi-{version}-checksums.txt"), archive)
    if wanted is None:
        raise UnavailableError(f"{base}: the release's checksums do not list {archive}")
    say(f"downloading {base}/{archive}")
    packed = into / archive
    try:
        received = _download(f"{base}/{archive}", packed)
        if received != wanted:
            raise UnavailableError(f"{base}/{archive}: its SHA-256 is {received}, its release says {wanted}")
        unpack(packed, into)
    except tarfile.TarError as error:
        raise UnavailableError(f"{base}/{archive}: {error}") from error
    finally:
        packed.unlink(missing_ok=True)


def _text(url: str) -> str:
    try:
        with _open(url) as response:
            return response.read().decode("utf-8", errors="replace")
    except (OSError, HTTPException) as error:
        raise _unavailable(url, error) from error


def _download(url: str, target: Path) -> str:
    started = said = time.monotonic()
    sha256 = hashlib.sha256()
    try:
        with _open(url) as response, target.open("wb") as file:
            while chunk := response.read(1 << 20):
                sha256.update(chunk)
                file.write(chunk)
                if time.monotonic() - said > HEARTBEAT:
                    said = time.monotonic()
                    say(f"downloading the Pulumi CLI: {file.tell() >> 20} MB, {elapsed(said - started)}")
    except (OSError, HTTPException) as error:
        raise _unavailable(url, error) from error
    return sha256.hexdigest()


def _open(url: str) -> IO[bytes]:
    response: IO[bytes] = urllib.request.urlopen(url, timeout=TIMEOUT)  # noqa: S310 - https, from ORIGINS
    return response


def _unavailable(url: str, error: OSError | HTTPException) -> UnavailableError:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return UnavailableError(f"{url}: {getattr(reason, 'strerror', None) or reason or type(error).__name__}")
