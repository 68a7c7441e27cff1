"""Tests that no file ends `adopt` with a traceback, and that whatever is written passes `check`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

import settings
from adoption import crontab, ecschedule, eventbridge, files, kubernetes
from adoption.found import Contents, SourceError
from plan import build
from tests.unit.adoption.adopting import STACK

NOW = datetime(2026, 11, 29, 10, tzinfo=UTC)
SERVICE = {"cluster": "production", "name": "web"}
TEXTS = st.sampled_from(
    ["", "a", "0 2 * * *", "@every 1h", "cron(0 2 * * ? *)", "500m", "1Gi", "FARGATE", "é\u202e\x00", "x" * 300]
)
SCALARS = st.none() | st.booleans() | st.integers(-5, 10**12) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
KUBERNETES = (
    *(
        "kind",
        "metadata",
        "name",
        "labels",
        "owner",
        "spec",
        "schedule",
        "timeZone",
        "suspend",
        "jobTemplate",
        "template",
    ),
    *(
        "backoffLimit",
        "concurrencyPolicy",
        "activeDeadlineSeconds",
        "startingDeadlineSeconds",
        "containers",
        "image",
        "args",
    ),
    *(
        "command",
        "env",
        "value",
        "valueFrom",
        "secretKeyRef",
        "envFrom",
        "resources",
        "limits",
        "requests",
        "cpu",
        "memory",
    ),
)
ECSCHEDULE = (
    *("name", "description", "scheduleExpression", "taskDefinition", "taskCount", "group", "launch_type", "disabled"),
    *(
        "platform_version",
        "network_configuration",
        "aws_vpc_configuration",
        "subnets",
        "security_groups",
        "propagateTags",
    ),
    *(
        "assign_public_ip",
        "capacityProviderStrategy",
        "capacityProvider",
        "weight",
        "base",
        "containerOverrides",
        "cpu",
    ),
    *("command", "environment", "dead_letter_config", "memory"),
)


def trees(keys: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Draw mappings, lists and scalars below these keys, of any type anywhere."""
    return st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(keys) | TEXTS, inner, max_size=6),
        max_leaves=25,
    )


def passes(contents: Contents) -> None:
    """Write what was found, and check it as `check` does."""
    made = files.written(contents.found, contents.leftovers, STACK)
    problems = settings.Problems()
    config = yaml.safe_load(made.files[STACK.file])["config"]
    values = {key.partition(":")[2]: value or {} for key, value in config.items() if key.startswith(settings.NAMESPACE)}
    build(settings.parse(values, problems), [one.job for one in made.jobs], problems)
    assert list(map(str, problems)) == []


@given(trees(KUBERNETES), trees(KUBERNETES), trees(KUBERNETES))
def test_any_manifest(tree: Any, pod: Any, container: Any) -> None:  # noqa: ANN401
    """Whatever a manifest has where something else belongs."""
    containers = {"containers": [container, container]} | (pod if isinstance(pod, dict) else {})
    spec = {"jobTemplate": {"spec": {"template": {"spec": containers}}}}
    spec |= tree if isinstance(tree, dict) else {"schedule": tree}
    for document in (tree, {"kind": "CronJob", "metadata": pod, "spec": spec}, {"kind": "List", "items": tree}):
        passes(kubernetes.read(json.dumps(document).encode(), "a.yaml", SERVICE, NOW))


@given(st.lists(trees(ECSCHEDULE) | st.dictionaries(st.sampled_from(ECSCHEDULE), trees(ECSCHEDULE)), max_size=3))
def test_any_file_of_ecschedule(rules: list[Any]) -> None:
    """Whatever a rule has where something else belongs."""
    try:
        contents, _ = ecschedule.read(json.dumps({"cluster": "c", "rules": rules}).encode(), "a.yaml")
    except SourceError:
        assert not rules
    else:
        passes(contents)


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(["* * * * * a", "@daily %", "A=b"]))
)
def test_any_crontab(lines: list[str]) -> None:
    """Whatever a line has."""
    table = crontab.Table(
        text="\n".join(lines), file="crontab", system=False, timezone="UTC", service=SERVICE, container=None
    )
    passes(crontab.read(table, NOW))


@given(trees(("containerOverrides", "name", "command", "environment", "value", "cpu", "memory")) | TEXTS)
def test_any_input_of_a_target(given_input: Any) -> None:  # noqa: ANN401
    """EventBridge takes any JSON as the input of a target."""
    arn = "arn:aws:events:eu-central-1:123456789012:rule/r"
    cluster = "arn:aws:ecs:eu-central-1:123456789012:cluster/c"
    definition = "arn:aws:ecs:eu-central-1:123456789012:task-definition/r:1"
    rule = {"Arn": arn, "Name": "r", "ScheduleExpression": "cron(0 2 * * ? *)"}
    target = {"Id": "t", "Arn": cluster, "EcsParameters": {"TaskDefinitionArn": definition}}
    for text in (json.dumps(given_input), str(given_input)):
        passes(eventbridge.read([eventbridge.Rule(rule, [{**target, "Input": text}])], lambda _: None))
