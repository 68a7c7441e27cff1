"""EventBridge rules that fire on a schedule instead of on events (EventBridge User Guide, scheduled rules)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.events.models import Rule, events_backends

import cadence
from emulator.events.bus import SCHEDULED
from emulator.gateway.gateway import AwsError, Call, Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.events.bus import Bus


@dataclass
class _Due:
    """The future ticks of one version of a rule."""

    version: tuple[str, str]
    next_tick: datetime | None
    ticks: Iterator[datetime]


class RuleSchedules:
    """The scheduled rules of one account, in all regions; a source on the sandbox's timeline."""

    def __init__(self, account: str, bus: Bus) -> None:
        """Deliver events through `bus`."""
        self._account = account
        self._bus = bus
        self._due: dict[str, _Due] = {}

    def install(self, gateway: Gateway) -> None:
        """Refuse schedule expressions that EventBridge refuses."""
        gateway.check("events", "PutRule", _check_rule)

    def next_moment(self) -> datetime | None:
        """Return the time at which the next rule fires, or None."""
        ticks = (self._ticks(rule).next_tick for rule in self._rules())
        return min((tick for tick in ticks if tick is not None), default=None)

    def fire(self, moment: datetime) -> None:
        """Fire the rules that are due, ordered by time and then by ARN."""
        rules = sorted(self._rules(), key=lambda rule: str(rule.arn))
        while ready := [(tick, rule) for rule in rules if (tick := self._ticks(rule).next_tick) and tick <= moment]:
            tick, rule = min(ready, key=lambda one: one[0])
            due = self._ticks(rule)
            due.next_tick = next(due.ticks, None)
            self._bus.deliver(rule, _event(rule, tick))

    def _rules(self) -> list[Rule]:
        rules = [
            rule
            for backend in list(events_backends[self._account].values())
            for rule in list(backend.event_buses["default"].rules.values())
            if rule.scheduled_expression and rule.state == "ENABLED"
        ]
        arns = {rule.arn for rule in rules}
        for gone in self._due.keys() - arns:
            self._due.pop(gone, None)  # the command `status` may read the rules at the same time
        return rules

    def _ticks(self, rule: Rule) -> _Due:
        """Return the future ticks of a rule. A rate counts from the first check of the rule, which is its creation.

        The clock stands still between a request and the next check of the due rules; a live clock checks every second.
        """
        version = (str(rule.scheduled_expression), rule.state)
        due = self._due.get(rule.arn)
        if due is None or due.version != version:
            now = datetime.now(UTC)
            ticks = cadence.Timetable(cadence.parse(str(rule.scheduled_expression))).ticks(now, anchor=now)
            due = self._due[rule.arn] = _Due(version, next(ticks, None), ticks)
        return due


def _check_rule(call: Call) -> None:
    """Refuse expressions that rules do not have: one-time schedules, and a rate whose unit has the wrong number."""
    text = call.params.get("ScheduleExpression")
    if not text:
        return
    try:
        expression = cadence.parse(text)
    except cadence.ExpressionError as error:
        raise _invalid(str(error)) from error
    if isinstance(expression, cadence.At):
        raise _invalid("at(...) is for EventBridge Scheduler only; the expression must be cron(...) or rate(...)")
    if isinstance(expression, cadence.Rate) and expression.canonical != text:
        raise _invalid(f"'{text}' must be written {expression.canonical}")


def _invalid(reason: str) -> AwsError:
    return AwsError("ValidationException", f"Parameter ScheduleExpression is not valid. Reason: {reason}")


def _event(rule: Rule, tick: datetime) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": SCHEDULED,
        "source": "aws.events",
        "account": rule.account_id,
        "time": f"{tick:%Y-%m-%dT%H:%M:%SZ}",
        "region": rule.region_name,
        "resources": [rule.arn],
        "detail": {},
    }
