"""Valid stack files and job files, drawn at random: check, preview and `up` agree, and a second `up` changes nothing.

`VALID_FILES=100 python -m pytest tests/engine/test_valid_files.py` tries a hundred of them; a test run tries a few.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from components.schedule import MOST_RETRIES
from settings import sent_value
from tests.valid_files import account
from tests.valid_files.account import GROUPS
from tests.valid_files.files import files
from tests.valid_files.places import EGRESS_ONLY
from watch.ledger import Ledger, refuse
from watch.names import GROUP_TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.stacks import Stack
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Outcome, Program
    from tests.valid_files.files import Files
    from tests.valid_files.jobs import Asked

FILES = int(os.environ.get("VALID_FILES", "6"))
FIRST = int(os.environ.get("VALID_FILES_FIRST", "0"))
"""The seed of the first file. The first six use nearly every key of a stack file between them."""
PLACEHOLDER = "https://example.invalid/placeholder-"
"""What the sandbox puts in the place of a secret address."""

Subscription = tuple[str, str, str | None, str]
"""Topic, protocol, address (None for a secret one), filter as JSON."""


@pytest.fixture(scope="module")
def platform(make_platform: Callable[[Mapping[str, Any]], Stack]) -> Iterator[None]:
    """Deploy what the files name; take it away when all are tried."""
    stack = make_platform(account.platform())
    yield
    stack.run("destroy", "--yes", "--skip-preview", quiet=True)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + FILES))
@pytest.mark.usefixtures("platform")
def test_check_preview_and_up_agree(sandbox: Sandbox, make_program: Callable[[str], Program], seed: int) -> None:
    """All three accept the files and tell the same ticks; the account has what they ask; a second `up` is idle."""
    drawn = files(seed)
    program = make_program(f"valid-{seed}")
    program.write_jobs(files=drawn.jobs)
    program.write_stack_file(drawn.stack)
    assert from_engine(program, drawn) == as_written(drawn)
    before, preview, after = checked(program), program.run("preview"), checked(program)
    assert preview.code == 0, preview.output
    assert created(preview) == set(drawn.schedules) == {one["name"] for one in after["schedules"]}
    assert untold(before, after, preview) == []
    try:
        program.up()
        assert schedules_of(sandbox, program) == {name: asked(one) for name, one in drawn.schedules.items()}
        assert subscriptions_of(sandbox, program, drawn) == asked_subscriptions(drawn)
        assert boundaries_of(sandbox, program) == {drawn.boundary}
        again = program.run("up", "--expect-no-changes")
        assert (again.code, again.changes) == (0, set()), again.output
        looked = program.run("preview", "--refresh", "--expect-no-changes")
        assert (looked.code, looked.changes) == (0, set()), looked.output
    finally:
        assert program.run("destroy").code == 0


def from_engine(program: Program, drawn: Files) -> dict[str, Any]:
    """Return the values of the project's keys that the engine reads from the stack file itself, not from a copy."""
    file = program.stack.file
    done = program.stack.start("config", "--json", "--config-file", str(file), capture=True)
    assert done.returncode == 0, done.stderr
    found = {key: one for key, one in json.loads(done.stdout).items() if not one["secret"] and key in drawn.config}
    values: dict[str, Any] = {key: sent_value.parse(one["value"]) for key, one in found.items()}
    schedules = values["scheduled-jobs:schedules"]
    schedules.update({job: "off" for job, entry in schedules.items() if entry is False})
    return values


def as_written(drawn: Files) -> dict[str, Any]:
    """Return the values of the drawn stack file, without the keys that hold secrets."""
    return {key: value for key, value in drawn.config.items() if "secure" not in json.dumps(value)}


