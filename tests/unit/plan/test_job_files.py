"""Tests that job files are read one by one, and that each mistake names its file and line."""

from __future__ import annotations

import builtins
import os
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from plan import job_files, own_thread
from plan.plain_values import Foreign
from settings import Handler, Job, Problems, Scratch, Sidecar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Load = Callable[[dict[str, str | bytes]], tuple[list[Job], list[str]]]

SOUND = 'from settings import Job\n\nJOB = Job(\n    name="{name}",\n    command=["true"],\n    owner="data",\n)\n'


@pytest.fixture(autouse=True)
def _no_job_imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Remove the package of job files from the imported modules before and after a test."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "jobs"]:
        del sys.modules[name]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return a function that reads job files from a temporary folder."""

    def load(files: dict[str, str | bytes]) -> tuple[list[Job], list[str]]:
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_bytes(text if isinstance(text, bytes) else text.encode())
        problems = Problems()
        return job_files.load(problems, tmp_path), [str(problem) for problem in problems]

    return load


def test_reads_every_real_job() -> None:
    """The project's own job files load without a problem, in the order of their names."""
    problems = Problems()
    found = job_files.load(problems)
    assert not len(problems)
    names = [job.name for job in found]
    assert names == sorted(names)
    assert "nightly-report" in names


def test_reads_sound_files(load: Load) -> None:
    """A file defines a job of the same name; underscores in the file name are hyphens in the job's name."""
    found, problems = load({"one_job": SOUND.format(name="one-job")})
    assert (found, problems) == ([Job(name="one-job", command=["true"], owner="data")], [])


def test_helpers(load: Load) -> None:
    """A file whose name begins with an underscore is not a job; jobs can import from it, absolutely or relatively."""
    uses = SOUND.replace('["true"]', "COMMAND")
    found, problems = load(
        {
            "_shared": "COMMAND = ['true']\n",
            "a": "from jobs._shared import COMMAND\n" + uses.format(name="a"),
            "b": "from ._shared import COMMAND\n" + uses.format(name="b"),
        }
    )
    assert ([job.name for job in found], problems) == (["a", "b"], [])


@pytest.mark.parametrize("more", [(), ("__init__.py",)])
def test_the_folder_of_a_handler(load: Load, tmp_path: Path, more: tuple[str, ...]) -> None:
    """Its modules are no jobs and are not imported, even if the folder is a package that has the name of its job."""
    (tmp_path / "rates").mkdir()
    for name in ("app.py", "other.py", *more):
        (tmp_path / "rates" / name).write_text("raise RuntimeError('imported')\n")
    text = (
        "from settings import Handler, Job\n\n"
        "JOB = Job(name='rates', owner='data', function=Handler('jobs/rates', handler='app.handle'))\n"
    )
    user = "from jobs.rates import JOB as other\n" + SOUND.format(name="user").replace('"data"', "other.owner")
    found, problems = load({"rates": text, "user": user})
    assert problems == []
    assert [job.name for job in found] == ["rates", "user"]
    assert isinstance(found[0].function, Handler)
    assert found[0].function.folder == "jobs/rates"


def test_a_package_may_be_there(load: Load) -> None:
    """An `__init__.py` is imported as Python does, and does not need to list the jobs."""
    found, problems = load(
        {"__init__": "SHARED = ['true']\n", "a": "from jobs import SHARED\n" + SOUND.format(name="a")}
    )
    assert ([job.name for job in found], problems) == (["a"], [])


def test_another_package_of_the_name(load: Load) -> None:
    """Another module named `jobs` that is already imported does no harm."""
    sys.modules["jobs"] = ModuleType("jobs")
    sys.modules["jobs.a"] = ModuleType("jobs.a")
    found, problems = load({"a": SOUND.format(name="a")})
    assert ([job.name for job in found], problems) == (["a"], [])


