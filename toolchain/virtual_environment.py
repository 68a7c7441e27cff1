"""The checkout's virtual environment, `.venv`, made from the requirements files with the hash of everything checked."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from toolchain.progress import run, say
from toolchain.store import cache_directory, digest, exclusive

CHECKOUT = Path(__file__).parents[1]
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
STAMP = "complete"


def ensure(checkout: Path = CHECKOUT, locks: Path | None = None) -> Path:
    """Make `.venv` where it is missing, half-made or out of date, and return it. Raises `ToolchainError`.

    One that is up to date is told by a stamp, which is written last. Two calls at once do the work once.
    """
    target = checkout / ".venv"
    wanted = stamp(checkout)
    lock = (locks or cache_directory() / "locks") / f"venv-{digest(str(checkout.resolve()))}"
    with exclusive(lock, f"{target}"):
        if not is_current(target, wanted):
            _make(target, checkout)
            (target / STAMP).write_text(wanted)
    return target


def stamp(checkout: Path) -> str:
    """Return what an environment depends on: the requirements, this Python, and the place, which scripts name."""
    contents = [(checkout / name).read_bytes() for name in REQUIREMENTS]
    return digest(sys.version, sys.platform, str(checkout.resolve()), *contents)


def is_current(target: Path, wanted: str) -> bool:
    """Say whether `target` was made to its end for the stamp `wanted`, and its Python is still there."""
    try:
        return (target / STAMP).read_text() == wanted and os.access(target / "bin" / "python", os.X_OK)
    except OSError:
        return False


def base_python() -> Path:
    """Return the Python to make environments from: not one inside an environment, which may be the one to replace."""
    executable = Path(sys.executable)
    return executable if sys.prefix == sys.base_prefix else executable.resolve()


def _make(target: Path, checkout: Path) -> None:
    # Made in place, since its scripts name their own path. What a killed run leaves has no stamp, and goes.
    if target.is_symlink() or target.is_file():
        target.unlink()
    elif target.exists():
        say(f"removing {target}: out of date, or never finished")
        (target / STAMP).unlink(missing_ok=True)
        shutil.rmtree(target)
    say("making .venv and installing the Python packages: about a minute")
    run([base_python(), "-m", "venv", target], "making .venv")
    # Compiling every file of the AWS provider takes longer than installing it, and few of them are ever imported.
    install = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"]
    files = [word for name in REQUIREMENTS for word in ("-r", checkout / name)]
    run([target / "bin" / "python", *install, "--require-hashes", *files], "installing the Python packages")
