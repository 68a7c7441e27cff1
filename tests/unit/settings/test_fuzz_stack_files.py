"""Property test: a stack file with a mistake is refused by `make check`, in lines that each name a place."""

from __future__ import annotations

import copy
import re
from contextlib import redirect_stderr, redirect_stdout
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from ops.cli import main
from ops.commands import check
from plan import job_files
from settings.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOBS = [
    Job(name="report", command=["true"], owner="data"),
    Job(name="export", command=["true"], owner="data", cpu=512, memory=1024),
    Job(name="cleanup", command=["true"], owner="platform"),
]
SOUND: dict[str, Any] = {
    "aws:region": "eu-central-1",
    "scheduled-jobs:placements": {
        "default": {"service": {"cluster": "staging", "name": "web"}},
        "batch": {
            "cluster": {"project": "platform", "stack": "staging", "output": "clusterArn"},
            "taskDefinition": "worker:12",
            "subnets": ["subnet-0a", "subnet-0b"],
            "securityGroups": ["sg-01"],
            "capacity": {"FARGATE_SPOT": 1},
        },
    },
    "scheduled-jobs:defaults": {"timezone": "Europe/Berlin"},
    "scheduled-jobs:schedules": {
        "report": "cron(0 4 * * ? *)",
        "export": {
            "placement": "batch",
            "weekdays": {"cron": "0 6 ? * MON-FRI *", "window": "10 minutes", "start": "2099-01-01T00:00:00"},
            "often": {"rate": "15 minutes", "enabled": False, "environment": {"A": "b"}, "cpu": 1024, "memory": 2048},
        },
        "cleanup": {
            "rate": "1 hour",
            "timezone": "UTC",
            "timeout": "30m",
            "totalTimeout": "2h",
            "retries": 2,
            "retryOn": [75],
            "overlap": "skip",
            "lock": "db",
            "startDeadline": "30m",
            "notOn": ["holidays"],
        },
    },
    "scheduled-jobs:calendars": {
        "holidays": ["2026-12-25", {"from": "2026-12-31", "until": "2027-01-01", "reason": "New Year"}],
        "freeze": {"from": "2026-11-23T18:00:00", "until": "2026-11-30T06:00:00"},
    },
    "scheduled-jobs:alerts": {
        "email": ["a@example.com", {"to": "b@example.com", "owners": ["data"]}],
        "https": ["https://hooks.example.com/a"],
        "quiet": ["missed"],
    },
    "scheduled-jobs:ledger": {"days": 90, "retain": True},
    "scheduled-jobs:encryption": {"kmsKey": "arn:aws:kms:eu-central-1:111122223333:key/12ab"},
    "scheduled-jobs:tags": {"team": "data"},
    "scheduled-jobs:iam": {"permissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"},
}
NOWHERE_VALID = st.sampled_from(
    [[], [[]], {"?": {}}, 10**30, -1.5, "", "\n", "\0", "*", "€" * 3000, ["", {}], {"": None}]
)
"""Values that no place of the file accepts. (Some places accept an empty mapping, or null.)"""
BROKEN = st.sampled_from(
    ["{", "}", "[", "'", '"', "\t", "%", "@", "&", "*", "- ", "? ", ": :", "!!int x", "<<: a", "\x07"]
)
_STEPS = r'(?:[.:/]?[\w-]+|\[(?:\d+|"(?:[^"\\]|\\.)*")\])*'
PLACE = re.compile(rf"  (?:Pulumi\.fuzz\.yaml|aws|jobs|scheduled-jobs){_STEPS}: ")
"""A line of the report begins with a key path or a file."""

Path_ = tuple[str | int, ...]


