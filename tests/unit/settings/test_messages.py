"""Every mistake in stack config is named: where, what was received, what is accepted."""

from __future__ import annotations

from typing import Any

import pytest

import settings
from settings import InvalidInput, Problems

SERVICE = {"service": {"cluster": "staging", "name": "web"}}
EXPLICIT = {"cluster": "staging", "taskDefinition": "worker", "subnets": ["subnet-0a"]}
FORMS = "an expression such as 'cron(0 2 * * ? *)', a mapping with one of cron, rate, at, or off"
REFERENCE = "must be a cluster's name or ARN, or a mapping of project, stack and output"
PLACEMENT_KEYS = (
    "assignPublicIp, capacity, cluster, container, securityGroups, service, subnets, taskDefinition, taskRoles"
)


def lines(**config: object) -> list[str]:
    """Parse a config, sound but for what is given; give the messages without the namespace."""
    problems = Problems()
    settings.parse({"placements": {"default": SERVICE}, "schedules": {}, **config}, problems)
    found = [str(problem) for problem in problems]
    assert all(line.startswith("scheduled-jobs:") for line in found)
    return [line.removeprefix("scheduled-jobs:") for line in found]


SCHEDULES: dict[str, tuple[Any, list[str]]] = {
    "a number": (5, [f": 5: must be {FORMS}"]),
    "nothing": (None, [f": null: must be {FORMS}"]),
    "true": (True, [f": true: must be {FORMS}"]),
    "a list": (["rate(1 day)"], [f': ["rate(1 day)"]: must be {FORMS}']),
    "empty": ({}, [f": has no schedule; accepted: {FORMS}"]),
    "only overrides": ({"cpu": 512}, [f": has no schedule; accepted: {FORMS}"]),
    "Unix cron": (
        "cron(0 2 * * *)",
        [": 'cron(0 2 * * *)': five fields are Unix cron, AWS has six: cron(0 2 * * ? *)"],
    ),
    "no expression": ("daily", [": 'daily': not understood; cron(...), rate(...) or at(...) is accepted"]),
    "expression of a long form": (
        {"rate": "5 minuts"},
        [".rate: '5 minuts': rate's unit 'minuts' is not understood; minutes, hours and days are accepted"],
    ),
    "never fires": ("cron(0 0 30 2 ? *)", [": 'cron(0 0 30 FEB ? *)': never fires"]),
    "written twice": (
        {"cron": "cron(0 2 * * ? *)"},
        [".cron: 'cron(0 2 * * ? *)': leave out 'cron(' and ')': the key says it"],
    ),
    "two kinds": ({"cron": "0 2 * * ? *", "rate": "1 day"}, [": needs exactly one of cron, rate, at; has cron, rate"]),
    "no kind": ({"enabled": True}, [": needs exactly one of cron, rate, at; has none of them"]),
    "kind of a wrong type": ({"rate": 5}, [".rate: 5: must be a string"]),
    "unknown key": ({"rate": "1 day", "timezon": "UTC"}, [".timezon: unknown key; did you mean 'timezone'?"]),
    "unknown key that is near to none": (
        {"rate": "1 day", "x": 1},
        [".x: unknown key; accepted: at, cpu, cron, enabled, end, environment, memory, rate, start, timezone, window"],
    ),
    "time zone": (
        {"rate": "1 day", "timezone": "Europe/Berln"},
        [".timezone: 'Europe/Berln': no such time zone; did you mean Europe/Berlin?"],
    ),
    "window": ({"rate": "1 day", "window": "1 hour"}, [".window: '1 hour': must match ^[1-9][0-9]{0,3} minutes?$"]),
    "long window": (
        {"rate": "1 day", "window": "2000 minutes"},
        [".window: '2000 minutes': must be 1 to 1440 minutes"],
    ),
    "very long window": (
        {"rate": "1 day", "window": "9" * 6000 + " minutes"},
        [f".window: '{'9' * 118}…: must match ^[1-9][0-9]{{0,3}} minutes?$"],
    ),
    "start": (
        {"rate": "1 day", "start": "soon", "end": "later"},
        [
            ".start: 'soon': must be a date and time such as 2027-01-31T06:00:00, with or without an offset",
            ".end: 'later': must be a date and time such as 2027-01-31T06:00:00, with or without an offset",
        ],
    ),
    "end before start": (
        {"rate": "1 day", "start": "2027-01-01", "end": "2026-01-01"},
        [": 'rate(1 day)': end 2026-01-01T00:00:00Z is before start 2027-01-01T00:00:00Z"],
    ),
    "at with a start": (
        {"at": "2027-01-01T00:00:00", "start": "2026-01-01"},
        [": 'at(2027-01-01T00:00:00)': at takes no start or end; AWS ignores both for a one-time schedule"],
    ),
    "enabled": ({"rate": "1 day", "enabled": "yes"}, [".enabled: 'yes': must be a boolean"]),
    "cpu": (
        {"rate": "1 day", "cpu": "512", "memory": 0},
        [".cpu: '512': must be an integer", ".memory: 0: must be greater than 0"],
    ),
    "environment": (
        {"rate": "1 day", "environment": {"PORT": 8080, "a b": "c"}},
        [
            ".environment.PORT: 8080: must be a string",
            ".environment[\"a b\"]: 'a b': must match ^[A-Za-z_][A-Za-z0-9_]{0,254}$",
        ],
    ),
    "placement": (
        {"rate": "1 day", "placement": "Batch"},
        [".placement: 'Batch': must match ^[a-z][a-z0-9-]{0,39}$"],
    ),
    "schedule key": (
        {"Weekdays": "rate(1 day)", "b": {"cron": "x"}},
        [
            ".Weekdays: 'Weekdays': must match ^[a-z][a-z0-9-]{0,19}$",
            ".b.cron: 'x': cron has 6 fields (minutes hours day-of-month month day-of-week year), here is 1",
        ],
    ),
    "a key beside a schedule's own": (
        {"enabled": False, "weekdays": "rate(1 day)"},
        [
            ": needs exactly one of cron, rate, at; has none of them",
            (
                ".weekdays: unknown key; accepted: at, cpu, cron, enabled, end, environment, memory, rate, start, "
                "timezone, window"
            ),
        ],
    ),
}


