from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from adoption import eventbridge
from adoption.eventbridge import Rule
from cadence import parse
from tests.unit.adoption.adopting import checked, todos, write
from tests.unit.cadence.strategies import crons

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from adoption.found import Contents, Found

PLACE = "eu-central-1:123456789012"
ARN = f"arn:aws:events:{PLACE}:rule/NightlyReport"
CLUSTER = f"arn:aws:ecs:{PLACE}:cluster/production"
DEFINITION = f"arn:aws:ecs:{PLACE}:task-definition/report:7"
NETWORK = {
    "awsvpcConfiguration": {"Subnets": ["subnet-0a"], "SecurityGroups": ["sg-01"], "AssignPublicIp": "DISABLED"},
}
PARAMETERS = {
    "TaskDefinitionArn": DEFINITION,
    "TaskCount": 1,
    "LaunchType": "FARGATE",
    "NetworkConfiguration": NETWORK,
    "EnableECSManagedTags": True,
    "EnableExecuteCommand": False,
}
OVERRIDE = {"name": "app", "command": ["report", "--day", "yesterday"]}


def rule(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a rule
    """Return a rule as ListRules has it."""
    usual = {"Name": "NightlyReport", "Arn": ARN, "State": "ENABLED", "ScheduleExpression": "cron(0 2 * * ? *)"}
    return {**usual, "EventBusName": "default", **changed}


def target(parameters: Mapping[str, Any] | None = None, given: object = None, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an ECS target as ListTargetsByRule has it."""
    overrides = {"containerOverrides": [OVERRIDE]} if given is None else given
    usual = {"Id": "report", "Arn": CLUSTER, "RoleArn": "arn:aws:iam::123456789012:role/ecsEventsRole"}
    return {**usual, "EcsParameters": {**PARAMETERS, **(parameters or {})}, "Input": json.dumps(overrides), **changed}


def read(*targets: Mapping[str, Any], definition: Mapping[str, Any] | None = None, **changed: Any) -> Contents:  # noqa: ANN401
    """Read one rule."""
    return eventbridge.read([Rule(rule(**changed), targets)], lambda _: definition)


def one(contents: Contents) -> Found:
    """Return the only job."""
    [found] = contents.found
    return found


def fields(contents: Contents) -> dict[str, str]:
    """Return the leftovers of the only job by field."""
    return {left.field: left.todo for left in one(contents).leftovers}


def test_a_rule_passes_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The job runs the command in the rule's container, where the rule ran it."""
    override = {**OVERRIDE, "environment": [{"name": "FORMAT", "value": "csv"}, {"name": "API_KEY", "value": "abcdef"}]}
    made = write(tmp_path, read(target(given={"containerOverrides": [override], "cpu": "512", "memory": "1 GB"})))
    found = checked(tmp_path, capsys)
    assert found["problems"] == []
    assert [(one["name"], one["words"], one["enabled"]) for one in found["schedules"]] == [
        ("nightly-report", "at 02:00 every day, UTC", False)
    ]
    assert made.files["jobs/nightly_report.py"].partition("JOB = ")[2] == (
        "Job(\n"
        '    name="nightly-report",\n'
        '    command=["report", "--day", "yesterday"],\n'
        '    environment={"FORMAT": "csv"},\n'
        '    owner="data",\n'
        '    container="app",\n'
        "    cpu=512,\n"
        "    memory=1024,\n"
        ")\n"
    )
    assert (
        "    default:\n      cluster: production\n      taskDefinition: report:7\n      subnets: [subnet-0a]\n"
        "      securityGroups: [sg-01]\n"
    ) in made.files["Pulumi.adopted.yaml"]
    assert [str(left).split(": ")[:2] for left in made.leftovers] == [
        [ARN, "name"],
        [ARN, "Input.containerOverrides[0].environment.API_KEY"],
        [ARN, "ScheduleExpression"],
    ]
    assert "abcdef" not in "".join([*made.files.values(), *map(str, made.leftovers)])


@pytest.mark.parametrize(
    ("changed", "field", "start"),
    [
        (target({"LaunchType": "EC2"}), "EcsParameters.LaunchType", "is EC2, but jobs run on Fargate"),
        (target({"LaunchType": None}), "EcsParameters.LaunchType", "is not set, so the cluster decides"),
        (target({"PlatformVersion": "1.3.0"}), "EcsParameters.PlatformVersion", "is 1.3.0, but runs use the latest"),
        (target({"Group": "g"}), "EcsParameters.Group", "is left out: the program names the group"),
        (target({"TaskCount": 3}), "EcsParameters.TaskCount", "is 3, but a tick starts one run; make 3 jobs"),
        (target({"Tags": [{"Key": "a", "Value": "b"}]}), "EcsParameters.Tags", "is left out; scheduled-jobs:tags"),
        (
            target({"PropagateTags": "TASK_DEFINITION"}),
            "EcsParameters.PropagateTags",
            "is left out: no tags are copied",
        ),
        (target({"EnableExecuteCommand": True}), "EcsParameters.EnableExecuteCommand", "is left out: nobody can enter"),
        (
            target({"PlacementConstraints": [{"type": "distinctInstance"}]}),
            "EcsParameters.PlacementConstraints",
            "is about EC2 instances",
        ),
        (
            target({"NetworkConfiguration": {}}),
            "EcsParameters.NetworkConfiguration.awsvpcConfiguration.subnets",
            "is missing; name the subnets",
        ),
        (
            target(RetryPolicy={"MaximumEventAgeInSeconds": 60}),
            "RetryPolicy.MaximumEventAgeInSeconds",
            "is 60; launches",
        ),
        (target(DeadLetterConfig={"Arn": "a"}), "DeadLetterConfig", "is left out: what cannot be launched"),
        (target(InputTransformer={"InputTemplate": "{}"}), "InputTransformer", "is left out: it writes the overrides"),
        (target(InputPath="$.detail"), "InputPath", "is left out: it selects a part of the event"),
        (target(given=[1]), "Input.", "is no JSON object with overrides"),
        (target(given={"taskRoleArn": "a"}), "Input.taskRoleArn", "jobs have this from the task definition"),
        (
            target(given={"containerOverrides": [{**OVERRIDE, "cpu": 5}]}),
            "Input.containerOverrides[0].cpu",
            "is left out: only the size of the whole task",
        ),
        (
            target(given={"containerOverrides": [{"name": "proxy"}, OVERRIDE]}),
            "Input.containerOverrides[0]",
            "is left out: a job changes one container, which is app here",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_has_no_counterpart_is_listed(changed: Mapping[str, Any], field: str, start: str) -> None:
    """Each member has the name that it has in the target."""
    assert fields(read(changed))[field].startswith(start)


def test_a_usual_rule_leaves_only_its_zone() -> None:
    """What carries over is not listed."""
    assert list(fields(read(target()))) == ["ScheduleExpression"]


def test_a_rule_without_a_command_has_that_of_its_task_definition() -> None:
    """The only essential container needs no name. If the command is the image's own, a word stands for it."""
    containers = [{"name": "proxy", "essential": False}, {"name": "main", "command": ["serve"]}]
    found = one(read(target(given={}), definition={"containerDefinitions": containers}))
    assert (found.job.container, found.job.command) == (None, ["serve"])
    contents = read(target(given={}))
    assert one(contents).job.command == ["replace-me"]
    assert fields(contents)["Input.containerOverrides[0].command"].startswith("is that of the image")


def test_a_capacity_provider_strategy_is_the_placement_s_capacity() -> None:
    """Weights and bases stay."""
    strategy = [
        {"capacityProvider": "FARGATE", "base": 1, "weight": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    ]
    contents = read(target({"LaunchType": None, "CapacityProviderStrategy": strategy}))
    assert one(contents).placement.keys["capacity"] == {"FARGATE": {"weight": 1, "base": 1}, "FARGATE_SPOT": 3}
    assert list(fields(contents)) == ["ScheduleExpression"]


def test_launches_are_repeated_as_often_as_the_target_says() -> None:
    """185 is what a target has that says nothing."""
    assert one(read(target(RetryPolicy={"MaximumRetryAttempts": 5}))).job.launch_retries == 5
    assert one(read(target(RetryPolicy={"MaximumRetryAttempts": 185}))).job.launch_retries == 3


def test_several_targets_are_several_jobs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is named after the rule and the target, and other targets stay where they are."""
    function = {"Id": "f", "Arn": f"arn:aws:lambda:{PLACE}:function:f"}
    contents = read(target(), target(Id="again"), function)
    made = write(tmp_path, contents)
    assert checked(tmp_path, capsys)["problems"] == []
    assert [job.job.name for job in made.jobs] == ["nightly-report-report", "nightly-report-again"]
    assert f"{ARN}: target f: is no ECS task but {function['Arn']}, so it stays where it is" in todos(contents)
    assert any("has several ECS targets" in line for line in todos(contents))


def test_what_a_rule_says_beside_its_targets_is_listed() -> None:
    """A disabled rule, one that also has a pattern, one without targets, and a rate."""
    assert "do not enable this job" in fields(read(target(), State="DISABLED"))["State"]
    assert "also runs on events" in fields(read(target(), EventPattern="{}"))["EventPattern"]
    assert todos(read()) == [f"{ARN}: has no target, so there is nothing to adopt"]
    contents = read(target(), ScheduleExpression="rate(5 minutes)")
    assert one(contents).schedules == {"": {"rate": "5 minutes", "enabled": False}}
    assert "counts from the creation" in fields(contents)["ScheduleExpression"]


def test_an_expression_that_cannot_be_read_leaves_the_job_off() -> None:
    """The line has the reason."""
    contents = read(target(), ScheduleExpression="cron(*/60 * * * ? *)")
    assert one(contents).schedules == {}
    assert fields(contents)["ScheduleExpression"].endswith("so write 0; write the schedule by hand")


@settings(deadline=None)
@given(crons())
def test_the_schedule_is_the_rule_s_expression_in_utc(expression: str) -> None:
    """So it has every tick of the rule: rules are in UTC."""
    [schedule] = one(read(target(), ScheduleExpression=expression)).schedules.values()
    assert parse(f"cron({schedule['cron']})") == parse(expression)
    assert (schedule["timezone"], schedule["enabled"]) == ("UTC", False)