def places(value: object, above: Path_ = ()) -> Iterator[Path_]:
    """Yield the path of every value within a config."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*above, key)
            yield from places(part, (*above, key))


OPEN = {"quiet", "environment", "A", "output", "name", "reason", "holidays", "retryOn", "notOn"}
"""The ends of the paths where an empty list, or nearly any text, is accepted."""
LISTS = {"email", "https", "freeze"}
"""The ends of the paths where only an empty list is accepted."""
PLACES = [place for place in places(SOUND) if place[-1] not in OPEN]


def at(config: dict[str, Any], place: Path_) -> Any:  # noqa: ANN401 - YAML
    """Return the value at a path."""
    value: Any = config
    for part in place:
        value = value[part]
    return value


@st.composite
def wrong_values(draw: st.DrawFn) -> str:
    """Draw a sound file with a wrong value at one place."""
    config = copy.deepcopy(SOUND)
    *above, last = draw(st.sampled_from(PLACES))
    at(config, tuple(above))[last] = draw(NOWHERE_VALID.filter(lambda value: value != [] or last not in LISTS))
    return yaml.safe_dump({"config": config}, allow_unicode=True)


@st.composite
def unknown_keys(draw: st.DrawFn) -> str:
    """Draw a sound file with unknown keys in one of its mappings, in which no key can be chosen freely."""
    config = copy.deepcopy(SOUND)
    closed = [
        place
        for place in places(SOUND)
        if isinstance(at(SOUND, place), dict) and place[-1] not in {"environment", "capacity", "scheduled-jobs:tags"}
    ]
    names = st.text(max_size=12).map(lambda text: f"{text}?") | st.sampled_from(["Timezone", "CRON", "owner ", "~"])
    for name in draw(st.lists(names, min_size=1, max_size=4)):
        at(config, draw(st.sampled_from(closed)))[name] = draw(st.text(max_size=5) | st.integers() | st.none())
    return yaml.safe_dump({"config": config}, allow_unicode=True)


@st.composite
def missing_parts(draw: st.DrawFn) -> str:
    """Draw a sound file without a part that must be there."""
    config = copy.deepcopy(SOUND)
    needed: list[Path_] = [
        ("scheduled-jobs:placements",),
        ("scheduled-jobs:schedules",),
        ("scheduled-jobs:placements", "default"),
        ("scheduled-jobs:placements", "batch", "subnets"),
        ("scheduled-jobs:placements", "batch", "cluster", "output"),
        ("scheduled-jobs:schedules", "report"),
        ("scheduled-jobs:schedules", "export", "weekdays", "cron"),
        ("scheduled-jobs:alerts", "email", 1, "to"),
    ]
    *above, last = draw(st.sampled_from(needed))
    del at(config, tuple(above))[last]
    return yaml.safe_dump({"config": config})


@st.composite
def broken_text(draw: st.DrawFn) -> str:
    """Draw a sound file with a line in it that is not YAML where it stands."""
    lines = yaml.safe_dump({"config": SOUND}).splitlines()
    position = draw(st.integers(1, len(lines) - 1))
    indentation = draw(st.integers(0, 6))
    return "\n".join([*lines[:position], f"{' ' * indentation}{draw(BROKEN)}", *lines[position:], "x: {"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder of stack files that `make check` reads, with jobs of the test's own."""
    made = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "CHECKOUT", made)
        patch.setattr(job_files, "load", lambda _problems: JOBS)
        yield made


def run(folder: Path, text: str) -> tuple[int, str, str]:
    """Return the exit code of `make check` on a stack file, and what it printed to both outputs."""
    (folder / "Pulumi.fuzz.yaml").write_bytes(text.encode(errors="surrogatepass"))
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = main(["check", "fuzz"])
    return code, out.getvalue(), err.getvalue()


def test_the_sound_file_is_sound(folder: Path) -> None:
    """The file that the others are made of has no mistake."""
    code, out, err = run(folder, yaml.safe_dump({"config": SOUND}))
    assert (code, err) == (0, "")
    assert "export.weekdays: at 06:00 on weekdays, Europe/Berlin" in out


@limits(max_examples=500, deadline=timedelta(seconds=10))
@given(text=wrong_values() | unknown_keys() | missing_parts() | broken_text())
@example(text='config: {scheduled-jobs:tags: {a: "\\UFFFFFFFF"}}')
@example(text="config:\n" * 2)
@example(text="config: &a [*a]")
@example(text="environment: [a]")
def test_a_mistake_is_told_with_its_place(folder: Path, text: str) -> None:
    """Every wrong file is refused, within ten seconds, and each line of the report begins with a place."""
    code, out, err = run(folder, text)
    assert (code, out) == (1, ""), text
    first, *lines = err.splitlines()
    assert re.fullmatch(r"\d+ problems? to fix before anything is deployed:", first)
    assert lines
    assert [line for line in lines if not PLACE.match(line)] == []
    assert "Traceback" not in err
