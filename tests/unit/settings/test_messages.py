"""Tests that every mistake in stack config is reported with its place, the value and the fix."""

from __future__ import annotations

from typing import Any

import pytest

import settings
from settings import InvalidInput, Problems

SERVICE = {"service": {"cluster": "staging", "name": "web"}}
EXPLICIT = {"cluster": "staging", "taskDefinition": "worker", "subnets": ["subnet-0a"]}
FORMS = "an expression such as 'cron(0 2 * * ? *)', a mapping with one of cron, rate, at, or \"off\""
REFERENCE = "must be a cluster's name or ARN, or a mapping with project, stack and output"
NAME = "lower-case letters, digits and hyphens, starting with a letter, at most 40 characters, such as nightly-report"
EMAIL = "must be an e-mail address in ASCII, such as on-call@example.com"
ROLE = "must be the ARN of one role, such as arn:aws:iam::111122223333:role/worker"
TAG = "letters, digits, spaces and . : / = + @ - _, such as cost-center"
KEYED = "must be an expression such as 'cron(0 2 * * ? *)', or a mapping with one of cron, rate, at"
DATE = "must be a date and time such as 2027-01-31T06:00:00, with or without an offset"
BELONGS = "belongs in each schedule, next to its cron, rate or at"
KUBERNETES = "is a key of Kubernetes"
KEY = (
    "must be the ARN of a KMS key, not of an alias, such as "
    "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
)
BOUNDARY = "must be the ARN of a policy, such as arn:aws:iam::111122223333:policy/boundary"
HTTPS = "must be an https address in ASCII, such as https://hooks.example.com/jobs"
HOST = "must have a host, and any port must be 1 to 65535, such as https://hooks.example.com/jobs"
ECS_NAME = "letters, digits, hyphens and underscores, at most 255, such as worker"
TWICE = "lists '{}' more than once"
CLUSTER = "must be a cluster's name or ARN, such as staging or arn:aws:ecs:eu-central-1:111122223333:cluster/staging"
PLACEMENT_KEYS = (
    "assignPublicIp, capacity, cluster, container, containerInsights, securityGroups, service, subnets, "
    "taskDefinition, taskRoles"
)


