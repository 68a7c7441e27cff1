"""A one-time schedule that launches a tick by hand, with the target and the launch role of the job's schedule. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aws_facts.universal_target import calls_run_task, sends_message
from ops.errors import OpsError
from ops.running import launch
from watch import launches
from watch.names import BY_HAND, JOB_TRIGGER, MANUAL, by_hand_schedule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from botocore.model import StructureShape

    from watch.launches import Message

AHEAD = timedelta(minutes=1)
"""From AWS's time to that of the schedule. Scheduler begins within the minute after it (Scheduler User Guide, "Schedule
types")."""


@dataclass(frozen=True, kw_only=True)
class OneTime:
    """A schedule that is to be made, and deletes itself when it has launched the tick."""

    schedule: Mapping[str, Any]
    """The job's schedule, as GetSchedule has it."""
    message: Message
    """The tick, and the id of this run."""
    at: datetime
    by: str
    """Who wants the run."""

    @property
    def name(self) -> str:
        """Its name, by which the watch and the other commands know it from the schedules of jobs."""
        return by_hand_schedule(self.message.rerun)

    def params(self) -> dict[str, Any]:
        """Return CreateSchedule's parameters; OpsError for a target that neither runs a task nor asks a supervisor."""
        schedule = self.schedule
        key = {"KmsKeyArn": schedule["KmsKeyArn"]} if schedule.get("KmsKeyArn") else {}
        return {
            "GroupName": schedule["GroupName"],
            "Name": self.name,
            "Description": f"python -m ops run: {schedule['Name']}, by {self.by}"[:512],
            "ScheduleExpression": f"at({self.at:%Y-%m-%dT%H:%M:%S})",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {**schedule["Target"], "Input": json.dumps(self._input(), separators=(",", ":"))},
            **key,
        }

    def shown(self, shape: StructureShape) -> dict[str, Any]:
        """Return the parameters without values that look secret; `shape` is that of RunTask's request."""
        params, given = self.params(), self._input()
        if not sends_message(self.schedule["Target"]["Arn"]):
            given = launch.shown(launch.named(given, shape, self.schedule["Name"]))
        return {**params, "Target": {**params["Target"], "Input": given}}

    def _input(self) -> dict[str, Any]:
        target = self.schedule["Target"]
        given = launch.read_input(self.schedule["Name"], target.get("Input") or "{}", self.message.tick)
        if sends_message(target["Arn"]):
            return {**given, "MessageBody": launches.written(self.message)}
        if not calls_run_task(target["Arn"]):
            raise OpsError(f"{self.schedule['Name']} does not call RunTask; its target is {target['Arn']}")
        token = launch.token(
            str(given.get("ClientToken", "")), self.schedule["Name"], self.message.tick, self.message.rerun
        )
        return {**_triggered(given), "ClientToken": token, "StartedBy": f"{BY_HAND}/{self.message.rerun}"}


def at(now: datetime) -> datetime:
    """Return the time of a one-time schedule that is made now."""
    return now.replace(microsecond=0) + AHEAD


def _triggered(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a universal target's input with JOB_TRIGGER in the first override, which is the job's own container."""
    containers = given.get("Overrides", {}).get("ContainerOverrides", [])
    if not containers:
        return dict(given)
    own, *others = containers
    pairs = [pair for pair in own.get("Environment", []) if pair["Name"] != JOB_TRIGGER]
    own = {**own, "Environment": [*pairs, {"Name": JOB_TRIGGER, "Value": MANUAL}]}
    return {**given, "Overrides": {**given["Overrides"], "ContainerOverrides": [own, *others]}}
