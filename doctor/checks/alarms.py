"""Checks that each alarm on the alert path is there, that somebody hears it, and that it does not ring. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doctor.finding import Link, broken, sound, unchecked
from doctor.repair import AGAIN
from judgements.answers import Refused
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.account import Known
    from doctor.finding import Finding


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """The alarms of the group."""

    wanted: Sequence[str]
    """The names of those that the group should have."""
    topic: str
    """The ARN of the topic that gets them."""
    answer: Known[Mapping[str, Any]] | Refused
    """DescribeAlarms's answer."""


def check(alarms: Alarms) -> Iterator[Finding]:
    """Yield what is found of each alarm."""
    if isinstance(alarms.answer, Refused):
        yield unchecked(Link.ALERTS, "alarms", "the alarms on the watch and the queues", alarms.answer)
        return
    there = {one["AlarmName"]: one for one in alarms.answer.value["MetricAlarms"]}
    found = [finding for name in alarms.wanted for finding in _faults(name, there.get(name), alarms.topic)]
    yield from found or [sound(Link.ALERTS, f"{len(alarms.wanted)} alarms")]


def _faults(name: str, alarm: Mapping[str, Any] | None, topic: str) -> Iterator[Finding]:
    if alarm is None:
        text = "there is no such alarm, so nobody learns that alerts can no longer be sent"
        yield broken("alarm-missing", Link.ALERTS, name, text, AGAIN)
        return
    if not alarm["ActionsEnabled"]:
        text = "the actions of the alarm are disabled, so nobody hears it"
        fix = f"aws cloudwatch enable-alarm-actions --alarm-names {name}"
        yield broken("alarm-muted", Link.ALERTS, name, text, fix)
    if topic not in alarm["AlarmActions"]:
        text = f"the alarm does not go to the topic {topic.rpartition(':')[2]}, so nobody hears it"
        yield broken("alarm-not-aimed", Link.ALERTS, name, text, AGAIN)
    if alarm["StateValue"] == "ALARM":
        since = instants.text(alarm["StateUpdatedTimestamp"])
        text = f"the alarm rings since {since}: {alarm.get('StateReason', '')}"
        yield broken("alarm-ringing", Link.ALERTS, name, text, alarm.get("AlarmDescription", ""))
