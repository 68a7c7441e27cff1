"""Tests that the project's name is read from Pulumi.yaml, in every form in which YAML may write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import NAMESPACE, Problems, project

NAMES = {
    "plain": (b"name: acme-jobs\nruntime: python\n", "acme-jobs"),
    "quoted": (b"runtime: python\n'name': \"acme.jobs\" # ours\n", "acme.jobs"),
    "a number": (b"name: 42\n", "42"),
    "no name": (b"runtime: python\n", None),
    "an empty name": (b"name:\n", None),
    "a list": (b"name: [a]\n", None),
    "no mapping": (b"- a\n", None),
    "no YAML": (b"name: {\n", None),
    "no UTF-8": (b"\xff", None),
    "nothing": (b"", None),
}


@pytest.mark.parametrize(("content", "name"), NAMES.values(), ids=NAMES)
def test_reads_the_name(tmp_path: Path, content: bytes, name: str | None) -> None:
    """The name is text, however it is written; a file without one has none."""
    file = tmp_path / "Pulumi.yaml"
    file.write_bytes(content)
    assert project.name(file) == name
    assert project.name(tmp_path / "missing") is None


def test_the_namespace_is_the_name_of_this_project() -> None:
    """The namespace is the name in the Pulumi.yaml of the checkout."""
    assert project.name(Path(__file__).parents[3] / "Pulumi.yaml") == NAMESPACE


def test_reports_a_file_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project file that has no name is a problem, and a sound one is none."""
    problems = Problems()
    project.check(problems)
    assert list(problems) == []
    monkeypatch.setattr(project, "FILE", tmp_path / "Pulumi.yaml")
    project.check(problems)
    assert [str(p) for p in problems] == [
        "Pulumi.yaml: the project's name cannot be read; must be a line such as name: acme-jobs"
    ]
