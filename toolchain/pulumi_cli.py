"""Gets the Pulumi CLI: from PATH, or else from the cache, the official release, or a build with Go."""

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

# Seconds that `pulumi version` may take. It needs one, but hangs when a broken wrapper is on PATH.
VERSION_TIMEOUT = 30.0


class Way(NamedTuple):
    """One way to install a CLI: its name, the cached directory that it fills, and the function that fills it.

    `update` brings a directory that an earlier version of this program has filled up to date.
    """

    name: str
    directory: Path
    install: Callable[[Path], None]
    update: Callable[[Path], None] = lambda _: None


def ways(cache: Path | None = None, platform: Platform | None = None) -> list[Way]:
    """Return the ways to install a CLI, in the order of the attempts. The directory's name identifies the CLI."""
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
            go_build.put_executor,
        ),
    ]


def pulumi_directory(candidates: Sequence[Way] | None = None) -> Path | None:
    """Return the directory to put first on PATH for the Pulumi CLI; None when the CLI on PATH works.

    Nothing is downloaded or built. `ToolchainError` says what to do when `make setup` has not run.
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
    """Install a CLI if there is none, under the cache's lock, and return the result of `pulumi_directory`.

    Raises `ToolchainError` with the reason why each way failed, and the three things that a user can do.
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
                way.update(way.directory)
                return way.directory
        for way in candidates:
            try:
                with publish(way.directory) as part:
                    way.install(part)
                    version = check(part)
            except UnavailableError as error:
                reasons[way.name] = str(error)
                say(f"{way.name}: not available: {error}")
            else:
                say(f"the Pulumi CLI {version} is in {way.directory}")
                return way.directory
    raise ToolchainError(nothing_works(reasons))


def usable_on_path() -> Version:
    """Return the version of the CLI on PATH; raise `UnavailableError` when it does not work or is too old."""
    found = shutil.which("pulumi")
    if found is None:
        raise UnavailableError("no `pulumi` on PATH")
    return check(Path(found).parent, os.environ.get("PATH", ""))


def check(directory: Path, path: str = "") -> Version:
    """Return the version of the CLI in `directory`; raise `UnavailableError` when it does not work or is too old.

    Its language host for Python must be in the same directory, after following a symbolic link, or on `path`.
    """
    program = directory / "pulumi"
    version = _version(program)
    if version < MINIMUM_PULUMI:
        raise UnavailableError(f"{program} is {version}, older than {MINIMUM_PULUMI}")
    beside = os.pathsep.join([str(directory), str(program.resolve().parent), path])
    if shutil.which(LANGUAGE_HOST, path=beside) is None:
        raise UnavailableError(f"{program} has no `{LANGUAGE_HOST}` next to it or on PATH")
    return version


def nothing_works(reasons: dict[str, str]) -> str:
    """Return the message for a user when every way failed, from the name and the reason of each way."""
    tried = "\n".join(f"  - {name}: {reason}" for name, reason in reasons.items())
    return f"""\
Could not get a Pulumi CLI of version {MINIMUM_PULUMI} or newer:
{tried}
Do one of these, then run the same command again:
  1. Install Pulumi yourself (https://www.pulumi.com/docs/install/), so that `pulumi version` works in this shell.
  2. Let this machine reach https://get.pulumi.com (HTTPS_PROXY is honoured). The release is then installed for you.
  3. Install Go {go_build.ENGINE.go} or newer (https://go.dev/doc/install), with access to a module proxy (GOPROXY). \
The CLI is then built once."""


def cache_lock(candidates: Sequence[Way]) -> Path:
    """Return the lock file of the cache that the ways fill."""
    return candidates[0].directory.parent / "lock"


def _cached(way: Way) -> bool:
    if not way.directory.is_dir():
        return False
    try:
        check(way.directory)
    except UnavailableError as error:
        say(f"installing it again: {error}")
        return False
    return True


def _version(program: Path) -> Version:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    try:
        with tempfile.TemporaryDirectory(prefix="pulumi-version-", ignore_cleanup_errors=True) as home:
            done = subprocess.run(
                [program, "version"],
                # The CLI gets its own home, since even `pulumi version` writes logs.
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
