"""Draws job files and what a stack file says of the jobs, each with the schedules that Scheduler must then have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aws_facts.fargate import FARGATE_SIZES
from tests.valid_files import guarantees, images, times
from tests.valid_files.account import ACCOUNT, OWN, REGION
from tests.valid_files.calls import Call
from tests.valid_files.written import off

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.valid_files.account import Family
    from tests.valid_files.chance import Chance
    from tests.valid_files.places import Place
    from tests.valid_files.times import Times

OWNERS = ("data", "platform team", "équipe-7", "データ", "a.b:c/d=e+f-g@h_1")
SEVERITIES = ("critical", "error", "warning", "info")
JOB_NAMES = (
    *("nightly-report", "cleanup", "export", "a", "e1", "job-with-the-longest-name-of-40-letters-", "import", "class"),
    *("on", "no", "y", "null", "true", "off", "inf", "a--b", "default", "jobs", "settings", "rate", "cron", "enabled"),
)
"""Many are words that Python or YAML keeps for itself."""
_KEYS = (
    *("weekdays", "night", "a", "on", "off", "null", "true", "crons", "ends", "starts", "windows", "rates"),
    *("schedule", "suspend", "x1e3", "key-of-20-characters"),
)
_WORDS = (
    *("", "a", "--for", "two words", " ends ", "ä ö", "データ", "🚀", "it's", 'a "quote"', "back\\slash", "$HOME ${x}"),
    *("two\nlines", "tab\there", "\x1b[0m", "null", "~", "true", "off", "007", "1e3", "0x10", "2027-01-01", "12:30:45"),
    *(
        "- a",
        "# c",
        "a: b",
        "a #b",
        "*x",
        "&y",
        "!z",
        "%d",
        "@",
        "`",
        "<<",
        "=",
        "{a: b}",
        "[1]",
        "{{x}}",
        "?",
        "|",
        ">",
    ),
    *("<aws.scheduler.scheduled-time>", "arn:aws:s3:::bucket", "https://example.com/?a=b&c=%20", "x" * 300, "\u2028"),
)
_VARIABLES = ("LOG_LEVEL", "_A", "a.b.c", "lower", "NO", "null", "N1", "DATABASE_URL", "V" * 255)
_PROGRAMS = ("python", "/usr/bin/env", "./run me", "ジョブ")
_RUNBOOKS = ("", "https://wiki.example.com/runbooks/a?b=c#d", "http://wiki/büro")
_FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rates"
_FUNCTIONS = (_FUNCTION, f"{_FUNCTION}:7", f"{_FUNCTION}:$LATEST")
_RUNNERS = (
    *({"function": Call(f"Function({one!r})")} for one in _FUNCTIONS),
    {"worker": Call("Worker()")},
    {"worker": Call("Worker(task='_app.tasks.Refresh-2')")},
    {"in_process": Call("InProcess()")},
    {"in_process": Call("InProcess(store='redis')")},
    {"http": Call("Http('fleet')")},
    {"http": Call("Http('a', jobs=['app.tasks:hello', 'x'], callback_within='2h')")},
)
_HELPER = "TEAM = {owner!r}\n"


@dataclass(frozen=True)
class Asked:
    """A schedule as the files ask for it."""

    times: Times
    enabled: bool
    retries: int
    description: str
    """How the description ends."""
    request: Mapping[str, Any]
    """The members of RunTask that the files decide."""
    supervised: bool
    """Whether the job asks for more of its runs than Scheduler alone gives."""


@dataclass(frozen=True)
class Drawn:
    """A job, as its file and the stack file have it."""

    name: str
    file: str
    owner: str
    entry: object
    schedules: Mapping[str, Asked]
    """By name."""


@dataclass(frozen=True)
class Shared:
    """What the jobs of a stack share."""

    zone: str
    """The default time zone."""
    tags: Mapping[str, str]
    calendars: Sequence[str]
    """The names of the calendars that a job may name."""
    group: str
    """The schedule group."""


def job(chance: Chance, name: str, places: Mapping[str, Place], shared: Shared) -> Drawn:
    """Return a job that runs in one of these places."""
    fields = _fields(chance, name)
    entry: dict[str, Any] = {}
    wanted = chance.one([*places])
    if wanted != "default":
        if chance.says():
            fields["placement"] = wanted
        else:
            entry["placement"] = wanted
            if chance.says():
                fields["placement"] = "replaced-by-the-stack-file"
    place = places[wanted]
    family = place.family
    if family is None or chance.says(0.2):
        family, place = OWN, images.own(chance, place, f"{shared.group}-{name}", fields, entry)
    elif place.container is None or chance.says(0.2):
        fields["container"] = chance.one(family.containers)
    if not place.of_service and chance.says(0.2):
        del fields["command"]
    keys = [""] if chance.says() else chance.some(_KEYS, 1, 4)
    forms = {key: _form(chance, shared.zone) for key in keys}
    if chance.says():
        entry["environment"] = _environment(chance)
    _set_deadlines(chance, fields, [form for form, _ in forms.values()])
    _set_pauses(chance, fields, [form for form, _ in forms.values()])
    levels = [fields, entry, *(form for form, _ in forms.values() if isinstance(form, dict))]
    _set_sizes(chance, levels, family)
    written = [form for form, _ in forms.values()]
    supervised = guarantees.ask(chance, (fields, entry), written, place, shared.calendars)
    all_tags = {**shared.tags, "job": name, "owner": fields["owner"]}
    named = {f"{name}.{key}" if key else name: form for key, form in forms.items()}
    asked = {
        key: replace(_asked(key, form, drawn, entry, fields, place, all_tags), supervised=supervised)
        for key, (form, drawn) in named.items()
    }
    return Drawn(name, _file(chance, fields), fields["owner"], _entry(chance, entry, forms), asked)


def off_job(chance: Chance, name: str) -> Drawn:
    """Return a job that the stack does not run. What runs it, no account needs to have then."""
    fields = _fields(chance, name)
    if chance.says(0.3):
        fields = {key: value for key, value in fields.items() if key not in {"command", "environment"}}
        fields |= chance.one(_RUNNERS)
    return Drawn(name, _file(chance, fields), fields["owner"], off(), {})


def _fields(chance: Chance, name: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": name,
        "command": [chance.one(_PROGRAMS), *chance.some(_WORDS, 0, 6)],
        "owner": chance.one(OWNERS),
    }
    optional = {
        "description": chance.one(_WORDS)[:200],
        "runbook": chance.one(_RUNBOOKS),
        "environment": _environment(chance),
        "severity": chance.one(SEVERITIES),
        "longest_run": chance.one((1, 60, 20160)),
        "launch_retries": chance.one((0, 1, 185)),
    }
    return fields | {key: value for key, value in optional.items() if chance.says()}


def _environment(chance: Chance) -> dict[str, str]:
    return {name: chance.one(_WORDS) for name in chance.some(_VARIABLES, 0, 4)}


def _form(chance: Chance, default_zone: str) -> tuple[Any, Times]:
    """Return a schedule in the short or the long form."""
    if chance.says(0.3):
        return times.short_form(chance, default_zone)
    form, drawn = times.long_form(chance, default_zone)
    if chance.says(0.3):
        form["enabled"] = chance.says()
    if chance.says(0.3):
        form["environment"] = _environment(chance)
    return form, drawn


def _set_deadlines(chance: Chance, fields: dict[str, Any], forms: Sequence[Any]) -> None:
    """Set until when work must be done, for some of the schedules or for all. A rate has no such time."""
    long = [form for form in forms if isinstance(form, dict)]
    fitting = [form for form in long if "rate" not in form and form.get("window") != times.WHOLE_DAY]
    for form in fitting:
        if chance.says(0.2):
            form["doneBy"] = chance.one(("06:30", "1h30m") if "at" in form else ("90m", "24h"))
    if len(fitting) == len(forms) and chance.says(0.3):
        fields["done_by"] = "12h"


def _set_pauses(chance: Chance, fields: dict[str, Any], forms: Sequence[Any]) -> None:
    """Set after how many ticks that went wrong the job is paused, for some of the schedules, for all or for none."""
    for form in (one for one in forms if isinstance(one, dict)):
        if chance.says(0.2):
            form["pauseAfter"] = chance.one((2, 5, 100))
    if chance.says(0.3):
        fields["pause_after"] = chance.one((2, 3, 100))


def _set_sizes(chance: Chance, levels: Sequence[dict[str, Any]], family: Family) -> None:
    """Set cpu and memory at some of the levels: the job file, its entry, and each schedule of the long form.

    One vCPU count for all of them keeps every mixture of the levels a size of Fargate.
    """
    cpu = chance.one((1024, 2048, 4096) if family.windows else [*FARGATE_SIZES])
    memories = [size for size in FARGATE_SIZES[cpu] if size >= family.least_memory]
    of_family = family.memory in memories
    for index, level in enumerate(levels):
        if index == 0 and (cpu != family.cpu or not of_family):
            level |= {"cpu": cpu, "memory": chance.one(memories)}
        elif chance.says(0.3):
            sizes = {"cpu": cpu, "memory": chance.one(memories)}
            level |= {name: sizes[name] for name in chance.some([*sizes], 1)}


def _asked(
    name: str,
    form: Any,  # noqa: ANN401 - text or a mapping
    drawn: Times,
    entry: Mapping[str, Any],
    fields: Mapping[str, Any],
    place: Place,
    tags: Mapping[str, str],
) -> Asked:
    own = form if isinstance(form, dict) else {}
    given = {key: own.get(key) or entry.get(key) or fields.get(key) for key in ("cpu", "memory")}
    environment = {
        **fields.get("environment", {}),
        **entry.get("environment", {}),
        **own.get("environment", {}),
        "JOB_NAME": fields["name"],
        "JOB_SCHEDULE": name,
        "JOB_SCHEDULED_TIME": "<aws.scheduler.scheduled-time>",
    }
    override = {
        "Name": fields.get("container", place.container),
        **({"Command": fields["command"]} if "command" in fields else {}),
        "Environment": [{"Name": key, "Value": value} for key, value in sorted(environment.items())],
    }
    sizes = {key.capitalize(): str(value) for key, value in given.items() if value}
    return Asked(
        drawn,
        own.get("enabled", True),
        fields.get("launch_retries", 3),
        f"{fields.get('description', '')} (owner: {fields['owner']})",
        {
            **place.request,
            "Count": 1,
            "EnableECSManagedTags": True,
            "Overrides": {"ContainerOverrides": [override], **sizes},
            "Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())],
        },
        supervised=False,
    )


def _entry(chance: Chance, shared: Mapping[str, Any], forms: Mapping[str, tuple[Any, Times]]) -> object:
    """Return the job's entry of the stack file."""
    only = forms[""][0] if "" in forms else None
    if isinstance(only, str) and not shared:
        return only
    if only is None:
        pairs = [*shared.items(), *((key, form) for key, (form, _) in forms.items())]
    else:
        long = _long(only) if isinstance(only, str) else only
        both = {**shared, **long}
        if "environment" in shared and "environment" in long:
            both["environment"] = {**shared["environment"], **long["environment"]}
        pairs = [*both.items()]
    return dict(chance.some(pairs, len(pairs)))


