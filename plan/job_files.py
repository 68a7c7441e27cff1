"""Reads the job files. A mistake in one file becomes a problem, and the other files are still read.

Every file of the folder is a job, except files whose names begin with an underscore: they are helpers of the others.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from plan import own_thread
from plan.plain_values import plain
from settings import (
    Dockerfile,
    Ebs,
    Efs,
    Function,
    Handler,
    HealthCheck,
    Http,
    Image,
    InProcess,
    Job,
    Scratch,
    Sidecar,
    Worker,
)
from settings.problems import Problems, accepted

_PACKAGE = "jobs"
_FOLDER = Path(__file__).parent.parent / _PACKAGE
_INIT = "__init__"
PACKAGE_FILE = f"{_PACKAGE}/{_INIT}.py"
"""This file is optional. If it exists but cannot be imported, no job file can be read."""
_STEM = re.compile(r"[a-z][a-z0-9_]*")
_MISSING_FIELDS = re.compile(r"Job\.__init__\(\) missing \d+ required keyword-only arguments?: .*")
_PARTS = (Dockerfile, Ebs, Efs, Function, Handler, HealthCheck, Http, Image, InProcess, Scratch, Sidecar, Worker)
"""The types that a field of a job or of an image may have."""
_TYPES = {kind.__name__: kind for kind in (Job, *_PARTS)}
_UNKNOWN_FIELD = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")


def load(problems: Problems, folder: Path = _FOLDER) -> list[Job]:
    """Return the jobs of a folder's files, in the order of their names; mistakes go to `problems`."""
    if not _import_package(folder, problems):
        return []
    names = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    found = [_load(name, folder, problems) for name in names]
    return [job for job in found if job is not None]


def file_of(name: str) -> str:
    """Return the file of a job: the job's name with underscores."""
    return f"{_PACKAGE}/{name.replace('-', '_')}.py"


def _import_package(folder: Path, problems: Problems) -> bool:
    """Make `jobs` the package of this folder, even if another is installed; return whether its files can be read.

    The folder needs no `__init__.py`. If it has one, it is imported, as Python does.
    """
    known = sys.modules.get(_PACKAGE)
    if known is not None and list(getattr(known, "__path__", ())) == [str(folder)]:
        return True
    for name in [name for name in sys.modules if name == _PACKAGE or name.startswith(f"{_PACKAGE}.")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    file = folder / f"{_INIT}.py"
    if not file.exists():
        package = sys.modules[_PACKAGE] = ModuleType(_PACKAGE)
        package.__path__ = [str(folder)]
        return True
    error = own_thread.call(lambda: _import_file(_PACKAGE, file, [str(folder)])).error
    if error is not None:
        sys.modules.pop(_PACKAGE, None)
        _report(error, _INIT, folder, problems)
    return error is None


def _import_file(name: str, file: Path, folders: list[str] | None = None) -> ModuleType:
    """Import a file as the module of this name, whatever else has the name, or as the package of these folders.

    As with Python's own import, a module may put another object into its place.
    """
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folders)
    assert spec is not None  # noqa: S101 - a file that ends in .py has a loader
    assert spec.loader is not None  # noqa: S101
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return sys.modules[name]


def _load(name: str, folder: Path, problems: Problems) -> Job | None:
    file = f"{_PACKAGE}/{name}.py"
    if not _STEM.fullmatch(name):
        wanted = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "my_job"
        problems.add(file, f"must be named after its job, with underscores, such as {_PACKAGE}/{wanted}.py")
        return None
    outcome = own_thread.call(lambda: _job_of(name, folder))
    if outcome.error is not None:
        _report(outcome.error, name, folder, problems)
        return None
    job = outcome.value
    if job is None:
        problems.add(
            file, f"does not define JOB = Job(...); if it is a helper of other jobs, rename it to {_PACKAGE}/_{name}.py"
        )
        return None
    if job.name != name.replace("_", "-"):
        problems.add_value(f"{file}.name", job.name, f"must be '{name.replace('_', '-')}', like the file's name")
        return None
    return job


def _job_of(name: str, folder: Path) -> Job | None:
    """Return the job of a file, with plain values in its fields; None when it has none.

    Python would take a package of the same name for it, such as the folder of the job's handler.
    """
    module, file = f"{_PACKAGE}.{name}", folder / f"{name}.py"
    known = sys.modules.get(module)
    is_known = getattr(known, "__file__", None) == str(file)
    job = getattr(known if is_known else _import_file(module, file), "JOB", None)
    if not isinstance(job, Job):
        return None
    fields: dict[str, Any] = {field: plain(value, _PARTS) for field, value in vars(job).items()}
    return Job(**fields)


def _report(error: BaseException, name: str, folder: Path, problems: Problems) -> None:
    """Report what a file raised, with the line, if the error is in the file."""
    place, text = _place(name, folder, error), _text(error)
    if isinstance(error, own_thread.TooLongError | own_thread.EndsProgramError):
        problems.add(place, text)
    elif missing := _MISSING_FIELDS.search(text):
        for field in re.findall(r"'(\w+)'", missing[0]):
            problems.add(place, f"{field} is missing")
    else:
        problems.add(place, f"{type(error).__name__}: {text}{_meant(text)}")


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - the error is the user's, and its text may raise anything
        return "its text cannot be shown"


def _place(name: str, folder: Path, error: BaseException) -> str:
    """Return the file with the line that raised the error, if the error is in the file."""
    file = folder / f"{name}.py"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == file]
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename) == file:
        lines = [error.lineno]
    return f"{_PACKAGE}/{name}.py" + (f":{lines[-1]}" if lines and lines[-1] else "")


def _meant(text: str) -> str:
    """Return the end of a message about an unknown field of a type: the nearest field, or else all of them."""
    unknown = _UNKNOWN_FIELD.search(text)
    kind = _TYPES.get(unknown[1]) if unknown else None
    return accepted(unknown[2], (field.name for field in dataclasses.fields(kind))) if unknown and kind else ""
