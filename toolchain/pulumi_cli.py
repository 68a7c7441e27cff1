"""Where the Pulumi CLI comes from: found on PATH, else in the cache, else the official release, else built with Go."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from toolchain import go_build, release
from toolchain.errors import ToolchainError, UnavailableError
from toolchain.progress import last_lines, say
from toolchain.store import cache_directory, digest, exclusive, publish
from toolchain.versions import MINIMUM_PULUMI, RELEASED_PULUMI, Platform, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LANGUAGE_HOST = "pulumi-language-python"

# Seconds that `pulumi version` may take: it answers in one, and hangs where a broken wrapper is on PATH.
VERSION_TIMEOUT = 30.0


class Way(NamedTuple):
    """One way to have a CLI made: what it is called, the cached directory that it fills, and how."""

    name: str
    directory: Path
    install: Callable[[Path], None]


def ways(cache: Path | None = None, platform: Platform | None = None) -> list[Way]:
    """Return the ways to have a CLI made, in the order in which they are tried. A directory's name is its key."""
    cache = cache or cache_directory()
    here = platform or Platform.current()
    built = digest(*go_build.identity())
    return [
        Way(
            f"the official release {RELEASED_PULUMI}",
            cache / f"pulumi-{RELEASED_PULUMI}-release-{here}",
            lambda into: release.install(RELEASED_PULUMI, here, into),
        ),
        Way(
            f"{go_build.ENGINE.version} built with Go",
            cache / f"pulumi-{go_build.ENGINE.version}-go-{here}-{built}",
            lambda into: go_build.install(into, here),
        ),
    ]


def pulumi_directory(candidates: Sequence[Way] | None = None) -> Path | None:
    """Return the directory to put first on PATH for the Pulumi CLI; None where the one on PATH serves.

    Nothing is fetched or built: `ToolchainError` says what to do where `make setup` has not run.
    """
    try:
        usable_on_path()
    except UnavailableError as error:
        reason = str(error)
    else:
        return None
    for way in ways() if candidates is None else candidates:
        if way.directory.is_dir():
            return way.directory
    raise ToolchainError(f"There is no Pulumi CLI yet ({reason}): run `make setup`.")


def obtain(candidates: Sequence[Way] | None = None) -> Path | None:
    """Return what `pulumi_directory` returns, after making a CLI where none is; the cache's lock is held meanwhile.

    Raises `ToolchainError` with why each way failed, and the three things a user can do.
    """
    candidates = ways() if candidates is None else candidates
    reasons = {}
    try:
        version = usable_on_path()
    except UnavailableError as error:
        reasons["PATH"] = str(error)
        if shutil.which("pulumi"):
            say(f"not used: {error}")
    else:
        say(f"the Pulumi CLI {version} on PATH is used")
        return None
    with exclusive(cache_lock(candidates), "the Pulumi CLI"):
        for way in candidates:
            if _cached(way):
                return way.directory
        for way in candidates:
            try:
                with publish(way.directory) as part:
                    way.install(part)
                    version = check(part)
            except UnavailableError as error:
                reasons[way.name] = str(error)
                say(f"{way.name}: not to be had: {error}")
            else:
                say(f"the Pulumi CLI {version} is in {way.directory}")
                return way.directory
    raise ToolchainError(nothing_works(reasons))


def usable_on_path() -> Version:
    """Return the version of the CLI on PATH; raise `UnavailableError` where none works and is new enough."""
    found = shutil.which("pulumi")
    if found is None:
        raise UnavailableError("no `pulumi` on PATH")
    return check(Path(found).parent, os.environ.get("PATH", ""))


def check(directory: Path, path: str = "") -> Version:
    """Return the version of the CLI in `directory`; raise `UnavailableError` where it does not work or is too old.

    Its language host for Python must lie beside it, also behind a symbolic link, or on `path`.
    """
    program = directory / "pulumi"
    version = _version(program)
    if version < MINIMUM_PULUMI:
        raise UnavailableError(f"{program} is {version}, older than {MINIMUM_PULUMI}")
    beside = os.pathsep.join([str(directory), str(program.resolve().parent), path])
    if shutil.which(LANGUAGE_HOST, path=beside) is None:
        raise UnavailableError(f"{program} has no `{LANGUAGE_HOST}` beside it or on PATH")
    return version


def nothing_works(reasons: dict[str, str]) -> str:
    """Return the message for a user whose machine has none of the ways, from the name and reason of each."""
    tried = "\n".join(f"  - {name}: {reason}" for name, reason in reasons.items())
    return f"""\
No way to get a Pulumi CLI of {MINIMUM_PULUMI} or newer worked:
{tried}
Do one of these, then run the same command again:
  1. Install Pulumi yourself (https://www.pulumi.com/docs/install/), so that `pulumi version` works in this shell.
  2. Let this machine reach https://get.pulumi.com (HTTPS_PROXY is honoured): its release is then installed for you.
  3. Install Go {go_build.ENGINE.go} or newer (https://go.dev/doc/install), with a module proxy in reach (GOPROXY): \
the CLI is then built once."""


def cache_lock(candidates: Sequence[Way]) -> Path:
    """Return the lock file of the directory that the ways fill."""
    return candidates[0].directory.parent / "lock"


def _cached(way: Way) -> bool:
    if not way.directory.is_dir():
        return False
    try:
        check(way.directory)
    except UnavailableError as error:
        say(f"made again: {error}")
        return False
    return True


def _version(program: Path) -> Version:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    try:
        with tempfile.TemporaryDirectory(prefix="pulumi-version-", ignore_cleanup_errors=True) as home:
            done = subprocess.run(
                [program, "version"],
                # A home of its own: the CLI writes logs even to tell its version.
                env={**kept, "PULUMI_HOME": home, "PULUMI_SKIP_UPDATE_CHECK": "true"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=VERSION_TIMEOUT,
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"`{program} version` did not answer within {VERSION_TIMEOUT:.0f} s") from error
    except OSError as error:
        raise UnavailableError(f"{program}: {error.strerror}") from error
    if done.returncode:
        raise UnavailableError(
            f"`{program} version` ended with {done.returncode}:\n{last_lines(done.stderr or done.stdout, 3)}"
        )
    version = Version.parse(done.stdout)
    if version is None:
        raise UnavailableError(f"`{program} version` printed no version:\n{last_lines(done.stdout, 3)}")
    return version
