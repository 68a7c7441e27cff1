from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import botocore.session
import pytest
from botocore.model import StructureShape

from components.run_task_request import client_token
from ops.errors import OpsError
from ops.running import launch
from watch.names import BY_HAND, JOB_TRIGGER

TARGET = "arn:aws-cn:scheduler:::aws-sdk:ecs:runTask"
TICK = "2026-11-26T02:00:00Z"
NONCE = "0a1b2c3d"
OTHERS = "<aws.scheduler.attempt-number>, <aws.scheduler.execution-id>"
LEAST = {"TaskDefinition": "web"}


def schedule(given: Any, arn: str = TARGET) -> dict[str, Any]:  # noqa: ANN401
    """Return a schedule with this input, as GetSchedule describes it."""
    return {"Name": "report", "Target": {"Arn": arn, "Input": given if isinstance(given, str) else json.dumps(given)}}


def request(given: Any, arn: str = TARGET) -> dict[str, Any]:  # noqa: ANN401
    """Return the request for a tick of a schedule with this input."""
    shape = botocore.session.get_session().get_service_model("ecs").operation_model("RunTask").input_shape
    assert isinstance(shape, StructureShape)
    return launch.request(schedule(given, arn), TICK, NONCE, shape)


def test_the_tick_takes_its_place_everywhere() -> None:
    """The tick replaces the context attribute in commands and environments, also several times in one text."""
    attribute = "<aws.scheduler.scheduled-time>"
    override = {"Command": [attribute, f"from {attribute} to {attribute}"], "Environment": [{"Value": attribute}]}
    found = request({**LEAST, "Overrides": {"ContainerOverrides": [override]}})
    assert found["overrides"] == {
        "containerOverrides": [{"command": [TICK, f"from {TICK} to {TICK}"], "environment": [{"value": TICK}]}]
    }


def test_the_token_is_new_and_tells_the_schedule_and_the_tick() -> None:
    """The token consists of the prefix of the schedule's own, the tick and a nonce, within ECS's 64 characters."""
    own = client_token("project", "stack", "report")
    token = request({**LEAST, "ClientToken": own})["clientToken"]
    assert token == f"{own[:32]}-{TICK}-{NONCE}"
    assert len(token) <= 64
    assert len(NONCE) == launch.NONCE


@pytest.mark.parametrize("own", [None, "mine", "<aws.scheduler.execution-id>"])
def test_a_token_of_another_kind_is_replaced(own: str | None) -> None:
    """A missing token, or a token of another program, is replaced by a hash of the schedule's name."""
    seed = hashlib.sha256(b"report").hexdigest()[:32]
    assert request({**LEAST, "ClientToken": own})["clientToken"] == f"{seed}-{TICK}-{NONCE}"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {**LEAST, "Group": "<aws.scheduler.execution-id> <aws.scheduler.attempt-number>"},
            f"report cannot be run by hand: its input has {OTHERS}, which only Scheduler can fill in",
        ),
        ("[]", "the input of report is not a RunTask request: it is not a JSON object"),
        ("", "the input of report is not a RunTask request: missing field TaskDefinition"),
        ({"taskDefinition": "web"}, "the input of report is not a RunTask request: missing field TaskDefinition"),
    ],
    ids=["another attribute", "a list", "nothing", "camelCase"],
)
def test_what_cannot_be_launched_is_refused(given: Any, message: str) -> None:  # noqa: ANN401
    """Each message names the schedule and the reason."""
    with pytest.raises(OpsError) as refused:
        request(given)
    assert str(refused.value) == message


def test_what_is_no_json_is_refused() -> None:
    """The message contains the place of the mistake in the JSON."""
    with pytest.raises(OpsError, match=r"^the input of report is not a RunTask request: .*line 1 column 2"):
        request("{")


@pytest.mark.parametrize("arn", ["arn:aws:sqs:eu-central-1:123456789012:queue", f"{TARGET}Definition"])
def test_another_target_is_refused(arn: str) -> None:
    """A schedule that does not call RunTask is refused."""
    with pytest.raises(OpsError) as refused:
        request(LEAST, arn)
    assert str(refused.value) == f"report does not call RunTask; its target is {arn}"


def test_the_command_and_its_container_are_found() -> None:
    """The command and the container come from the override; without an override they are None."""
    params = request({**LEAST, "Overrides": {"ContainerOverrides": [{"Name": "app", "Command": ["a", "b c"]}]}})
    assert (launch.container(params), launch.command(params)) == ("app", ["a", "b c"])
    assert (launch.container(request(LEAST)), launch.command(request(LEAST))) == (None, None)


def test_a_run_by_hand_is_marked_for_ecs() -> None:
    """The task names the command as its starter, in letters that ECS accepts, unless the schedule names one itself."""
    assert request(LEAST)["startedBy"] == BY_HAND
    assert re.fullmatch(r"[0-9A-Za-z/_-]{1,128}", BY_HAND)
    assert request({**LEAST, "StartedBy": "jobs/report"})["startedBy"] == "jobs/report"


MANUAL = {"name": JOB_TRIGGER, "value": "manual"}
OWN = {"name": JOB_TRIGGER, "value": "cron"}


@pytest.mark.parametrize(
    ("given", "environment"),
    [
        ({"Name": "app"}, [MANUAL]),
        ({"Name": "app", "Environment": [{"Name": "A", "Value": "b"}]}, [{"name": "A", "value": "b"}, MANUAL]),
        ({"Name": "app", "Environment": [{"Name": JOB_TRIGGER, "Value": "cron"}]}, [OWN]),
    ],
    ids=["no environment", "an environment", "its own value"],
)
def test_a_run_by_hand_is_marked_for_the_job(given: dict[str, Any], environment: list[dict[str, str]]) -> None:
    """The job's container gets the variable; the schedule's own values and the other containers stay as they are."""
    sidecar = {"Name": "sidecar", "Environment": [{"Name": "C", "Value": "d"}]}
    found = request({**LEAST, "Overrides": {"Cpu": "256", "ContainerOverrides": [given, sidecar]}})
    assert found["overrides"] == {
        "cpu": "256",
        "containerOverrides": [
            {"name": "app", "environment": environment},
            {"name": "sidecar", "environment": [{"name": "C", "value": "d"}]},
        ],
    }


def test_what_overrides_no_container_is_left_alone() -> None:
    """Without the name of a container there is no place for the variable."""
    assert "overrides" not in request(LEAST)
