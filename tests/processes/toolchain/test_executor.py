"""Tests of the script with which a built language host starts programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from toolchain import go_build
from toolchain.executor import OWN_SCRIPT, environment_python
from toolchain.virtual_environment import base_python

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = {
    "the setting of this project": ("runtime:\n  name: python\n  options:\n    virtualenv: .venv\n", True),
    "in quotes": ('runtime:\n  options:\n    virtualenv: ".venv" # ours\n', True),
    "another environment": ("runtime:\n  options:\n    virtualenv: venv\n", False),
    "no setting": ("runtime: python\n", False),
}


@pytest.fixture
def project(tmp_path: Path, program: Callable[[Path, str], Path]) -> Path:
    """Return a project with an environment whose Python prints its arguments."""
    program(tmp_path / "project" / ".venv" / "bin" / "python", 'echo "environment: $@"')
    return tmp_path / "project"


@pytest.mark.parametrize(("text", "found"), SETTINGS.values(), ids=SETTINGS)
def test_finds_the_environment_of_a_project(project: Path, text: str, found: bool) -> None:  # noqa: FBT001
    """The Python of the environment in Pulumi.yaml is found, if it is there."""
    (project / "Pulumi.yaml").write_text(text)
    assert environment_python(project) == (project / ".venv" / "bin" / "python" if found else None)
    assert environment_python(project / "missing") is None


def start(python: Path | str, directory: Path, project: Path) -> str:
    """Start a program of a project as the language host does, and return what was printed."""
    command = [python, directory / go_build.EXECUTOR, "--monitor", "a:1", "--pwd", project, "."]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_takes_the_python_that_has_pulumi(tmp_path: Path, project: Path) -> None:
    """A Python without Pulumi gives way to the environment's; one with Pulumi runs the language host's own script."""
    (project / "Pulumi.yaml").write_text(SETTINGS["the setting of this project"][0])
    (tmp_path / go_build.EXECUTOR).write_text("import sys; print('own script:', *sys.argv[1:])\n")
    go_build.put_executor(tmp_path)
    words = f"--monitor a:1 --pwd {project} ."
    own = tmp_path / OWN_SCRIPT
    assert start(sys.executable, tmp_path, project) == f"own script: {words}\n"
    assert start(base_python(), tmp_path, project) == f"environment: {own} {words}\n"
    (project / "Pulumi.yaml").unlink()
    assert start(base_python(), tmp_path, project) == f"own script: {words}\n"


def test_puts_the_script_once(tmp_path: Path) -> None:
    """The language host's own script is kept, and an older copy of ours is replaced."""
    executor, own = tmp_path / go_build.EXECUTOR, tmp_path / OWN_SCRIPT
    executor.write_text("the language host's own")
    for _ in range(2):
        go_build.put_executor(tmp_path)
        assert own.read_text() == "the language host's own"
        assert executor.read_text() == (Path(go_build.__file__).parent / "executor.py").read_text()
        assert executor.stat().st_mode & 0o777 == 0o755
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([executor.name, own.name])
        executor.write_text("an older copy of ours")
