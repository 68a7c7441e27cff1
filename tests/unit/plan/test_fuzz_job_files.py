"""Property test: a wrong job file is refused in lines that name it, whatever it raises, ends or defines."""

from __future__ import annotations

import sys
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

import plan
import settings
from plan import job_files, own_thread
from settings import Problems

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NUMBERS = count()
"""A number for each file, since Python keeps a module that it has begun to import."""
LIMIT = 0.3
"""Seconds for one file, so that those that never end cost little."""
PLACEMENTS = {"default": {"service": {"cluster": "staging", "name": "web"}, "capacity": {"FARGATE": 1}}}

ODD_CLASS = """
class Odd{base}:
    def __init__(self, *args):
        pass

    def {method}(self, *args):
        {reaction}
"""
BASES = st.sampled_from(["", "(str)", "(dict)", "(list)", "(int)", "(Job)"])
METHODS = st.sampled_from(
    [
        "__str__",
        "__repr__",
        "__eq__",
        "__hash__",
        "__len__",
        "__iter__",
        "__getattribute__",
        "__getitem__",
        "__format__",
    ]
)
REACTIONS = st.sampled_from(
    ["1 / 0", "raise SystemExit(0)", "raise KeyboardInterrupt", "return self", "return None", "import os; os._exit(0)"]
)
VALUES = st.sampled_from(
    ["None", "5", "[]", "{}", "b'x'", "''", "'\\ud800'", "['']", "[5]", "{5: 6}", "{'A': None}", "object()"]
)
WRONG = {
    "command": VALUES.filter(lambda value: value != "None"),
    "owner": VALUES,
    "description": VALUES.filter(lambda value: value != "''"),
    "runbook": VALUES.filter(lambda value: value != "''"),
    "environment": VALUES.filter(lambda value: value != "{}"),
    "container": VALUES.filter(lambda value: value != "None"),
    "placement": VALUES,
    "cpu": VALUES.filter(lambda value: value != "None"),
    "memory": VALUES.filter(lambda value: value != "None"),
    "severity": VALUES,
    "launch_retries": VALUES.filter(lambda value: value != "5"),
    "timeout": VALUES.filter(lambda value: value != "None"),
    "retries": VALUES.filter(lambda value: value not in {"None", "5"}),
    "retry_on": VALUES.filter(lambda value: value != "None"),
    "overlap": VALUES.filter(lambda value: value != "None"),
    "lock": VALUES.filter(lambda value: value != "None"),
    "not_on": VALUES.filter(lambda value: value not in {"None", "[]"}),
    "run_revision": VALUES.filter(lambda value: value != "None"),
}
SOUND = {"command": "['true']", "owner": "'data'"}
ENDINGS = st.sampled_from(
    [
        *("1 / 0", "raise SystemExit(0)", "raise SystemExit", "raise KeyboardInterrupt", "raise GeneratorExit"),
        *("import os; os._exit(0)", "import os; os.execl('/bin/true', 'true')", "import os; os.abort()"),
        *(
            "import nowhere",
            "from jobs.nowhere import A",
            "JOB",
            "def",
            "(",
            "\\0",
            "class Odd(BaseException): pass\nraise Odd",
        ),
        *(
            "import sys; sys.modules[__name__] = None",
            "raise Exception(*range(9999))",
            "raise ExceptionGroup('a', [ValueError()])",
        ),
        "def f(): f()\nf()",
        "import time; time.sleep(1)",
    ]
)


def source(name: str, fields: dict[str, str], before: str = "") -> str:
    """Return a job file with these expressions in the fields of its job."""
    arguments = ", ".join(f"{field}={value}" for field, value in {"name": repr(name), **SOUND, **fields}.items())
    return f"from settings import Job\n{before}\nJOB = Job({arguments})\n"


@st.composite
def wrong_fields(draw: st.DrawFn) -> tuple[dict[str, str], str]:
    """Draw wrong values for one to three fields."""
    fields = draw(st.lists(st.sampled_from(sorted(WRONG)), min_size=1, max_size=3, unique=True))
    return {field: draw(WRONG[field]) for field in fields}, ""


@st.composite
def odd_objects(draw: st.DrawFn) -> tuple[dict[str, str], str]:
    """Draw a value of a class that does something unexpected, for a field where no object of a class is right."""
    odd = ODD_CLASS.format(base=draw(BASES), method=draw(METHODS), reaction=draw(REACTIONS))
    return {draw(st.sampled_from(["severity", "cpu", "memory"])): "Odd()"}, odd


@st.composite
def endings(draw: st.DrawFn) -> tuple[dict[str, str], str]:
    """Draw code that does not come to the job."""
    return {}, draw(ENDINGS)


@st.composite
def unknown_fields(draw: st.DrawFn) -> tuple[dict[str, str], str]:
    """Draw a field that a job does not have."""
    return {draw(st.sampled_from(["comand", "retrys", "Owner", "x"])): draw(VALUES)}, ""


@limits(max_examples=200, deadline=timedelta(seconds=10))
@given(case=wrong_fields() | odd_objects() | endings() | unknown_fields())
def test_a_mistake_is_told_with_its_file(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[dict[str, str], str]
) -> None:
    """Every wrong file is named, and nothing that it does ends the program or leaves the report."""
    name = f"job-{next(NUMBERS)}"
    file = tmp_path_factory.mktemp("jobs") / f"{name.replace('-', '_')}.py"
    file.write_text(source(name, *case), encoding="utf-8", errors="surrogatepass")
    problems = Problems()
    config = settings.parse({"placements": PLACEMENTS, "schedules": {name: "rate(1 day)"}}, problems)
    plan.build(config, load(problems, file.parent), problems)
    lines = [str(problem) for problem in problems]
    assert lines, file.read_text(errors="replace")
    assert [line for line in lines if not line.startswith(f"jobs/{file.name}")] == []
    assert "\n".join(lines).encode().decode()


def load(problems: Problems, folder: Path) -> list[settings.Job]:
    """Read the job files of a folder, each for a short time, and forget their modules."""
    import os  # noqa: PLC0415 - to put back what a file that never ends leaves changed

    endings = [
        (module, name, getattr(module, name)) for module in (os, sys.modules[os.name]) for name in own_thread.ENDINGS
    ]
    before, own_thread.LIMIT = own_thread.LIMIT, LIMIT
    try:
        return job_files.load(problems, folder)
    finally:
        own_thread.LIMIT = before
        for module, name, function in endings:
            setattr(module, name, function)
        for module_name in [name for name in sys.modules if name.partition(".")[0] == "jobs"]:
            del sys.modules[module_name]
