from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from toolchain import virtual_environment
from toolchain.errors import ToolchainError
from toolchain.virtual_environment import base_python, ensure, is_current, stamp

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

# A fake Python whose `-m venv` creates an environment with a Python that runs {install} instead of pip.
FAKE_PYTHON = """
echo "base $*" >> {log}
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "pip $*" >> {log}\\n{install}\\n' > "$3/bin/python"
chmod +x "$3/bin/python"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with requirements files."""
    directory = tmp_path / "checkout"
    directory.mkdir()
    for name in virtual_environment.REQUIREMENTS:
        (directory / name).write_text(name)
    return directory


@pytest.fixture
def base(
    tmp_path: Path, program: Callable[[Path, str], Path], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """Return a function that makes `ensure` use a fake Python and returns the log of that Python."""

    def put(install: str = "true") -> Path:
        log = tmp_path / "log"
        fake = program(tmp_path / "fake", FAKE_PYTHON.format(log=log, install=install))
        monkeypatch.setattr(virtual_environment, "base_python", lambda: fake)
        return log

    return put


def test_installs_with_every_hash_checked(checkout: Path, base: Callable[..., Path], tmp_path: Path) -> None:
    """An environment is created from all requirements files, with hashes, without output or questions."""
    log = base()
    target = ensure(checkout, tmp_path / "locks")
    assert target == checkout / ".venv"
    assert log.read_text().splitlines() == [
        f"base -m venv {target}",
        (
            "pip -m pip install --quiet --no-input --disable-pip-version-check --no-compile --require-hashes"
            f" -r {checkout / 'requirements.txt'} -r {checkout / 'requirements-dev.txt'}"
        ),
    ]


def test_makes_nothing_twice(checkout: Path, base: Callable[..., Path], tmp_path: Path) -> None:
    """An environment that is up to date is left as it is."""
    log = base()
    ensure(checkout, tmp_path / "locks")
    made = log.read_text()
    ensure(checkout, tmp_path / "locks")
    assert log.read_text() == made


@pytest.mark.parametrize("changed", virtual_environment.REQUIREMENTS)
def test_follows_the_requirements(changed: str, checkout: Path, base: Callable[..., Path], tmp_path: Path) -> None:
    """When a requirements file changes, the environment is replaced by a new one."""
    log = base()
    target = ensure(checkout, tmp_path / "locks")
    (target / "old").touch()
    (checkout / changed).write_text("changed")
    ensure(checkout, tmp_path / "locks")
    assert not (target / "old").exists()
    assert len(log.read_text().splitlines()) == 4


def test_the_stamp_depends_on_python_and_place(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another Python and another path of the checkout each need a new environment."""
    stamps = {stamp(checkout)}
    monkeypatch.setattr(sys, "version", "another")
    stamps.add(stamp(checkout))
    checkout.rename(tmp_path / "moved")
    stamps.add(stamp(tmp_path / "moved"))
    assert len(stamps) == 3


def test_an_environment_whose_python_is_gone_is_made_anew(
    checkout: Path, base: Callable[..., Path], tmp_path: Path
) -> None:
    """A stamp does not count if the environment's Python is missing, as after an upgrade of the system."""
    base()
    python = ensure(checkout, tmp_path / "locks") / "bin" / "python"
    python.unlink()
    python.symlink_to(tmp_path / "nowhere")
    assert not is_current(checkout / ".venv", stamp(checkout))
    ensure(checkout, tmp_path / "locks")
    assert is_current(checkout / ".venv", stamp(checkout))


@pytest.mark.parametrize("kind", ["directory", "file", "link"])
def test_whatever_is_in_the_way_is_replaced(
    kind: str, checkout: Path, base: Callable[..., Path], tmp_path: Path
) -> None:
    """An incomplete environment, or a file or link in its place, is removed, but never the target of a link."""
    base()
    target, linked = checkout / ".venv", tmp_path / "linked"
    linked.mkdir()
    if kind == "link":
        target.symlink_to(linked)
    elif kind == "file":
        target.touch()
    else:
        target.mkdir()
        (target / "half-made").touch()
    ensure(checkout, tmp_path / "locks")
    assert sorted(path.name for path in target.iterdir()) == ["bin", "complete"]
    assert list(linked.iterdir()) == []
    assert not target.is_symlink()


def test_a_failed_installation_is_shown_and_does_not_count(
    checkout: Path, base: Callable[..., Path], tmp_path: Path
) -> None:
    """If pip fails, the message is the end of its output, and the next call starts again."""
    base("echo no such host >&2; exit 1")
    with pytest.raises(ToolchainError, match=r"^installing the Python packages: .* ended with 1:\n    no such host$"):
        ensure(checkout, tmp_path / "locks")
    assert not is_current(checkout / ".venv", stamp(checkout))
    base()
    ensure(checkout, tmp_path / "locks")
    assert is_current(checkout / ".venv", stamp(checkout))


# Creates an environment in a separate process.
ENSURE = """
from pathlib import Path
from toolchain import virtual_environment
virtual_environment.base_python = lambda: Path({fake!r})
print(virtual_environment.ensure(Path({checkout!r}), Path({locks!r})))
"""


def test_two_at_once_make_one(
    checkout: Path,
    base: Callable[..., Path],
    gate: Path,
    python: Callable[[str], subprocess.Popen[str]],
    tmp_path: Path,
) -> None:
    """Of two calls at once in one checkout, one creates the environment and the other waits for it."""
    log = base(f"cat {gate}")
    code = ENSURE.format(fake=str(tmp_path / "fake"), checkout=str(checkout), locks=str(tmp_path / "locks"))
    first = python(code)
    assert first.stderr is not None
    assert "creating .venv" in first.stderr.readline()
    second = python(code)
    assert second.stderr is not None
    assert "waiting for another process" in second.stderr.readline()
    gate.write_text("")
    assert first.communicate()[0] == second.communicate()[0] == f"{checkout / '.venv'}\n"
    assert len(log.read_text().splitlines()) == 2


def test_recovers_from_a_killed_one(
    checkout: Path,
    base: Callable[..., Path],
    gate: Path,
    python: Callable[[str], subprocess.Popen[str]],
    tmp_path: Path,
) -> None:
    """An environment whose creation was killed does not count, and is created again."""
    base(f"cat {gate}")
    code = ENSURE.format(fake=str(tmp_path / "fake"), checkout=str(checkout), locks=str(tmp_path / "locks"))
    killed = python(code)
    # To open the gate's other end waits for the installation to begin; to close it lets the installation end.
    with gate.open("w"):
        killed.kill()
        killed.wait()
    assert not is_current(checkout / ".venv", stamp(checkout))
    base()
    ensure(checkout, tmp_path / "locks")
    assert is_current(checkout / ".venv", stamp(checkout))


def test_makes_environments_from_a_python_outside_of_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Inside an environment, the Python that created it is used, since the environment may be replaced."""
    real, linked = tmp_path / "real", tmp_path / "linked"
    real.touch()
    linked.symlink_to(real)
    monkeypatch.setattr(sys, "executable", str(linked))
    monkeypatch.setattr(sys, "prefix", "/environment")
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    assert base_python() == real
    monkeypatch.setattr(sys, "prefix", "/usr")
    assert base_python() == linked