def _long(text: str) -> dict[str, Any]:
    """Return a short form as a mapping."""
    kind, _, body = text.strip().partition("(")
    return {kind: body[:-1]}


def _file(chance: Chance, fields: Mapping[str, Any]) -> str:
    """Return a job file with these fields."""
    pairs = chance.some([*fields.items()], len(fields))
    values = {key: repr(tuple(value) if key == "command" and chance.says() else value) for key, value in pairs}
    imports = "Dockerfile, Ebs, Efs, Function, HealthCheck, Http, Image, InProcess, Job, Scratch, Sidecar, Worker"
    head, tail = f'"""A job."""\n\nfrom settings import {imports}\n', ""
    form = chance.number(0, 3)
    if form == 1:
        head += f"\nTEAM = {values['owner']}\n"
        values["owner"] = "TEAM"
    elif form == 2 and "command" in values:
        head += f"\n\nclass Word(str):\n    pass\n\n\nWORDS = [Word(word) for word in {values['command']}]\n"
        values["command"] = "WORDS"
    elif form == 3:
        head += "from jobs import _shared\n"
        values["owner"] = f"_shared.OWNERS[{OWNERS.index(fields['owner'])}]"
    arguments = ", ".join(f"{key}={value}" for key, value in values.items())
    return f"{head}\nJOB = Job({arguments})\n{tail}"