def test_keeps_the_parts_of_an_image(load: Load) -> None:
    """They have plain fields, whatever the file puts there; a class of the user's own stays none of them."""
    text = (
        "from settings import Image, Job, Scratch, Sidecar\n\n\nclass Word(str):\n    pass\n\n\n"
        "class Mine(Scratch):\n    pass\n\n\n"
        "JOB = Job(name='a', command=['a'], owner='data', image=Image('a:1', volumes=(Scratch('/a'), Mine('/b')), "
        "sidecars=[Sidecar(Word('b'), 'b:1', command=(Word('c'),))]))\n"
    )
    [job], problems = load({"a": text})
    assert problems == []
    image: Any = job.image
    assert image.sidecars == [Sidecar("b", "b:1", command=["c"])]
    assert {type(image.sidecars[0].name), type(image.sidecars[0].command[0])} == {str}
    assert image.volumes == [Scratch("/a"), Foreign("Mine")]


ENDS = "would end this program without a word; remove it"
A = SOUND.format(name="a")
NO_JOB = "jobs/a.py: does not define JOB = Job(...); if it is a helper of other jobs, rename it to jobs/_a.py"
MISTAKES: dict[str, tuple[dict[str, str | bytes], list[str]]] = {
    "syntax error": (
        {"a": "\n\nJOB = Job(\n"},
        ["jobs/a.py:3: SyntaxError: '(' was never closed (a.py, line 3)"],
    ),
    "null byte": ({"a": b"\0"}, ["jobs/a.py: SyntaxError: source code string cannot contain null bytes"]),
    "unknown field": (
        {"a": A.replace("command", "comand")},
        ["jobs/a.py:3: TypeError: Job.__init__() got an unexpected keyword argument 'comand'; did you mean 'command'?"],
    ),
    "unknown field of a part": (
        {"a": "from settings import Efs\nEfs('/a', 'fs-01234567', rot='/a')\n"},
        ["jobs/a.py:2: TypeError: Efs.__init__() got an unexpected keyword argument 'rot'; did you mean 'root'?"],
    ),
    "missing field": (
        {"a": 'from settings import Job\nJOB = Job(name="a")\n'},
        ["jobs/a.py:2: owner is missing"],
    ),
    "three missing fields": (
        {"a": "from settings import Job\nJOB = Job()\n"},
        ["jobs/a.py:2: name is missing", "jobs/a.py:2: owner is missing"],
    ),
    "an error of its own": ({"a": "x = 1\n1 / 0\n"}, ["jobs/a.py:2: ZeroDivisionError: division by zero"]),
    "an exit": ({"a": "import sys\nsys.exit(3)\n"}, ["jobs/a.py:2: SystemExit: 3"]),
    "Ctrl-C of its own": ({"a": "raise KeyboardInterrupt\n"}, ["jobs/a.py:1: KeyboardInterrupt: "]),
    "an error that nothing catches": (
        {"a": "class Odd(BaseException):\n    pass\n\n\nraise Odd('a')\n"},
        ["jobs/a.py:5: Odd: a"],
    ),
    "an error without a text": (
        {"a": "class Odd(Exception):\n    def __str__(self):\n        raise SystemExit\n\n\nraise Odd\n"},
        ["jobs/a.py:6: Odd: its text cannot be shown"],
    ),
    "a module that refuses questions": (
        {"a": "def __getattr__(name):\n    raise SystemExit(name)\n"},
        ["jobs/a.py:2: SystemExit: JOB"],
    ),
    "a JOB that refuses questions": (
        {"a": "class Odd:\n    @property\n    def __class__(self):\n        1 / 0\n\n\nJOB = Odd()\n"},
        ["jobs/a.py:4: ZeroDivisionError: division by zero"],
    ),
    "a name that cannot be shown": (
        {"a": "class Odd:\n    def __repr__(self):\n        raise SystemExit\n\n\n" + A.replace('"a"', "Odd()")},
        ["jobs/a.py.name: \"[Odd]\": must be 'a', like the file's name"],
    ),
    "an end of the process": ({"a": "import os\nos._exit(0)\n"}, [f"jobs/a.py:2: os._exit {ENDS}"]),
    "an end by another name": ({"a": "from posix import _exit\n_exit(0)\n"}, [f"jobs/a.py:2: os._exit {ENDS}"]),
    "another program": (
        {"a": "import os\nos.execlp('true', 'true')\n"},
        [f"jobs/a.py:2: os.execv {ENDS}"],
    ),
    "an end in the package": ({"__init__": "import os\nos._exit(0)\n"}, [f"jobs/__init__.py:2: os._exit {ENDS}"]),
    "no job": (
        {"a": "JOBB = 5\n"},
        [NO_JOB],
    ),
    "JOB of another type": (
        {"a": "JOB = dict(name='a')\n"},
        [NO_JOB],
    ),
    "another name": (
        {"a_b": SOUND.format(name="a_b")},
        ["jobs/a_b.py.name: 'a_b': must be 'a-b', like the file's name"],
    ),
    "a name that is no text": (
        {"a": A.replace('"a"', "5")},
        ["jobs/a.py.name: 5: must be 'a', like the file's name"],
    ),
    "a name that no import can have": (
        {"my-job": A},
        ["jobs/my-job.py: must be named after its job, with underscores, such as jobs/my_job.py"],
    ),
    "a name that starts with a number": (
        {"2nd": A},
        ["jobs/2nd.py: must be named after its job, with underscores, such as jobs/2nd.py"],
    ),
    "a broken package": (
        {"__init__": "\nJOBS = (\n", "a": A},
        ["jobs/__init__.py:2: SyntaxError: '(' was never closed (__init__.py, line 2)"],
    ),
    "a package that exits": ({"__init__": "raise SystemExit(3)\n", "a": A}, ["jobs/__init__.py:1: SystemExit: 3"]),
}


