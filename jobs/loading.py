"""Reads the job files, so that a mistake in one is a message and does not keep the others from being read."""

from __future__ import annotations

import dataclasses
import importlib
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import jobs
from jobs.spec import Job
from settings.problems import Problems, accepted

if TYPE_CHECKING:
    from collections.abc import Sequence

LIST = "jobs/__init__.py.JOBS"
"""What problems call the list of job files."""

_EXAMPLE = 'JOBS = ("cleanup",)'
_MISSING = object()
_FOLDER = Path(__file__).parent
_UNKNOWN_FIELD = re.compile(r"Job\.__init__\(\) got an unexpected keyword argument '(\w+)'")
_NO_JOB_FILES = frozenset({"__init__", "loading", "spec"})


def load(problems: Problems, names: Sequence[str] | None = None) -> list[Job]:
    """Return the jobs of the files that `jobs.JOBS` lists (or `names`); what cannot be read goes to `problems`."""
    listed = getattr(jobs, "JOBS", _MISSING) if names is None else names
    if listed is _MISSING:
        problems.add(LIST, f"is missing: jobs/__init__.py says no {_EXAMPLE}")
        return []
    if not isinstance(listed, list | tuple) or not all(isinstance(name, str) for name in listed):
        problems.add_value(LIST, listed, 'must be a tuple of file names, such as ("cleanup",)')
        return []
    present = {path.stem for path in _FOLDER.glob("*.py")} - _NO_JOB_FILES
    for name in sorted(present - set(listed)):
        problems.add(file_of(name), "is not listed in jobs/__init__.py")
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        problems.add("jobs/__init__.py", f"lists '{name}' more than once")
    found = [_load(name, present, problems) for name in dict.fromkeys(listed)]
    return [job for job in found if job is not None]


def file_of(name: str) -> str:
    """Name the file that holds a job: the job's name with underscores."""
    return f"jobs/{name.replace('-', '_')}.py"


def _load(name: str, present: set[str], problems: Problems) -> Job | None:
    if name not in present:
        problems.add("jobs/__init__.py", f"lists '{name}', but there is no {file_of(name)}" + accepted(name, present))
        return None
    try:
        job = getattr(importlib.import_module(f"jobs.{name}"), "JOB", None)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a job file is the user's: what it raises is theirs to mend
        problems.add(_place(name, error), f"{type(error).__name__}: {error}{_meant(error)}")
        return None
    if not isinstance(job, Job):
        problems.add(file_of(name), "defines no JOB = Job(...)")
        return None
    if job.name != name.replace("_", "-"):
        problems.add_value(
            f"{file_of(name)}.name", job.name, f"must be '{name.replace('_', '-')}', as the file is called"
        )
        return None
    return job


def _place(name: str, error: BaseException) -> str:
    """Find the line of the job file at which reading it ended."""
    file = _FOLDER / f"{name}.py"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == file]
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename) == file:
        lines = [error.lineno]
    return f"{file_of(name)}:{lines[-1]}" if lines and lines[-1] else file_of(name)


def _meant(error: BaseException) -> str:
    """Say which field was meant by one that `Job` does not have."""
    unknown = _UNKNOWN_FIELD.search(str(error))
    return accepted(unknown[1], (field.name for field in dataclasses.fields(Job))) if unknown else ""