def lines(**config: object) -> list[str]:
    """Return the messages about a valid config with these changes, without the namespace."""
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
    "empty": ({}, [f": has no schedule; must be {FORMS}"]),
    "only overrides": ({"cpu": 512}, [f": has no schedule; must be {FORMS}"]),
    "Unix cron": (
        "cron(0 2 * * *)",
        [": 'cron(0 2 * * *)': five fields are Unix cron, but AWS's cron has six: cron(0 2 * * ? *)"],
    ),
    "no expression": ("daily", [": 'daily': is not understood; must be one of: cron(...), rate(...), at(...)"]),
    "expression of a long form": (
        {"rate": "5 minuts"},
        [".rate: '5 minuts': rate's unit 'minuts' is not understood; the unit must be one of: minutes, hours, days"],
    ),
    "never fires": ("cron(0 0 30 2 ? *)", [": 'cron(0 0 30 2 ? *)': never fires"]),
    "written twice": (
        {"cron": "cron(0 2 * * ? *)"},
        [".cron: 'cron(0 2 * * ? *)': remove 'cron(' and ')': the key is already cron"],
    ),
    "two kinds": ({"cron": "0 2 * * ? *", "rate": "1 day"}, [": needs exactly one of cron, rate, at; has cron, rate"]),
    "no kind": ({"enabled": True}, [": needs exactly one of cron, rate, at; has none of them"]),
    "shared keys beside several": (
        {"weekdays": {"cron": "0 2 ? * MON-FRI *"}, "timezone": "UTC", "window": "10 minutes"},
        [f".timezone: {BELONGS}", f".window: {BELONGS}"],
    ),
    "one of several is a number": (
        {"weekdays": "rate(1 day)", "year-end": 5, "b": None},
        [f".year-end: 5: {KEYED}", f".b: null: {KEYED}"],
    ),
    "one of several is off": (
        {"a": "rate(1 day)", "b": "off", "c": False},
        [
            ".b: 'off': remove this key; only a whole job can be set to \"off\"",
            '.c: false: remove this key; only a whole job can be set to "off"',
        ],
    ),
    "off in capitals": ("OFF", [": 'OFF': did you mean \"off\"?"]),
    "off with a space": ("off ", [": 'off ': did you mean \"off\"?"]),
    "no": ("no", [": 'no': did you mean \"off\"?"]),
    "at in the gap": (
        {"at": "2027-03-28T02:30:00", "timezone": "Europe/Berlin"},
        [": 'at(2027-03-28T02:30:00)': never fires: daylight saving skips that time in Europe/Berlin"],
    ),
    "times that were not quoted": (
        {"at": "2026-12-31 23:00:00 +0000 UTC"},
        [
            (
                ".at: '2026-12-31 23:00:00 +0000 UTC': at's time is not understood; "
                "must be at(yyyy-mm-ddThh:mm:ss); quote it"
            )
        ],
    ),
    "a start that was not quoted": (
        {"rate": "1 day", "start": "2026-12-31 23:00:00.5 +0200 +0200"},
        [f".start: '2026-12-31 23:00:00.5 +0200 +0200': {DATE}; quote it"],
    ),
    "a NUL": (
        {"rate": "1 day", "environment": {"A": "b\0"}},
        [".environment.A: 'b\\x00': contains a NUL character, which cannot be passed to a process"],
    ),
    "a context attribute that changes": (
        {"rate": "1 day", "environment": {"A": "<aws.scheduler.attempt-number>"}},
        [
            (
                ".environment.A: '<aws.scheduler.attempt-number>': <aws.scheduler.attempt-number> differs between two "
                "deliveries of one tick, so ECS would refuse the second; remove it"
            )
        ],
    ),
    "kind of a wrong type": ({"rate": 5}, [".rate: 5: write a text such as 15 minutes"]),
    "numbers for text": (
        {
            "cron": 5,
            "timezone": 1,
            "start": 2026,
            "window": 5,
            "environment": {"A": True, "B": None, "C": [], "d.e": 1.5},
        },
        [
            ".cron: 5: write a text such as 0 2 * * ? *",
            ".timezone: 1: write a text such as Europe/Berlin",
            ".window: 5: write a text such as 15 minutes",
            ".start: 2026: write a text such as 2027-01-31T06:00:00",
            '.environment.A: true: must be text; quote it: "true"',
            ".environment.B: null: must be text",
            ".environment.C: []: must be text",
            '.environment["d.e"]: 1.5: must be text; quote it: "1.5"',
        ],
    ),
    "unknown key": ({"rate": "1 day", "timezon": "UTC"}, [".timezon: unknown key; did you mean 'timezone'?"]),
    "unknown key that is near to none": (
        {"rate": "1 day", "x": 1},
        [
            (
                ".x: unknown key; must be one of: at, backoff, cpu, cron, doneBy, enabled, end, environment, image, "
                "late, lock, memory, notOn, overlap, pauseAfter, placement, rate, retries, retryOn, runRevision, "
                "secrets, start, startDeadline, startTimeout, timeout, timezone, totalTimeout, window"
            )
        ],
    ),
    "unknown key of the job": (
        {"rate": "1 day", "images": "a/b:1", "placment": "batch"},
        [
            ".images: unknown key; did you mean 'image'?",
            ".placment: unknown key; did you mean 'placement'?",
        ],
    ),
    "keys of the job in one of several schedules": (
        {"daily": {"rate": "1 day", "image": "a/b", "secrets": 5, "placement": 5, "x": 5}, "often": "rate(1 hour)"},
        [
            *(
                f".daily.{key}: is for all schedules of the job; write it in scheduled-jobs:schedules.report"
                for key in ("image", "placement", "secrets")
            ),
            (
                ".daily.x: unknown key; must be one of: at, backoff, cpu, cron, doneBy, enabled, end, environment, "
                "late, lock, memory, notOn, overlap, pauseAfter, rate, retries, retryOn, runRevision, start, "
                "startDeadline, startTimeout, timeout, timezone, totalTimeout, window"
            ),
        ],
    ),
    "time zone": (
        {"rate": "1 day", "timezone": "Europe/Berln"},
        [".timezone: 'Europe/Berln': no such time zone; did you mean Europe/Berlin?"],
    ),
    "window": ({"rate": "1 day", "window": "1 hour"}, [".window: '1 hour': must be minutes, such as 15 minutes"]),
    "long window": (
        {"rate": "1 day", "window": "2000 minutes"},
        [".window: '2000 minutes': must be 1 to 1440 minutes"],
    ),
    "very long window": (
        {"rate": "1 day", "window": "9" * 6000 + " minutes"},
        [f".window: '{'9' * 118}…: must be minutes, such as 15 minutes"],
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
    "end at the start": (
        {"rate": "1 day", "start": "2027-01-01", "end": "2027-01-01T00:00:00"},
        [".end: '2027-01-01T00:00:00': must be later than the start; for one run, write at instead of rate"],
    ),
    "end at the start of a cron in another zone": (
        {"cron": "0 6 * * ? *", "start": "2027-01-01T07:00:00+01:00", "end": "2027-01-01T06:00:00"},
        [".end: '2027-01-01T06:00:00': must be later than the start; for one run, write at instead of cron"],
    ),
    "parts of a second": (
        {"rate": "1 day", "start": "2027-01-01T00:00:00.5", "end": "2027-12-31T23:59:59.999Z"},
        [
            ".start: '2027-01-01T00:00:00.5': has parts of a second, which are not sent to AWS; write whole seconds",
            ".end: '2027-12-31T23:59:59.999Z': has parts of a second, which are not sent to AWS; write whole seconds",
        ],
    ),
    "at with a start": (
        {"at": "2027-01-01T00:00:00", "start": "2026-01-01"},
        [": 'at(2027-01-01T00:00:00)': at cannot have a start or an end; AWS ignores both for a one-time schedule"],
    ),
    "enabled": ({"rate": "1 day", "enabled": "yes"}, [".enabled: 'yes': must be true or false"]),
    "cpu": (
        {"rate": "1 day", "cpu": "512", "memory": 0},
        [".cpu: '512': must be an integer", ".memory: 0: must be greater than 0"],
    ),
    "environment": (
        {"rate": "1 day", "environment": {"PORT": 8080, "a b": "c"}},
        [
            '.environment.PORT: 8080: must be text; quote it: "8080"',
            (
                ".environment[\"a b\"]: 'a b': must be letters, digits, underscores and dots, not starting with a "
                "digit, such as LOG_LEVEL"
            ),
        ],
    ),
    "placement": (
        {"rate": "1 day", "placement": "Batch"},
        [f".placement: 'Batch': must be {NAME}"],
    ),
    "schedule key": (
        {"Weekdays": "rate(1 day)", "b": {"cron": "x"}},
        [
            (
                ".Weekdays: 'Weekdays': must be lower-case letters, digits and hyphens, starting with a letter, "
                "at most 20 characters, such as weekdays"
            ),
            ".b.cron: 'x': cron must have 6 fields (minutes hours day-of-month month day-of-week year), not 1",
        ],
    ),
    "what a Kubernetes CronJob promises": (
        {
            "cron": "0 2 * * ? *",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 300,
            "activeDeadlineSeconds": 86400,
            "backoffLimit": 6,
        },
        [
            f".concurrencyPolicy: 'Forbid': {KUBERNETES}; write overlap: skip",
            f".startingDeadlineSeconds: 300: {KUBERNETES}; write startDeadline: 5m",
            f".activeDeadlineSeconds: 86400: {KUBERNETES}; write totalTimeout: 24h",
            f".backoffLimit: 6: {KUBERNETES}; write retries: 6",
        ],
    ),
    "what a Kubernetes CronJob promises in vain": (
        {
            "cron": "0 2 * * ? *",
            "concurrencyPolicy": "forbid",
            "startingDeadlineSeconds": "5m",
            "activeDeadlineSeconds": 0,
            "backoffLimit": 12,
        },
        [
            f".concurrencyPolicy: 'forbid': {KUBERNETES}; write overlap: skip",
            f".startingDeadlineSeconds: '5m': {KUBERNETES}; write startDeadline: 10m",
            f".activeDeadlineSeconds: 0: {KUBERNETES}; write totalTimeout: 10m",
            f".backoffLimit: 12: {KUBERNETES}; write retries: 10",
        ],
    ),
    "a Kubernetes CronJob": (
        {"schedule": "0 2 * * 1-5", "timeZone": "Europe/Berlin", "suspend": True},
        [
            f".schedule: '0 2 * * 1-5': {KUBERNETES}; write cron: \"0 2 ? * MON-FRI *\"",
            f".timeZone: 'Europe/Berlin': {KUBERNETES}; write timezone: Europe/Berlin",
            f".suspend: true: {KUBERNETES}; write enabled: false",
        ],
    ),
    "a CronJob under a key": (
        {"daily": {"schedule": "@daily", "suspend": False}, "often": {"schedule": "@every 4h"}},
        [
            f".daily.schedule: '@daily': {KUBERNETES}; write cron: \"0 0 * * ? *\"",
            f".daily.suspend: false: {KUBERNETES}; write enabled: true",
            (
                f".often.schedule: '@every 4h': {KUBERNETES}; '@every 4h' is a form of Go's cron, which AWS does not "
                "accept: rate(4 hours), or {rate: 4 hours}"
            ),
        ],
    ),
    "keys of a CronJob beside cron and beside several": (
        {"cron": "0 2 * * ? *", "suspend": "yes", "schedule": 5, "timeZone": None, "windo": "5 minutes"},
        [
            f".suspend: 'yes': {KUBERNETES}; write enabled: false",
            f'.schedule: 5: {KUBERNETES}; write cron: "0 2 * * ? *"',
            f".timeZone: null: {KUBERNETES}; write timezone: Europe/Berlin",
            ".windo: unknown key; did you mean 'window'?",
        ],
    ),
    "a CronJob's zone beside several": (
        {"timeZone": "UTC", "a": "rate(1 day)"},
        [f".timeZone: 'UTC': {KUBERNETES}; write timezone: UTC"],
    ),
    "a CronJob of both days": (
        {"schedule": "0 6 1 * 1"},
        [
            (
                f".schedule: '0 6 1 * 1': {KUBERNETES}; five fields are Unix cron, but AWS's cron has six; Unix cron "
                "fires when either day field matches, so write two schedules: cron(0 6 1 * ? *) and cron(0 6 ? * MON *)"
            )
        ],
    ),
    "a key beside a schedule's own": (
        {"enabled": False, "weekdays": "rate(1 day)"},
        [
            ".enabled: belongs in each schedule, next to its cron, rate or at",
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
        [f".x: unknown key; must be one of: {PLACEMENT_KEYS}"],
    ),
    "unknown nested key": (
        {"service": {"cluster": "a", "nam": "web"}},
        [".service.name: is missing", ".service.nam: unknown key; did you mean 'name'?"],
    ),
    "unknown key beside what the whole lacks": (
        {"cluster": "a", "subnet": []},
        [
            ".subnet: unknown key; did you mean 'subnets'?",
            ': {"cluster": "a"}: without \'service\', this key is required: subnets',
        ],
    ),
    "cluster of a wrong type": ({**EXPLICIT, "cluster": 5}, [f".cluster: 5: {REFERENCE}"]),
    "incomplete reference": (
        {**EXPLICIT, "cluster": {"projekt": "platform", "stack": "staging", "output": "clusterArn"}},
        [".cluster.project: is missing", ".cluster.projekt: unknown key; did you mean 'project'?"],
    ),
    "numbers for names": (
        {"service": {"cluster": "a", "name": 5}, "container": 5, "taskDefinition": 7, "subnets": [5]},
        [
            '.service.name: 5: must be text; quote it: "5"',
            '.taskDefinition: 7: must be text; quote it: "7"',
            '.container: 5: must be text; quote it: "5"',
            ".subnets[0]: 5: write a text such as subnet-0123456789abcdef0",
        ],
    ),
    "two clusters": (
        {**SERVICE, "cluster": "b"},
        [
            (
                ': {"service": {"cluster": "staging", "name": "web"}, "cluster": "b"}: '
                "'service' already names the cluster; remove 'cluster'"
            )
        ],
    ),
    "nothing": ({}, [": {}: without 'service', this key is required: subnets"]),
    "another word for security groups": (
        {**EXPLICIT, "securityGroups": "egress"},
        [
            ".securityGroups: 'egress': must be egress-only, or a list of the ids of security groups, such as [sg-01]",
        ],
    ),
    "security groups of no form": (
        {**EXPLICIT, "securityGroups": 1},
        [".securityGroups: 1: must be a list of the ids of security groups, or egress-only"],
    ),
    "container insights of another's cluster": (
        {"cluster": "a", "subnets": ["subnet-01"], "containerInsights": "enhanced"},
        [
            (
                ': {"cluster": "a", "subnets": ["subnet-01"], "containerInsights": "enhanced"}: \'containerInsights\' '
                "is for a cluster that the placement makes; remove it, since 'cluster' names one"
            )
        ],
    ),
    "container insights of a service's cluster": (
        {**SERVICE, "containerInsights": "enabled"},
        [
            (
                ': {"service": {"cluster": "staging", "name": "web"}, "containerInsights": "enabled"}: '
                "'containerInsights' is for a cluster that the placement makes; remove it, since 'service' names one"
            )
        ],
    ),
    "another word for container insights": (
        {"subnets": ["subnet-01"], "containerInsights": "on"},
        [".containerInsights: 'on': must be 'enhanced', 'enabled' or 'disabled'"],
    ),
    "other capacity of a cluster of its own": (
        {"subnets": ["subnet-01"], "capacity": {"machines": 1}},
        [
            (
                ': {"subnets": ["subnet-01"], "capacity": {"machines": 1}}: the cluster that this placement makes has '
                "only FARGATE and FARGATE_SPOT, and not machines; name a cluster that has it in 'cluster'"
            )
        ],
    ),
    "lists": (
        {**EXPLICIT, "subnets": ["10.0.0.0/24"], "securityGroups": []},
        [
            ".subnets[0]: '10.0.0.0/24': must be a subnet's id, such as subnet-0123456789abcdef0",
            ".securityGroups: []: list should have at least 1 item, not 0",
        ],
    ),
    "scalars": (
        {**EXPLICIT, "assignPublicIp": "yes", "taskDefinition": "a:latest", "container": "a b"},
        [
            (
                ".taskDefinition: 'a:latest': must be a task definition's family or family:revision, "
                "such as worker or worker:12"
            ),
            ".container: 'a b': must be letters, digits, hyphens and underscores, at most 255, such as worker",
            ".assignPublicIp: 'yes': must be true or false",
        ],
    ),
    "capacity": (
        {**SERVICE, "capacity": {"FARGATE": -1, "FARGATE_SPOT": "1"}},
        [
            ".capacity.FARGATE: -1: must be greater than or equal to 0",
            ".capacity.FARGATE_SPOT: '1': must be an integer",
        ],
    ),
    "names of capacity providers": (
        {**SERVICE, "capacity": {"": 1, "a b": 1}},
        [
            f".capacity[\"\"]: '': must be {ECS_NAME}",
            f".capacity[\"a b\"]: 'a b': must be {ECS_NAME}",
        ],
    ),
    "shares of capacity": (
        {**SERVICE, "capacity": {"FARGATE": {"weight": 1001, "bases": 1}, "a": [], "b": True, "c": {"base": -1}}},
        [
            ".capacity.FARGATE.weight: 1001: must be less than or equal to 1000",
            ".capacity.FARGATE.bases: unknown key; did you mean 'base'?",
            ".capacity.a: []: must be a weight, such as 1, or a mapping with weight and base",
            ".capacity.b: true: must be an integer",
            ".capacity.c.base: -1: must be greater than or equal to 0",
        ],
    ),
    "two bases": (
        {**SERVICE, "capacity": {name: {"weight": 1, "base": 1} for name in ("FARGATE", "FARGATE_SPOT")}},
        [
            (
                '.capacity: {"FARGATE": {"weight": 1, "base": 1}, "FARGATE_SPOT": {"weight": 1, "base": 1}}: '
                "only one capacity provider can have a base; FARGATE and FARGATE_SPOT have one"
            )
        ],
    ),
    "twenty-one capacity providers": (
        {**SERVICE, "capacity": {f"m{number}": 1 for number in range(21)}},
        [
            (
                '.capacity: {"m0": 1, "m1": 1, "m2": 1, "m3": 1, "m4": 1, "m5": 1, "m6": 1, "m7": 1, "m8": 1, "m9": 1, '
                '"m10": 1, "m11": 1, "m12": 1…: has 21 capacity providers; must be at most 20'
            )
        ],
    ),
    "a base without a weight": (
        {**SERVICE, "capacity": {"FARGATE": {"base": 1}}},
        ['.capacity: {"FARGATE": {"base": 1}}: at least one weight must be greater than 0'],
    ),
    "weights of nothing": (
        {**SERVICE, "capacity": {"FARGATE": 0}},
        ['.capacity: {"FARGATE": 0}: at least one weight must be greater than 0'],
    ),
    "Fargate and others": (
        {**SERVICE, "capacity": {"FARGATE": 1, "machines": 1}},
        [
            (
                '.capacity: {"FARGATE": 1, "machines": 1}: FARGATE and FARGATE_SPOT cannot be combined with '
                "other capacity providers"
            )
        ],
    ),
    "lists that repeat": (
        {**EXPLICIT, "subnets": ["subnet-a"] * 2, "securityGroups": ["sg-a"] * 2},
        [
            f'.subnets: ["subnet-a", "subnet-a"]: {TWICE.format("subnet-a")}',
            f'.securityGroups: ["sg-a", "sg-a"]: {TWICE.format("sg-a")}',
        ],
    ),
    "empty names": (
        {"service": {"cluster": {"project": "", "stack": "a", "output": "b"}, "name": " "}},
        [
            (
                ".service.cluster.project: '': must be letters, digits, dots, underscores and hyphens, at most 100, "
                "such as platform"
            ),
            ".service.name: ' ': must be text that is not empty",
        ],
    ),
    "a name that cannot be seen": (
        {"service": {"cluster": "a", "name": "web\0"}},
        [".service.name: 'web\\x00': contains a character that cannot be seen, which no name has"],
    ),
    "a cluster that is a role": (
        {**EXPLICIT, "cluster": "arn:aws:iam::111122223333:role/a"},
        [f".cluster: 'arn:aws:iam::111122223333:role/a': {CLUSTER}"],
    ),
    "a role with a star": (
        {**SERVICE, "taskRoles": ["arn:aws:iam::111122223333:role/*"]},
        [f".taskRoles[0]: 'arn:aws:iam::111122223333:role/*': {ROLE}"],
    ),
    "roles": (
        {**SERVICE, "taskRoles": ["worker"]},
        [f".taskRoles[0]: 'worker': {ROLE}"],
    ),
}


@pytest.mark.parametrize(("placement", "expected"), PLACEMENTS.values(), ids=PLACEMENTS)
def test_names_mistakes_in_placements(placement: object, expected: list[str]) -> None:
    """A wrong placement gives exactly these messages."""
    assert lines(placements={"default": placement}) == [f"placements.default{line}" for line in expected]


TWICE = (
    "lists 'a@example.com' more than once; SNS accepts an address once: "
    "put its classes, owners, jobs and severities into one mapping"
)
TROUBLES = (
    "'failed', 'not-started', 'not-launched', 'too-late', 'missed', 'interrupted', 'timed-out', 'overrun', 'not-done', "
    "'stopped'"
)
STANDARD = "must be the ARN of a standard {kind}, such as arn:aws:{service}:eu-central-1:111122223333:alerts"
FUNCTION = "must be the ARN of a function, such as arn:aws:lambda:eu-central-1:111122223333:function:on-alert"

OTHERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown key": ({"schedule": {}}, ["schedule: unknown key; did you mean 'schedules'?"]),
    "unknown key that is near to none": (
        {"x": {}},
        [
            (
                "x: unknown key; must be one of: alerts, calendars, defaults, encryption, iam, ledger, logs, "
                "placements, receivers, schedules, tags"
            )
        ],
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
            f"placements[\"my.place\"]: 'my.place': must be {NAME}",
            f"schedules.Report: 'Report': must be {NAME}",
        ],
    ),
    "defaults": (
        {"defaults": {"timezone": "CEST"}},
        [
            (
                "defaults.timezone: 'CEST': abbreviations are ambiguous; "
                "must be a name of the IANA database such as Europe/Berlin"
            )
        ],
    ),
    "alerts": (
        {"alerts": {"email": ["ops"], "https": ["http://example.com"], "sms": []}},
        [
            "alerts.email[0]: 'ops': must be an e-mail address in ASCII, such as on-call@example.com",
            "alerts.https[0]: 'http://example.com': must be an https address in ASCII, such as https://hooks.example.com/jobs",
            "alerts.sms: unknown key; did you mean 'sqs'?",
        ],
    ),
    "key like a mark of pydantic's": (
        {"defaults": {"[name]": None}},
        ['defaults["[name]"]: unknown key; must be one of: timezone'],
    ),
    "twice told": (
        {"alerts": {"email": ["a@example.com", "b@example.com", "a@example.com"]}},
        [f'alerts.email: ["a@example.com", "b@example.com", "a@example.com"]: {TWICE}'],
    ),
    "told twice, in two forms": (
        {"alerts": {"email": ["a@example.com", {"to": "a@example.com", "classes": ["failed"]}]}},
        [f'alerts.email: ["a@example.com", {{"to": "a@example.com", "classes": ["failed"]}}]: {TWICE}'],
    ),
    "routes": (
        {
            "alerts": {
                "email": [{"to": "nobody", "classes": ["fail"], "severities": []}, {"too": "a@example.com"}, 3],
                "sqs": ["inbox"],
                "lambda": [{"to": "arn:aws:lambda:eu-central-1:123456789012:alias"}],
                "topic": "alerts",
                "quiet": ["recovered"],
                "grace": "5",
                "stops": "yes",
                "secretNames": ["KEY", "[A-Z]"],
            },
            "ledger": {"days": 0, "retain": "yes"},
        },
        [
            f"alerts.email[0].classes[0]: 'fail': must be {TROUBLES}, 'will-not-launch', 'drifted' or 'recovered'",
            "alerts.email[0].severities: []: list should have at least 1 item, not 0",
            f"alerts.email[0].to: 'nobody': {EMAIL}",
            "alerts.email[1].to: is missing",
            "alerts.email[1].too: unknown key; did you mean 'to'?",
            (
                "alerts.email[2]: 3: must be an address, or a mapping with `to` and any of classes, owners, jobs, "
                "severities"
            ),
            f"alerts.sqs[0]: 'inbox': {STANDARD.format(kind='queue', service='sqs')}",
            f"alerts.lambda[0].to: 'arn:aws:lambda:eu-central-1:123456789012:alias': {FUNCTION}",
            f"alerts.topic: 'alerts': {STANDARD.format(kind='topic', service='sns')}",
            f"alerts.quiet[0]: 'recovered': must be {TROUBLES}, 'will-not-launch' or 'drifted'",
            "alerts.grace: '5': must be minutes, such as 15 minutes",
            (
                "alerts.secretNames[1]: '[A-Z]': must be letters, digits, underscores and stars, at most 64, "
                "such as *PASSWORD*"
            ),
            "alerts.stops: 'yes': must be true or false",
            "ledger.days: 0: must be greater than or equal to 1",
            "ledger.retain: 'yes': must be true or false",
        ],
    ),
    "addresses without a host": (
        {"alerts": {"https": ["https://:443/a", "https://a:99999"], "email": ["a@b..c", "a@b@c.de", "ä@b.de"]}},
        [
            *(f"alerts.email[{i}]: '{a}': {EMAIL}" for i, a in enumerate(("a@b..c", "a@b@c.de", "ä@b.de"))),
            f"alerts.https[0]: 'https://:443/a': {HOST}",
            f"alerts.https[1]: 'https://a:99999': {HOST}",
        ],
    ),
    "addresses that mail and servers refuse": (
        {
            "alerts": {
                "email": [f"{'a' * 65}@example.com", f"a@{'b.' * 127}com"],
                "https": ["https://example.com/\x01", "https://exämple.com", f"https://a/{'b' * 2039}"],
            }
        },
        [
            f"alerts.email[0]: '{'a' * 65}@example.com': must have at most 64 characters before the @",
            f"alerts.email[1]: 'a@{'b.' * 58}…: string should have at most 254 characters",
            f"alerts.https[0]: 'https://example.com/\\x01': {HTTPS}",
            f"alerts.https[1]: 'https://exämple.com': {HTTPS}",
            f"alerts.https[2]: 'https://a/{'b' * 108}…: string should have at most 2048 characters",
        ],
    ),
    "tags that AWS refuses": (
        {
            "tags": {
                "a": "",
                "b": "aws:c",
                "c\u0301": "x",
                "d": "ⓐ",
                "e": "²ß 中",
                "f": "\u200d",
                "": "x",
                "g" * 129: "x",
            }
        },
        [
            "tags.a: '': is empty, which EventBridge Scheduler refuses; write a value, or remove the tag",
            "tags.b: 'aws:c': AWS reserves tag values that begin with aws:; choose another value",
            f"tags[\"c\u0301\"]: 'c\u0301': must be {TAG}",
            f"tags.d: 'ⓐ': must be {TAG}",
            f"tags.f: '\\u200d': must be {TAG}",
            "tags[\"\"]: '': string should have at least 1 character",
            f"tags.{'g' * 129}: '{'g' * 118}…: string should have at most 128 characters",
        ],
    ),
    "a long boundary": (
        {"iam": {"permissionsBoundary": f"arn:aws:iam::111122223333:policy/{'a' * 2048}"}},
        [
            (
                f"iam.permissionsBoundary: 'arn:aws:iam::111122223333:policy/{'a' * 85}…: "
                "string should have at most 2048 characters"
            )
        ],
    ),
    "tags that AWS or we keep": (
        {"tags": {"AWS:x": "a", "Owner": "b", "job": "c", "scheduled-jobs:Group": "d"}},
        [
            "tags.AWS:x: 'AWS:x': AWS reserves tag keys that begin with aws:; choose another key",
            "tags.Owner: 'Owner': the program sets this tag on every job; choose another key",
            "tags.job: 'job': the program sets this tag on every job; choose another key",
            (
                "tags.scheduled-jobs:Group: 'scheduled-jobs:Group': the program sets this tag on every job; "
                "choose another key"
            ),
        ],
    ),
    "tags that differ in case": (
        {"tags": {"team": "a", "Team": "b"}},
        ['tags: {"team": "a", "Team": "b"}: \'team\' and \'Team\' differ only in case, and IAM ignores the case'],
    ),
    "boundary that is a role": (
        {"iam": {"permissionsBoundary": "arn:aws:iam::111122223333:role/a"}},
        [f"iam.permissionsBoundary: 'arn:aws:iam::111122223333:role/a': {BOUNDARY}"],
    ),
    "keys by other names": (
        {"encryption": {"kmsKey": "arn:aws:kms:eu-central-1:111122223333:alias/jobs"}},
        [f"encryption.kmsKey: 'arn:aws:kms:eu-central-1:111122223333:alias/jobs': {KEY}"],
    ),
    "the id of a key": (
        {"encryption": {"kmsKey": "1234abcd-12ab-34cd-56ef-1234567890ab"}},
        [f"encryption.kmsKey: '1234abcd-12ab-34cd-56ef-1234567890ab': {KEY}"],
    ),
    "a key of several regions": ({"encryption": {"kmsKey": "arn:aws:kms:eu-west-1:111122223333:key/mrk-12ab"}}, []),
    "another word for the key": (
        {"encryption": {"kmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/12ab"}},
        ["encryption.kmsKeyArn: unknown key; did you mean 'kmsKey'?"],
    ),
    "boundary of AWS": ({"iam": {"permissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess"}}, []),
    "tags": (
        {"tags": {"a&b": "c", "team": 5, "d": "a\tb"}},
        [
            f"tags[\"a&b\"]: 'a&b': must be {TAG}",
            'tags.team: 5: must be text; quote it: "5"',
            f"tags.d: 'a\\tb': must be {TAG}",
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


def test_limits_the_capacity_providers() -> None:
    """20 capacity providers are valid and 21 are not, as in ECS."""
    names = [f"machines-{i}" for i in range(21)]
    assert lines(placements={"default": {**SERVICE, "capacity": dict.fromkeys(names[:20], 1)}}) == []
    [line] = lines(placements={"default": {**SERVICE, "capacity": dict.fromkeys(names, 1)}})
    assert line.endswith("…: has 21 capacity providers; must be at most 20")


def test_leaves_room_for_the_tags_of_every_job() -> None:
    """48 tags are valid and 49 are not, since AWS allows 50 and the program adds job and owner."""
    assert lines(tags={f"k{i}": "v" for i in range(48)}) == []
    assert "has 49 tags; must be at most 48" in lines(tags={f"k{i}": "v" for i in range(49)})[0]


SECRET = "hunter2"  # noqa: S105 - looked for in messages
PARENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "a list": ("alerts.https[0]", {"alerts": {"https": [f"https://{SECRET}"] * 2}}),
    "a mapping for a list": ("alerts.https.a", {"alerts": {"https": {"a": SECRET}}}),
    "a placement": ("placements.d.container", {"placements": {"d": {"container": SECRET}}}),
    "an environment": (
        "schedules.j.environment[0]",
        {"schedules": {"j": {"rate": "1 day", "environment": [SECRET]}}},
    ),
    "a tag": ("tags.a.b", {"tags": {"a": {"b": SECRET}}}),
}


@pytest.mark.parametrize(("path", "config"), PARENTS.values(), ids=PARENTS)
def test_hides_what_holds_a_secret(path: str, config: dict[str, Any]) -> None:
    """A mistake in a value that contains a secret is reported without the value."""
    problems = Problems()
    problems.hide_values_under([f"scheduled-jobs:{path}"])
    settings.parse({"placements": {"default": SERVICE}, "schedules": {}, **config}, problems)
    assert len(problems)
    assert SECRET not in "".join(map(str, problems))


def test_says_what_is_missing() -> None:
    """A stack without config gets a report with the two keys that it needs."""
    problems = Problems()
    settings.parse({}, problems)
    with pytest.raises(InvalidInput) as raised:
        problems.raise_if_any()
    assert str(raised.value) == (
        "2 problems to fix before anything is deployed:\n"
        "  scheduled-jobs:placements: is missing\n"
        "  scheduled-jobs:schedules: is missing"
    )
