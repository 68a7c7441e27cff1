from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).parents[3]
LOCKS = ["requirements.txt", "requirements-dev.txt"]
PINS = [
    *LOCKS,
    *(f"toolchain/{module}/go.{kind}" for module in ("pulumi", "language-python") for kind in ("mod", "sum")),
]

# A fake Python that logs its arguments, and exits with $CODE if that is set.
FAKE_PYTHON = 'echo "$(basename $0) $*" >> "$LOG"; exit "${CODE:-0}"'


@pytest.mark.parametrize("name", PINS)
def test_pins_name_no_registry(name: str) -> None:
    """The lock files contain no address of a registry, so that any registry can be used."""
    lines = [line for line in (CHECKOUT / name).read_text().splitlines() if not line.lstrip().startswith("#")]
    assert not [line for line in lines if re.search(r"://|--(extra-)?index|--find-links|--trusted-host|^GOPROXY", line)]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    """Each package has an exact version and at least one SHA-256, for Python 3.11 and everything newer."""
    packages = re.split(r"\n(?=\S)", (CHECKOUT / name).read_text())
    packages = [package for package in packages if not package.startswith("#")]
    assert len(packages) > 20
    assert not [package for package in packages if not re.match(r"[a-z0-9-]+==\S+ .*\\\n +--hash=sha256:", package)]


@pytest.mark.parametrize("name", LOCKS)
def test_what_is_asked_for_is_pinned(name: str) -> None:
    """Each package that a .in file names with a version is in its lock file with that version."""
    source = (CHECKOUT / name).with_suffix(".in").read_text()
    asked = re.findall(r"^([A-Za-z0-9-]+)(?:\[.*\])?==(\S+)", source, re.MULTILINE)
    locked = (CHECKOUT / name).read_text()
    assert asked
    assert not [(package, version) for package, version in asked if f"\n{package.lower()}=={version} " not in locked]


@pytest.fixture
def make(tmp_path: Path, program: Callable[[Path, str], Path]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs `make` in a copy in which every Python only logs its arguments."""
    shutil.copy(CHECKOUT / "Makefile", tmp_path)
    program(tmp_path / "python", FAKE_PYTHON)

    def run(*words: str, code: int = 0, complete: bool = True) -> subprocess.CompletedProcess[str]:
        if complete:
            program(tmp_path / ".venv" / "bin" / "python", FAKE_PYTHON)
            (tmp_path / ".venv" / "complete").touch()
        environment = {**os.environ, "LOG": str(tmp_path / "log"), "CODE": str(code)}
        for name in ("MAKEFLAGS", "MAKELEVEL", "STACK", "BASE", "ARGS", "PYTHON"):
            environment.pop(name, None)
        command = ["make", f"PYTHON={tmp_path / 'python'}", *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


SETUP = "python -m toolchain setup"


@pytest.mark.parametrize(
    ("words", "calls"),
    [
        pytest.param(["setup"], [SETUP], id="setup"),
        pytest.param(["up"], [SETUP, "python -m sandbox up"], id="up"),
        pytest.param(["up", "ARGS=--live"], [SETUP, "python -m sandbox up --live"], id="up-args"),
        pytest.param(["up", "PROVIDER=real"], [SETUP, "python -m sandbox up --provider real"], id="up-real"),
        pytest.param(["down"], ["python -m sandbox down"], id="down"),
        pytest.param(["preview"], [SETUP, "python -m sandbox preview sandbox"], id="preview"),
        pytest.param(
            ["preview", "STACK=staging", "BASE=main", "ARGS=--json --diff"],
            [SETUP, "python -m sandbox preview staging --base main -- --json --diff"],
            id="preview-all",
        ),
        pytest.param(
            ["preview", "STACK=staging", "PROVIDER=real"],
            [SETUP, "python -m sandbox preview staging --provider real"],
            id="preview-real",
        ),
    ],
)
def test_targets_run_what_they_say(
    words: list[str], calls: list[str], make: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """A target sets up if needed and runs its command, and only the command prints."""
    done = make(*words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "log").read_text().splitlines() == calls


@pytest.mark.parametrize("target", ["setup", "up", "down", "preview", "test", "lint"])
def test_failures_reach_the_shell(
    target: str, make: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """A target fails when its command fails, and runs nothing after it."""
    assert make(target, code=3).returncode != 0
    assert len((tmp_path / "log").read_text().splitlines()) == 1


@pytest.mark.parametrize("target", ["down", "clean"])
def test_cleaning_up_needs_no_set_up(
    target: str, make: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """Without a complete environment, `make down` does not stop or create anything."""
    (tmp_path / ".venv").mkdir()
    assert make(target, complete=False).returncode == 0
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize("target", ["down", "clean"])
def test_a_sandbox_is_never_forgotten(
    target: str, make: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """If a sandbox exists but no complete environment can stop it, a message says so and nothing is removed."""
    (tmp_path / ".sandbox").mkdir()
    done = make(target, complete=False)
    assert done.returncode != 0
    assert "make setup down" in done.stderr
    assert (tmp_path / ".sandbox").exists()


def test_clean_removes_what_was_made(make: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    """`make clean` stops the sandbox first and then removes everything that git ignores."""
    lines = (CHECKOUT / ".gitignore").read_text().splitlines()
    ignored = [line.strip("/") for line in lines if line and not line.startswith("#")]
    for name in ignored:
        (tmp_path / name).mkdir()
    (tmp_path / "package" / "__pycache__").mkdir(parents=True)
    assert make("clean").returncode == 0
    assert (tmp_path / "log").read_text() == "python -m sandbox down\n"
    assert {".venv", "__pycache__"} <= set(ignored)
    assert not [name for name in ignored if (tmp_path / name).exists()]
    assert list((tmp_path / "package").iterdir()) == []


def test_the_default_lists_every_target(make: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    """Plain `make` lists each target with its description and runs nothing."""
    listed = re.findall(r"^  make ([a-z-]+) +\S", make().stdout, re.MULTILINE)
    phony = re.findall(r"^\.PHONY: (\S+)$", (tmp_path / "Makefile").read_text(), re.MULTILINE)
    assert listed == phony
    assert "setup" in listed
    assert not (tmp_path / "log").exists()


def test_ci_runs_lint_and_tests(
    program: Callable[[Path, str], Path], only_path: Callable[..., None], tmp_path: Path
) -> None:
    """CI runs the two targets from the root of the checkout, and fails when the first does."""
    program(tmp_path / "bin" / "make", 'echo "$PWD $*"; exit "${CODE:-0}"')
    only_path(tmp_path / "bin")
    root = tmp_path / "root"
    (root / ".ci").mkdir(parents=True)
    script = shutil.copy(CHECKOUT / ".ci" / "run", root / ".ci")
    for code, lines in ((0, [f"{root} lint", f"{root} test"]), (2, [f"{root} lint"])):
        environment = {**os.environ, "CODE": str(code)}
        done = subprocess.run([script], cwd="/", env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.splitlines()) == (code, lines)