@pytest.mark.parametrize(("entry", "expected"), SCHEDULES.values(), ids=SCHEDULES)
def test_names_mistakes_in_schedules(entry: object, expected: list[str]) -> None:
    """A wrong schedule gives exactly these messages."""
    assert lines(schedules={"report": entry}) == [f"schedules.report{line}" for line in expected]


PLACEMENTS: dict[str, tuple[Any, list[str]]] = {
    "no mapping": (5, [": 5: must be a mapping"]),
    "unknown key": ({**SERVICE, "securityGroup": []}, [".securityGroup: unknown key; did you mean 'securityGroups'?"]),
    "unknown key that is near to none": (
        {**SERVICE, "x": 1},
        [f".x: unknown key; accepted: {PLACEMENT_KEYS}"],
    ),
    "unknown nested key": (
        {"service": {"cluster": "a", "nam": "web"}},
        [".service.name: is missing", ".service.nam: unknown key; did you mean 'name'?"],
    ),
    "cluster of a wrong type": ({**EXPLICIT, "cluster": 5}, [f".cluster: 5: {REFERENCE}"]),
    "incomplete reference": (
        {**EXPLICIT, "cluster": {"projekt": "platform", "stack": "staging", "output": "clusterArn"}},
        [".cluster.project: is missing", ".cluster.projekt: unknown key; did you mean 'project'?"],
    ),
    "two clusters": (
        {**SERVICE, "cluster": "b"},
        [
            (
                ': {"service": {"cluster": "staging", "name": "web"}, "cluster": "b"}: '
                "'service' already names the cluster; leave 'cluster' out"
            )
        ],
    ),
    "nothing": ({}, [": {}: without 'service', these must be given: cluster, taskDefinition, subnets"]),
    "lists": (
        {**EXPLICIT, "subnets": ["10.0.0.0/24"], "securityGroups": []},
        [
            ".subnets[0]: '10.0.0.0/24': must match ^subnet-[0-9a-z-]+$",
            ".securityGroups: []: list should have at least 1 item, not 0",
        ],
    ),
    "scalars": (
        {**EXPLICIT, "assignPublicIp": "yes", "taskDefinition": "a:latest", "container": "a b"},
        [
            ".taskDefinition: 'a:latest': must match ^[a-zA-Z0-9_-]{1,255}(:[1-9][0-9]*)?$",
            ".container: 'a b': must match ^[a-zA-Z0-9_-]{1,255}$",
            ".assignPublicIp: 'yes': must be a boolean",
        ],
    ),
    "capacity": (
        {**SERVICE, "capacity": {"FARGATE": -1, "FARGATE_SPOT": "1"}},
        [
            ".capacity.FARGATE: -1: must be greater than or equal to 0",
            ".capacity.FARGATE_SPOT: '1': must be an integer",
        ],
    ),
    "roles": (
        {**SERVICE, "taskRoles": ["worker"]},
        [".taskRoles[0]: 'worker': must match ^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{0,12}:\\S+$"],
    ),
}


