"""`pulumi preview` outside an activated environment, as the README has it, with the CLI that `make setup` provides."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from toolchain import go_build
from toolchain.executor import OWN_SCRIPT
from toolchain.pulumi_cli import pulumi_directory
from toolchain.virtual_environment import base_python

if TYPE_CHECKING:
    from pathlib import Path

PULUMI_YAML = "name: acme\nruntime:\n  name: python\n  options:\n    toolchain: pip\n    virtualenv: .venv\n"


def test_finds_the_environment_of_the_project(tmp_path: Path) -> None:
    """The program runs with the Python of `.venv`, though the first Python on PATH has no Pulumi."""
    directory = pulumi_directory()
    if directory is None or not (directory / go_build.EXECUTOR).exists():
        pytest.skip("the CLI was not built by `make setup`, so its language host reads `virtualenv` itself")
    host = tmp_path / "host"
    host.mkdir()
    for name in ("pulumi-language-python", go_build.EXECUTOR, OWN_SCRIPT):
        if (directory / name).exists():  # a CLI that was built by an earlier version has no copy of the own script yet
            shutil.copy(directory / name, host)
    go_build.put_executor(host)
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text(PULUMI_YAML)
    (project / "__main__.py").write_text("import pulumi, sys; pulumi.export('prefix', sys.prefix)\n")
    (project / ".venv").symlink_to(sys.prefix)
    (tmp_path / "state").mkdir()
    path = [str(host), str(directory), str(base_python().parent), "/usr/bin", "/bin"]
    environment = {
        "PATH": os.pathsep.join(path),
        "HOME": str(tmp_path),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }

    def pulumi(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["pulumi", *words, "--non-interactive"]
        return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)

    assert pulumi("stack", "init", "staging").returncode == 0
    done = pulumi("preview", "-s", "staging")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f'"{project / ".venv"}"' in done.stdout