def checked(program: Program) -> dict[str, Any]:
    """Return what `make check` prints."""
    done = program.ops("check", program.stack.name, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def created(preview: Outcome) -> set[str]:
    """Return the names of the schedules that a preview would create."""
    return {name for operation, kind, name in preview.changes if (operation, kind) == ("create", "Schedule")}


def untold(before: Mapping[str, Any], after: Mapping[str, Any], preview: Outcome) -> list[str]:
    """Return what two checks say and a preview between them does not."""
    told = [line.strip() for line in preview.output.splitlines()]
    pairs = zip(before["schedules"], after["schedules"], strict=True)
    schedules = [pair for pair in pairs if not any(holds(told, paragraph) for paragraph in paragraphs(*pair))]
    warnings = [text for text in before["warnings"] if text in after["warnings"] and text not in preview.output]
    notes = [text for text in before["notes"] if text in after["notes"] and text not in preview.output]
    return [*map(str, schedules), *warnings, *notes]


def paragraphs(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[list[str]]:
    """Yield the lines in which a preview can show a schedule between two checks: ticks may have passed meanwhile."""
    state = "" if before["enabled"] else ", disabled"
    lines = [*before["next"], *(line for line in after["next"] if line not in before["next"])]
    for count in {len(before["next"]), len(after["next"])}:
        for passed in range(len(lines) - count + 1):
            yield [f"{before['name']}: {before['words']}{state}", *lines[passed : passed + count]]


def holds(lines: list[str], paragraph: list[str]) -> bool:
    """Return whether these lines follow each other in a text."""
    return any(lines[at : at + len(paragraph)] == paragraph for at, line in enumerate(lines) if line == paragraph[0])


def group_of(program: Program) -> str:
    """Return the name of the stack's schedule group."""
    return f"scheduled-jobs-{program.stack.name}"


def schedules_of(sandbox: Sandbox, program: Program) -> dict[str, dict[str, Any]]:
    """Return the schedules of the stack's group, as the account has them."""
    scheduler, group = sandbox.account.client("scheduler"), group_of(program)
    requests = requests_of(sandbox, program)
    names = [
        one["Name"]
        for page in scheduler.get_paginator("list_schedules").paginate(GroupName=group)
        for one in page["Schedules"]
    ]
    return {
        name: deployed(scheduler.get_schedule(GroupName=group, Name=name), requests.get(name), group) for name in names
    }


def requests_of(sandbox: Sandbox, program: Program) -> dict[str, Mapping[str, Any]]:
    """Return the requests that the supervisor launches with, by schedule."""
    table = program.stack.run("stack", "output", "ledger", quiet=True).strip()
    jobs = Ledger(sandbox.account.client("dynamodb"), table, 90).deployed_jobs(refuse)
    supervised = [job.supervised for job in jobs.values() if job.supervised is not None]
    return {name: request for one in supervised for name, request in one.requests.items()}


def deployed(schedule: Mapping[str, Any], supervised: Mapping[str, Any] | None, group: str) -> dict[str, Any]:
    """Return the parts of a schedule that the files decide; `supervised` is the request in the job's item."""
    target = schedule["Target"]
    request = dict(supervised or json.loads(target["Input"]))
    own_tag = {"Key": GROUP_TAG, "Value": group}
    assert (own_tag in request["Tags"]) == (supervised is not None) == ("QueueUrl" in json.loads(target["Input"]))
    request["Tags"] = [tag for tag in request["Tags"] if tag != own_tag]
    network = request["NetworkConfiguration"]["AwsvpcConfiguration"]
    if "SecurityGroups" in network:
        known = [group if group in GROUPS else EGRESS_ONLY for group in network["SecurityGroups"]]
        request["NetworkConfiguration"] = {"AwsvpcConfiguration": {**network, "SecurityGroups": known}}
    for volume in request.get("VolumeConfigurations", ()):
        assert ":role/" in volume["ManagedEBSVolume"].pop("RoleArn")
    window = schedule["FlexibleTimeWindow"]
    return {
        "expression": schedule["ScheduleExpression"],
        "timezone": schedule["ScheduleExpressionTimezone"],
        "start": schedule.get("StartDate"),
        "end": schedule.get("EndDate"),
        "window": (window["Mode"], window.get("MaximumWindowInMinutes", 0)),
        "state": schedule["State"],
        "description": schedule["Description"],
        "retries": target["RetryPolicy"]["MaximumRetryAttempts"],
        "request": {key: value for key, value in request.items() if key not in {"ClientToken", "Group", "StartedBy"}},
    }


def asked(schedule: Asked) -> dict[str, Any]:
    """Return the same parts as the files ask for them."""
    times, state = schedule.times, "ENABLED" if schedule.enabled else "DISABLED"
    return {
        "expression": times.expression,
        "timezone": times.timezone,
        "start": times.start,
        "end": times.end,
        "window": ("FLEXIBLE" if times.window else "OFF", times.window),
        "state": state,
        "description": f"wanted={state} {schedule.description}"[:512],
        "retries": MOST_RETRIES if schedule.supervised else schedule.retries,
        "request": schedule.request,
    }


def subscriptions_of(sandbox: Sandbox, program: Program, drawn: Files) -> Counter[Subscription]:
    """Return the subscriptions of the stack's topics."""
    sns = sandbox.account.client("sns")
    found: Counter[Subscription] = Counter()
    for one in sns.list_subscriptions()["Subscriptions"]:
        topic = one["TopicArn"].rpartition(":")[2].removeprefix(f"{group_of(program)}-")
        if topic in {"alerts", "problems"} or one["TopicArn"] == drawn.topic:
            attributes = sns.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])["Attributes"]
            address = None if PLACEHOLDER in one["Endpoint"] else one["Endpoint"]
            filtered = json.dumps(json.loads(attributes.get("FilterPolicy") or "{}"), sort_keys=True)
            found["problems" if topic == "problems" else "alerts", one["Protocol"], address, filtered] += 1
    return found


def asked_subscriptions(drawn: Files) -> Counter[Subscription]:
    """Return the subscriptions that the files ask for."""
    return Counter(
        (topic, one.protocol, one.address, json.dumps(one.filtered if topic == "alerts" else {}, sort_keys=True))
        for one in drawn.endpoints
        for topic in ("alerts", "problems")
    )


def boundaries_of(sandbox: Sandbox, program: Program) -> set[str | None]:
    """Return the permissions boundaries of the stack's roles."""
    iam, path = sandbox.account.client("iam"), f"/scheduled-jobs/{group_of(program)}/"
    roles = [iam.get_role(RoleName=one["RoleName"])["Role"] for one in iam.list_roles(PathPrefix=path)["Roles"]]
    return {role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for role in roles}
