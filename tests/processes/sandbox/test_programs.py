"""Tests of the programs that a sandbox deploys: this project's, and others that use the components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import cli, programs
from sandbox.errors import SandboxError
from sandbox.session import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, text: str) -> Path:
    """Write a program's Pulumi.yaml."""
    (folder / "Pulumi.yaml").write_text(text)
    return folder


def test_this_project_is_the_default() -> None:
    """No folder, and the checkout's own, are this project."""
    assert programs.at(None) == programs.at(CHECKOUT) == programs.OWN
    assert programs.OWN.is_own


@pytest.mark.parametrize("runtime", ["python", "{name: python, options: {virtualenv: .venv}}"])
def test_another_program(tmp_path: Path, runtime: str) -> None:
    """It has its own name, and the sandbox's region where it has no file for the stack."""
    found = programs.at(write(tmp_path, f"name: reports\nruntime: {runtime}\n"))
    assert (found.project, found.folder, found.is_own) == ("reports", tmp_path, False)
    found.check("sandbox")
    assert found.defaults("sandbox") == {"aws:region": "eu-central-1"}
    (tmp_path / "Pulumi.sandbox.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    found.check("sandbox")
    assert found.defaults("sandbox") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no Pulumi.yaml; must be the folder of a Pulumi program"),
        ("name: reports\nruntime: nodejs\n", "the runtime in Pulumi.yaml is 'nodejs'; must be python"),
        ("name: reports\n", "the runtime in Pulumi.yaml is 'None'; must be python"),
        (
            "name: reports\nruntime: python\nmain: infra\n",
            "Pulumi.yaml has `main: infra`, which the sandbox cannot follow; move the program beside its Pulumi.yaml",
        ),
        ("runtime: python\n", "the name in Pulumi.yaml is 'None'; must be the project's name"),
    ],
)
def test_refuses_a_folder_without_a_program(tmp_path: Path, text: str | None, said: str) -> None:
    """The error names the folder, what was found and what is needed."""
    if text is not None:
        write(tmp_path, text)
    with pytest.raises(SandboxError) as raised:
        programs.at(tmp_path)
    assert str(raised.value) == f"--program {tmp_path}: {said}"


def test_refuses_a_stack_file_that_cannot_be_used(tmp_path: Path) -> None:
    """A stack file is checked before anything starts."""
    found = programs.at(write(tmp_path, "name: reports\nruntime: python\n"))
    (tmp_path / "Pulumi.sandbox.yaml").write_text("config:\n  aws:region: europe\n")
    with pytest.raises(SandboxError, match="aws:region"):
        found.check("sandbox")


@pytest.mark.parametrize("given", ["reports", "=.", "reports=", "reports=absent"])
def test_refuses_an_image_without_a_folder(given: str) -> None:
    """The error shows the form."""
    with pytest.raises(SandboxError, match=f"^--image {given}: must be NAME=FOLDER, with a folder that exists$"):
        cli._images([given])
