"""A sound stack for tests of `python -m ops doctor`, and an operator who examines it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import time_machine

from tests.components.embedded import ACCOUNT, PROJECT, REGION, STACK
from tests.components.operators import Operator
from tests.components.ready import make_ready
from tests.components.stacks import ON_CALL, job
from tests.components.watching import FUNCTION, LOG_GROUPS, watched_group
from watch.function_variables import LEDGER
from watch.ledger import Ledger
from watch.records import JobRecord, ScheduleRecord, Tick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    from tests.components.embedded import EmbeddedCloud

DEPLOYED_AT = datetime(2027, 2, 1, 12, tzinfo=UTC)
NOW = datetime(2027, 2, 3, 9, tzinfo=UTC)
"""A Wednesday: the time while the command runs."""
TICK = "2027-02-03T01:00:00Z"
"""The latest tick of the jobs."""
GROUP = f"{PROJECT}-{STACK}"
WHERE = ("--group", GROUP, "--region", REGION)
JOBS = ("cleanup", "nightly-report")
NAMES = {
    "group": GROUP,
    "account": ACCOUNT,
    "region": REGION,
    "project": PROJECT,
    "cluster": STACK,
    "task_role": "task",
    "execution_role": "execution",
    "repository": "app",
    **{name: f"{GROUP}-{name}" for name in ("alarms", "runs", "supervisor", "watch")},
}
"""What the placeholders of docs/permissions.md stand for."""


def program() -> None:
    """Declare a group with a watch, and two jobs."""
    group = watched_group()
    for name in JOBS:
        job(group, name=name, log_groups=LOG_GROUPS, capacity={"FARGATE": 1})


def deploy(cloud: EmbeddedCloud, declare: Callable[[], Any] = program, jobs: Sequence[str] = JOBS) -> Ledger:
    """Deploy a program two days ago, of whose jobs the latest ticks were good, and whose watch has checked now."""
    cloud.client("logs").create_log_group(logGroupName=LOG_GROUPS[0])
    make_ready(cloud)
    with time_machine.travel(DEPLOYED_AT, tick=False):
        cloud.run(declare)
    subscribe(cloud)
    ledger = ledger_of(cloud)
    ledger.note_check(NOW, supervises=False)
    for name in jobs:
        good = Tick(name, name, TICK, "good")
        record = JobRecord(name, schedules={name: ScheduleRecord(checked=TICK, last_good=TICK)})
        assert ledger.save(record, [good], NOW)
    return ledger


def subscribe(cloud: EmbeddedCloud) -> None:
    """Subscribe somebody to each topic that has no endpoint."""
    sns = cloud.client("sns")
    for topic in (one["TopicArn"] for one in sns.list_topics()["Topics"]):
        if not sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
            sns.subscribe(TopicArn=topic, Protocol=ON_CALL.protocol, Endpoint=ON_CALL.to)


def ledger_of(cloud: EmbeddedCloud) -> Ledger:
    """Return the ledger of the stack."""
    found = cloud.client("lambda").get_function_configuration(FunctionName=FUNCTION)
    return Ledger(cloud.client("dynamodb"), found["Environment"]["Variables"][LEDGER], 90)


class Doctor(Operator):
    """An operator who types `doctor` about the stack."""

    def __init__(
        self, cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Examine this AWS."""
        super().__init__(cloud, monkeypatch, capsys, "doctor", NOW)

    def findings(self, *arguments: str) -> list[dict[str, Any]]:
        """Return the findings of the command's JSON, which its exit code sums up."""
        code, out, err = self.runs(*WHERE, "--json", *arguments)
        assert err == ""
        found: list[dict[str, Any]] = json.loads(out)["findings"]
        states = {one["state"] for one in found}
        assert code == (1 if "broken" in states else 3 if "could not check" in states else 0)
        return found

    def broken(self, *arguments: str) -> list[str]:
        """Return the codes of what is broken."""
        return [one["code"] for one in self.findings(*arguments) if one["state"] == "broken"]

    def unsound(self) -> list[dict[str, Any]]:
        """Return what is broken or could not be checked."""
        return [one for one in self.findings() if one["state"] != "sound"]
