"""Job files are read one by one, and each mistake says in which file and line it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

import jobs
from jobs import loading
from jobs.spec import Job
from settings import Problems

if TYPE_CHECKING:
    from pathlib import Path

Load = Callable[..., tuple[list[Job], list[str]]]

SOUND = 'from jobs.spec import Job\n\nJOB = Job(\n    name="{name}",\n    command=["true"],\n    owner="data",\n)\n'


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Read job files from a folder of their own; `listed` is what JOBS says, all of them when left out."""

    def load(files: dict[str, str | bytes], listed: Any = None) -> tuple[list[Job], list[str]]:  # noqa: ANN401
        for name in ("__init__", "loading", "spec"):
            (tmp_path / f"{name}.py").touch()
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_bytes(text if isinstance(text, bytes) else text.encode())
            monkeypatch.delitem(sys.modules, f"jobs.{name}", raising=False)
            monkeypatch.delattr(jobs, name, raising=False)
        monkeypatch.setattr(loading, "_FOLDER", tmp_path)
        monkeypatch.setattr(jobs, "__path__", [str(tmp_path)])
        monkeypatch.setattr(jobs, "JOBS", tuple(files) if listed is None else listed)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        problems = Problems()
        found = loading.load(problems)
        for name in files:
            sys.modules.pop(f"jobs.{name}", None)
        return found, [str(problem) for problem in problems]

    return load


def test_reads_every_real_job() -> None:
    """The project's own job files load without a problem, in the order in which they are listed."""
    problems = Problems()
    found = loading.load(problems)
    assert not len(problems)
    assert [job.name.replace("-", "_") for job in found] == list(jobs.JOBS)
    assert len(found) >= 5


def test_reads_sound_files(load: Load) -> None:
    """A listed file with a job of its name is loaded; underscores of the file are hyphens of the job."""
    found, problems = load({"one_job": SOUND.format(name="one-job")})
    assert (found, problems) == ([Job(name="one-job", command=["true"], owner="data")], [])


A = SOUND.format(name="a")
MISTAKES: dict[str, tuple[dict[str, str | bytes], Any, list[str]]] = {
    "not listed": ({"a": A, "b": A}, ("a",), ["jobs/b.py: is not listed in jobs/__init__.py"]),
    "listed twice": ({"a": A}, ("a", "a"), ["jobs/__init__.py: lists 'a' more than once"]),
    "no file": (
        {"nightly_report": SOUND.format(name="nightly-report")},
        ("nightly_report", "nigthly_report"),
        [
            (
                "jobs/__init__.py: lists 'nigthly_report', but there is no jobs/nigthly_report.py; "
                "did you mean 'nightly_report'?"
            )
        ],
    ),
    "a text instead of a tuple": (
        {"a": A},
        "a",
        ["jobs/__init__.py.JOBS: 'a': must be a tuple of file names, such as (\"cleanup\",)"],
    ),
    "a set": (
        {"a": A},
        {"a"},
        ['jobs/__init__.py.JOBS: "{\'a\'}": must be a tuple of file names, such as ("cleanup",)'],
    ),
    "a mapping": (
        {"a": A},
        {"a": 1},
        ['jobs/__init__.py.JOBS: {"a": 1}: must be a tuple of file names, such as ("cleanup",)'],
    ),
    "another iterable": (
        {"a": A},
        range(0),
        ['jobs/__init__.py.JOBS: "range(0, 0)": must be a tuple of file names, such as ("cleanup",)'],
    ),
    "no texts": (
        {"a": A},
        ("a", 5),
        ['jobs/__init__.py.JOBS: ["a", 5]: must be a tuple of file names, such as ("cleanup",)'],
    ),
    "syntax error": (
        {"a": "\n\nJOB = Job(\n"},
        None,
        ["jobs/a.py:3: SyntaxError: '(' was never closed (a.py, line 3)"],
    ),
    "null byte": ({"a": b"\0"}, None, ["jobs/a.py: SyntaxError: source code string cannot contain null bytes"]),
    "unknown field": (
        {"a": A.replace("command", "comand")},
        None,
        ["jobs/a.py:3: TypeError: Job.__init__() got an unexpected keyword argument 'comand'; did you mean 'command'?"],
    ),
    "missing field": (
        {"a": 'from jobs.spec import Job\nJOB = Job(name="a")\n'},
        None,
        [
            "jobs/a.py:2: TypeError: Job.__init__() missing 2 required keyword-only arguments: 'command' and 'owner'",
        ],
    ),
    "an error of its own": ({"a": "x = 1\n1 / 0\n"}, None, ["jobs/a.py:2: ZeroDivisionError: division by zero"]),
    "an exit": ({"a": "import sys\nsys.exit(3)\n"}, None, ["jobs/a.py:2: SystemExit: 3"]),
    "no job": ({"a": "JOBB = 5\n"}, None, ["jobs/a.py: defines no JOB = Job(...)"]),
    "JOB of another type": ({"a": "JOB = dict(name='a')\n"}, None, ["jobs/a.py: defines no JOB = Job(...)"]),
    "another name": (
        {"a_b": SOUND.format(name="a_b")},
        None,
        ["jobs/a_b.py.name: 'a_b': must be 'a-b', as the file is called"],
    ),
    "a name that is no text": (
        {"a": A.replace('"a"', "5")},
        None,
        ["jobs/a.py.name: 5: must be 'a', as the file is called"],
    ),
}


@pytest.mark.parametrize(("files", "listed", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_names_mistakes(load: Load, files: dict[str, str | bytes], listed: object, expected: list[str]) -> None:
    """A wrong job file, or list of them, gives exactly these messages."""
    assert load(files, listed)[1] == expected


def test_says_that_the_list_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without JOBS there is one message, and none on each file."""
    monkeypatch.delattr(jobs, "JOBS")
    problems = Problems()
    assert loading.load(problems) == []
    assert [str(p) for p in problems] == [
        'jobs/__init__.py.JOBS: is missing: jobs/__init__.py says no JOBS = ("cleanup",)'
    ]


def test_reads_on_after_a_mistake(load: Load) -> None:
    """One broken file does not keep the others from being read, nor from being judged."""
    found, problems = load({"a": "1 / 0", "b": "JOB =", "c": SOUND.format(name="c")})
    assert [job.name for job in found] == ["c"]
    assert len(problems) == 2
