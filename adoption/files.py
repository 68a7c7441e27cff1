"""Writes what a source has as texts: a job file for each job, and a stack file with their schedules."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from adoption import naming
from adoption.found import UNKNOWN, Found, Leftover, SourceError
from adoption.sound import entry_of, sound
from plan.job_files import file_of
from settings import NAMESPACE, Job
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_WIDTH = 120
_UNKNOWN_OWNER = "unknown"
_HEADER = """\
# yaml-language-server: $schema=docs/stack-config.schema.json
# Written by python -m ops adopt. Every schedule is disabled; docs/migrating.md shows how to switch over.
"""


@dataclass(frozen=True)
class Written:
    """The files of an adoption, by their path in the folder, with the jobs and what was left out."""

    files: Mapping[str, str]
    jobs: Sequence[Found]
    leftovers: Sequence[Leftover]


def written(found: Sequence[Found], leftovers: Sequence[Leftover], about: Stack) -> Written:
    """Return the files for what a source has. Names are made valid, and each is given once."""
    names = naming.each_once([one.job.name for one in found])
    placed = _placements(found)
    jobs, lost = [], []
    for one, name, placement in zip(found, names, placed, strict=True):
        try:
            jobs.append(sound(_named(one, name, about.owner, placement)))
        except SourceError as error:
            lost.append(Leftover(one.where, "", f"is left out: {error}"))
    files = {file_of(one.job.name): job_file(one) for one in jobs}
    files[about.file] = _stack_file(jobs, about)
    return Written(
        files, jobs, [*(left for one in jobs for left in one.leftovers), *lost, *leftovers, *_about_stack(jobs, about)]
    )


@dataclass(frozen=True)
class Stack:
    """The stack file to write."""

    name: str
    region: str | None
    owner: str | None
    """Who owns a job whose source does not say."""
    present: Collection[str]
    """The jobs that the folder has already. The stack does not run them."""

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"Pulumi.{self.name}.yaml"


def job_file(found: Found) -> str:
    """Return the text of a job file. What was left out stands in it as comments."""
    job = found.job
    given = [(field, getattr(job, field.name)) for field in dataclasses.fields(Job)]
    required = [(field.name, value) for field, value in given if field.name in {"name", "command", "owner"}]
    others = [(field.name, value) for field, value in given if _is_set(field, value)]
    lines = [
        f"    {name}={_python(value, 4, len(name) + 1)},\n" for name, value in sorted([*required, *others], key=_place)
    ]
    source = visible(f"{found.kind}, {found.where}").replace("\\", "/").replace('"', "'")
    comments = [line for left in found.leftovers for line in _comment(left)]
    return "".join(
        [
            f'"""Adopted from: {source}."""\n\n',
            *comments,
            *(["\n"] if comments else []),
            "from settings import Job\n\n",
            "JOB = Job(\n",
            *lines,
            ")\n",
        ]
    )


def _comment(left: Leftover) -> list[str]:
    text = visible(": ".join(part for part in (left.field, left.todo) if part))
    return [
        f"{line}\n"
        for line in textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="#     ", break_on_hyphens=False)
    ]


def _place(named: tuple[str, Any]) -> int:
    return [
        *("name", "description", "command", "environment", "owner"),
        *(field.name for field in dataclasses.fields(Job)),
    ].index(named[0])


def _is_set(field: dataclasses.Field[Any], value: object) -> bool:
    if field.name in {"name", "command", "owner"}:
        return False
    usual = {} if field.default is dataclasses.MISSING else field.default
    return bool(value != usual)


def _named(found: Found, name: str, owner: str | None, placement: str) -> Found:
    job = dataclasses.replace(
        found.job, name=name, owner=found.job.owner or owner or _UNKNOWN_OWNER, placement=placement
    )
    if name == found.job.name or not found.named:
        return dataclasses.replace(found, job=job)
    left = Leftover(found.where, "name", f"is {found.job.name} there, and {name} here")
    return dataclasses.replace(found, job=job, leftovers=(left, *found.leftovers))


def _placements(found: Sequence[Found]) -> list[str]:
    """Return the name of each job's placement. Equal placements have one name; the only one is the default."""
    different: list[Mapping[str, Any]] = []
    names: list[str] = []
    for one in found:
        if one.placement.keys not in different:
            different.append(one.placement.keys)
            names.append(one.placement.name)
    given = ["default"] if len(different) == 1 else naming.each_once(names)
    return [given[different.index(one.placement.keys)] for one in found]


def _stack_file(jobs: Sequence[Found], about: Stack) -> str:
    placements = {one.job.placement: dict(one.placement.keys) for one in jobs}
    schedules = {**dict.fromkeys(sorted(about.present), "off"), **{one.job.name: entry_of(one) for one in jobs}}
    return "".join(
        [
            f"{_HEADER}config:\n",
            textwrap.indent(_yaml("aws:region", about.region), "  ") if about.region else "",
            f"  {NAMESPACE}:placements:\n",
            *(textwrap.indent(_yaml(name, keys), "    ") for name, keys in placements.items()),
            f"  {NAMESPACE}:schedules:\n",
            *(textwrap.indent(_yaml(name, entry), "    ") for name, entry in schedules.items()),
        ]
    )


def _yaml(key: str, value: object) -> str:
    """Return a key of a mapping. What has nothing but scalars below it is on one line."""
    style = None if isinstance(value, dict) else False
    pair = {key: value}
    text: str = yaml.safe_dump(pair, default_flow_style=style, sort_keys=False, allow_unicode=True, width=10**6)
    return text


def _about_stack(jobs: Sequence[Found], about: Stack) -> Iterator[Leftover]:
    if any(one.job.owner == _UNKNOWN_OWNER for one in jobs):
        yield Leftover(
            about.file,
            "owner",
            f"nobody is named, so it is {_UNKNOWN_OWNER} in the job files; write the team, or give --owner",
        )
    if any(UNKNOWN in str(one.placement.keys.get("service")) for one in jobs):
        yield Leftover(about.file, "placements", f"write the names of a cluster and of a service on it for {UNKNOWN}")
    if not about.region:
        yield Leftover(about.file, "aws:region", "is not known; write it, or give --region")


def _python(value: object, indent: int, before: int) -> str:
    """Return a value as Python; on several lines if it does not fit after this indent and the name before it."""
    line = _on_one_line(value)
    if indent + before + len(line) + 1 <= _WIDTH or isinstance(value, str | int):
        return line
    inner = " " * (indent + 4)
    if isinstance(value, Mapping):
        items = [f"{_on_one_line(key)}: {_on_one_line(one)}" for key, one in value.items()]
        return "{\n" + "".join(f"{inner}{item},\n" for item in items) + " " * indent + "}"
    words = [_on_one_line(one) for one in value] if isinstance(value, list | tuple) else [line]
    return "[\n" + "".join(f"{inner}{word},\n" for word in words) + " " * indent + "]"


def _on_one_line(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_on_one_line(key)}: {_on_one_line(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_on_one_line, value)) + "]"
    text = repr(value)
    if not isinstance(value, str) or text.startswith('"') or value.count('"') > value.count("'"):
        return text
    return '"{}"'.format(text[1:-1].replace(r"\'", "'").replace('"', r"\""))