@pytest.mark.parametrize(("placement", "expected"), PLACEMENTS.values(), ids=PLACEMENTS)
def test_names_mistakes_in_placements(placement: object, expected: list[str]) -> None:
    """A wrong placement gives exactly these messages."""
    assert lines(placements={"default": placement}) == [f"placements.default{line}" for line in expected]


OTHERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown key": ({"schedule": {}}, ["schedule: unknown key; did you mean 'schedules'?"]),
    "unknown key that is near to none": (
        {"x": {}},
        ["x: unknown key; accepted: alerts, defaults, iam, placements, schedules, tags"],
    ),
    "no mappings": (
        {"placements": [], "schedules": "rate(1 day)", "defaults": 5, "alerts": [], "tags": "a", "iam": None},
        [
            "defaults: 5: must be a mapping",
            "alerts: []: must be a mapping",
            "tags: 'a': must be a mapping",
            "iam: null: must be a mapping",
            "placements: []: must be a mapping from names to placements",
            "schedules: 'rate(1 day)': must be a mapping from job names to schedules",
        ],
    ),
    "names": (
        {"schedules": {"Report": "off"}, "placements": {"my.place": SERVICE}},
        [
            "placements[\"my.place\"]: 'my.place': must match ^[a-z][a-z0-9-]{0,39}$",
            "schedules.Report: 'Report': must match ^[a-z][a-z0-9-]{0,39}$",
        ],
    ),
    "defaults": (
        {"defaults": {"timezone": "CEST"}},
        [
            (
                "defaults.timezone: 'CEST': abbreviations are ambiguous; "
                "a name of the IANA database such as Europe/Berlin is accepted"
            )
        ],
    ),
    "alerts": (
        {"alerts": {"email": ["ops"], "https": ["http://example.com"], "sms": []}},
        [
            "alerts.email[0]: 'ops': must match ^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$",
            "alerts.https[0]: 'http://example.com': must match ^(https://\\S+|http://127\\.0\\.0\\.1(:[0-9]+)?/\\S*)$",
            "alerts.sms: unknown key; accepted: email, https",
        ],
    ),
    "twice told": (
        {"alerts": {"email": ["a@example.com", "b@example.com", "a@example.com"]}},
        ['alerts.email: ["a@example.com", "b@example.com", "a@example.com"]: lists \'a@example.com\' more than once'],
    ),
    "tags": (
        {"tags": {"a&b": "c", "team": 5, "d": "a\tb"}},
        [
            "tags[\"a&b\"]: 'a&b': must match ^[\\w .:/=+@-]+$",
            "tags.team: 5: must be a string",
            "tags.d: 'a\\tb': must match ^[\\w .:/=+@-]*$",
        ],
    ),
    "iam": (
        {"iam": {"permissionBoundary": "arn:aws:iam::111122223333:policy/boundary"}},
        ["iam.permissionBoundary: unknown key; did you mean 'permissionsBoundary'?"],
    ),
}


@pytest.mark.parametrize(("config", "expected"), OTHERS.values(), ids=OTHERS)
def test_names_mistakes_elsewhere(config: dict[str, Any], expected: list[str]) -> None:
    """Wrong keys, names and sections give exactly these messages."""
    assert lines(**config) == expected


def test_says_what_is_missing() -> None:
    """A stack without any config is told both keys that it needs."""
    problems = Problems()
    settings.parse({}, problems)
    with pytest.raises(InvalidInput) as raised:
        problems.raise_if_any()
    assert str(raised.value) == (
        "2 problems to mend before anything is deployed:\n"
        "  scheduled-jobs:placements: is missing\n"
        "  scheduled-jobs:schedules: is missing"
    )