@pytest.mark.parametrize(("files", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_names_mistakes(load: Load, files: dict[str, str | bytes], expected: list[str]) -> None:
    """A wrong job file gives exactly these messages."""
    assert load(files)[1] == expected


def test_names_a_file_that_never_ends(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that does not end in time is named, the others are read, and it cannot end the program later."""
    monkeypatch.setattr(own_thread, "LIMIT", 0.2)
    endings = {name: getattr(os, name) for name in ("_exit", "abort", "execv", "execve")}
    wait = "import builtins\nwhile not hasattr(builtins, 'test_is_over'):\n    pass\n"
    try:
        found, problems = load({"endless": wait, "b": SOUND.format(name="b")})
        assert os._exit is not endings["_exit"]
    finally:
        monkeypatch.setattr(builtins, "test_is_over", True, raising=False)
        for name, function in endings.items():
            setattr(os, name, function)
            setattr(sys.modules[os.name], name, function)
        for thread in threading.enumerate():
            if thread.name == "job file":
                thread.join()
    assert [job.name for job in found] == ["b"]
    assert problems == ["jobs/endless.py: did not end within 0.2 seconds; a job file only describes its job"]


def test_lets_the_program_end_itself(load: Load) -> None:
    """After the files are read, the functions that end a program are Python's again."""
    before = os._exit, os.execv
    load({"a": "import os\nos._exit(0)\n", "b": SOUND.format(name="b")})
    assert (os._exit, os.execv) == before


ODD = """
import os
from collections.abc import Mapping

class Text(str):
    def __str__(self):
        os._exit(0)

    __eq__ = __format__ = __iter__ = __len__ = __str__
    __hash__ = str.__hash__

class Words(list):
    def __len__(self):
        os._exit(0)

class Pairs(Mapping):
    def __getitem__(self, key):
        return Text("b")

    def __iter__(self):
        yield Text("A")

    def __len__(self):
        os._exit(0)

class Number(int):
    def __eq__(self, other):
        os._exit(0)
"""


def test_only_plain_values_leave_a_file(load: Load) -> None:
    """Values of classes of the user's own become plain, and no method of theirs is called later."""
    fields = "name=Text('a'), command=Words([Text('true')]), owner=Text('data'), environment=Pairs(), cpu=Number(256)"
    found, problems = load({"a": f"from settings import Job\n{ODD}\nJOB = Job({fields})\n"})
    assert problems == []
    assert found == [Job(name="a", command=["true"], owner="data", environment={"A": "b"}, cpu=256)]
    [job] = found
    assert {type(value) for value in (job.name, *(job.command or ()), *job.environment, *job.environment.values())} == {
        str
    }
    assert (type(job.command), type(job.environment), type(job.cpu)) == (list, dict, int)


def test_reads_on_after_a_mistake(load: Load) -> None:
    """One broken file does not prevent the others from being read and checked."""
    found, problems = load({"a": "1 / 0", "b": "JOB =", "c": SOUND.format(name="c")})
    assert [job.name for job in found] == ["c"]
    assert len(problems) == 2
