"""Creates the checkout's virtual environment, `.venv`, from the requirements files. Every hash is checked."""

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
    """Create `.venv` if it is missing, incomplete or out of date, and return it. Raises `ToolchainError`.

    An environment that is up to date has a stamp, which is written last. Two calls at once do the work once.
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
    """Return a digest of an environment's inputs: the requirements, this Python and the path in its scripts."""
    contents = [(checkout / name).read_bytes() for name in REQUIREMENTS]
    return digest(sys.version, sys.platform, str(checkout.resolve()), *contents)


def is_current(target: Path, wanted: str) -> bool:
    """Return whether `target` is complete, has the stamp `wanted`, and still has its Python."""
    try:
        return (target / STAMP).read_text() == wanted and os.access(target / "bin" / "python", os.X_OK)
    except OSError:
        return False


def base_python() -> Path:
    """Return the Python that creates environments. It is outside any environment, since that may be replaced."""
    executable = Path(sys.executable)
    return executable if sys.prefix == sys.base_prefix else executable.resolve()


def _make(target: Path, checkout: Path) -> None:
    # The environment is created in place, since its scripts contain their path. A killed run leaves no stamp.
    if target.is_symlink() or target.is_file():
        target.unlink()
    elif target.exists():
        say(f"removing {target}: it is out of date or incomplete")
        (target / STAMP).unlink(missing_ok=True)
        shutil.rmtree(target)
    say("creating .venv and installing the Python packages: about a minute")
    run([base_python(), "-m", "venv", target], "creating .venv")
    # To compile all files of the AWS provider takes longer than to install them, and few are ever imported.
    install = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"]
    files = [word for name in REQUIREMENTS for word in ("-r", checkout / name)]
    run([target / "bin" / "python", *install, "--require-hashes", *files], "installing the Python packages")
