"""Tests of the Dockerfiles of jobs: the files that must be there, and what must not stay in an image."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import pytest

from plan import dockerfiles, job_files
from settings import Dockerfile, Problems

if TYPE_CHECKING:
    from pathlib import Path

WHERE = "jobs/report.py.image"
ARGUMENT = (
    "and arguments stay in the image; use a secret of the image instead (`secrets`), or build the image elsewhere and "
    "name it by its tag"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a project with one folder to build."""
    monkeypatch.setattr(dockerfiles, "PROJECT", tmp_path / "project")
    folder = tmp_path / "project" / "images" / "report"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path / "project"


def check(context: str = "images/report", **fields: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401
    """Return the mistakes and the warnings about a Dockerfile."""
    problems = Problems()
    dockerfiles.check(Dockerfile(context, **fields), WHERE, problems)
    return [str(one) for one in problems], [str(one) for one in problems.warnings]


def test_what_is_there_is_fine(project: Path) -> None:
    """Also with a Dockerfile of another name, and arguments."""
    (project / "images" / "report" / "it.Dockerfile").write_text("FROM scratch\n")
    assert check() == ([], [])
    assert check(file="it.Dockerfile", target="run", args={"PYTHON_VERSION": "3.13"}) == ([], [])


def test_a_missing_folder_or_file(project: Path) -> None:
    """The message has the place, the value, and where it was looked for."""
    assert check("images/none")[0] == [f"{WHERE}.build.context: 'images/none': no such folder in the project"]
    assert check("images/report/Dockerfile")[0] == [
        f"{WHERE}.build.context: 'images/report/Dockerfile': no such folder in the project"
    ]
    assert check("images")[0] == [f"{WHERE}.build.file: 'Dockerfile': no such file in images"]


def test_a_link_out_of_the_project(project: Path) -> None:
    """It would be another folder on another machine."""
    outside = project.parent / "outside"
    outside.mkdir()
    (outside / "Dockerfile").write_text("FROM scratch\n")
    (project / "link").symlink_to(outside)
    assert check("link")[0] == [f"{WHERE}.build.context: 'link': is a link that leads out of the project"]


def test_arguments_that_seem_secret(project: Path) -> None:
    """They are refused, and the value is not shown."""
    args = {"NPM_TOKEN": "abcdef", "INDEX": "https://me:hunter22@pypi.example.com/", "VERSION": "3"}
    mistakes, _ = check(args=args)
    assert mistakes == [
        f"{WHERE}.build.args.INDEX: the value contains a password, {ARGUMENT}",
        f"{WHERE}.build.args.NPM_TOKEN: the name looks like a secret's, {ARGUMENT}",
    ]


@pytest.mark.parametrize("ignoring", [".dockerignore", "Dockerfile.dockerignore"])
def test_what_an_image_should_not_have(project: Path, ignoring: str) -> None:
    """A warning names it, unless a file says what is left out."""
    folder = project / "images" / "report"
    (folder / ".env").write_text("PASSWORD=x\n")
    (folder / ".venv").mkdir()
    why = "has .env, .venv and no .dockerignore, so `COPY . .` takes them into the image"
    assert check() == ([], [f"{WHERE}.build.context: 'images/report': {why}"])
    (folder / ignoring).write_text(".env\n")
    assert check() == ([], [])


def test_a_job_file_with_a_dockerfile(project: Path, tmp_path: Path) -> None:
    """Its fields arrive as they are written; an unknown one is reported with those that there are."""
    del project
    written = (
        'from settings import Dockerfile, Image, Job\n\nJOB = Job(name="a", command=["a"], owner="o", image=Image('
    )
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    (jobs / "a.py").write_text(f'{written}build=Dockerfile("images/report", args={{"A": "1"}})))\n')
    problems = Problems()
    (job,) = job_files.load(problems, jobs)
    assert job.image is not None
    assert (list(problems), job.image.build) == ([], Dockerfile("images/report", args={"A": "1"}))
    (jobs / "a.py").write_text(f'{written}build=Dockerfile("images/report", stage="run")))\n')
    importlib.invalidate_caches()
    sys.modules.pop("jobs.a")
    assert job_files.load(problems, jobs) == []
    why = "TypeError: Dockerfile.__init__() got an unexpected keyword argument 'stage'; did you mean 'target'?"
    assert [str(one) for one in problems] == [f"jobs/a.py:3: {why}"]
