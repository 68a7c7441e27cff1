"""CloudWatch's alarms: evaluated every minute from their creation on, and sent to topics when their state changes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from moto.cloudwatch.models import Alarm, cloudwatch_backends

from aws_facts.arn import Arn
from emulator.cloudwatch import alarm_event, alarm_notification
from emulator.cloudwatch.alarm_checks import check_alarm
from emulator.cloudwatch.alarm_states import (
    ALARM,
    INSUFFICIENT_DATA,
    OK,
    STATISTICS,
    Condition,
    Datapoint,
    Verdict,
    evaluation_range,
    judge,
)
from emulator.cloudwatch.metrics import Metric, Metrics
from emulator.cloudwatch.warm_up import WarmUp
from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam.policy_evaluation import UnknownPolicyElement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SERVICE = "cloudwatch.amazonaws.com"
_TEN_SECONDS, _MINUTE, _HOUR, _DAY = 10, 60, 3600, 86400
"""In seconds."""
_FRESH = "Unchecked: Initial alarm creation"


class Publish(Protocol):
    """A function that publishes to a topic on behalf of a service; it raises AwsError when the topic refuses."""

    def __call__(self, arn: str, source_arn: str, message: str, *, service: str, subject: str) -> None:
        """Publish to the topic `arn` for the resource `source_arn`."""


@dataclass(frozen=True)
class Change:
    """A change of an alarm's state, and the outcome of its notifications."""

    at: datetime
    alarm: str
    """The name of the alarm."""
    old: str
    new: str
    reason: str
    error: str | None
    """Why some notifications failed; None when all of them were sent."""


@dataclass
class _Watched:
    alarm: Alarm
    due: datetime
    created: datetime
    warm_up: WarmUp | None
    """None when it is over."""


class Alarms:
    """The alarms of one account, in all regions."""

    def __init__(
        self, account: str, metrics: Metrics, publish: Publish, send: Callable[[str, Mapping[str, Any]], None]
    ) -> None:
        """Evaluate alarms on `metrics`, and tell their changes.

        `publish` sends a notification to a topic, and `send` an event to the event bus of a region.
        """
        self._account = account
        self._metrics = metrics
        self._publish = publish
        self._send = send
        self._lock = threading.Lock()
        self._watched: dict[str, _Watched] = {}
        self._warm_ups: dict[str, Mapping[str, Any]] = {}
        """The WarmUpConfiguration of alarms, by their ARNs; moto does not keep it."""
        self.changes: list[Change] = []

    def install(self, gateway: Gateway) -> None:
        """Refuse alarms that AWS refuses or that the sandbox cannot evaluate, and handle SetAlarmState."""
        gateway.check("cloudwatch", "PutMetricAlarm", check_alarm)
        gateway.check("cloudwatch", "PutMetricAlarm", self._before_put)
        gateway.check("cloudwatch", "DescribeAlarms", self._before_describe)
        gateway.answer("cloudwatch", "SetAlarmState", self._set_state)

    def next_moment(self) -> datetime | None:
        """Return the next time at which an alarm is evaluated, or None."""
        return min((watched.due for watched in self._refresh()), default=None)

    def fire(self, moment: datetime) -> None:
        """Evaluate the alarms that are due, in the order of their ARNs."""
        for watched in self._refresh():
            while watched.due <= moment:
                self._evaluate(watched)
                watched.due = _next_evaluation(watched.alarm, watched.due)

    def _refresh(self) -> list[_Watched]:
        """Return the alarms that exist now, each with the time of its next evaluation."""
        with self._lock:
            alarms = {
                alarm.alarm_arn: alarm
                for backend in cloudwatch_backends[self._account].values()
                for alarm in list(backend.alarms.values())
            }
            for arn in self._watched.keys() - alarms.keys():
                del self._watched[arn]
            for arn, alarm in alarms.items():
                known = self._watched.get(arn)
                if known is None or known.alarm is not alarm:
                    self._watched[arn] = self._begin(alarm, known)
            return [watched for _, watched in sorted(self._watched.items())]

    def _begin(self, alarm: Alarm, known: _Watched | None) -> _Watched:
        """Return a new alarm, or one that was put again, with its first state."""
        _set_first_state(alarm, known.alarm if known else None)
        updated = alarm.configuration_updated_timestamp.replace(tzinfo=UTC)
        created = known.created if known else updated
        configuration = self._warm_ups.get(alarm.alarm_arn)
        if configuration is not None:
            alarm.warm_up_configuration = configuration  # type: ignore[attr-defined] # DescribeAlarms shows it
        is_warm = known is not None and known.warm_up is None
        warm_up = None if configuration is None or is_warm else WarmUp.configured(configuration, created)
        return _Watched(alarm, _next_evaluation(alarm, updated), created, warm_up)

    def _before_put(self, call: Call) -> None:
        self._refresh()
        place = f"arn:{call.partition}:cloudwatch:{call.region}:{call.account}"
        self._warm_ups.pop(arn := f"{place}:alarm:{call.params['AlarmName']}", None)
        if "WarmUpConfiguration" in call.params:
            self._warm_ups[arn] = call.params["WarmUpConfiguration"]

    def _before_describe(self, _: Call) -> None:
        self._refresh()

    def _evaluate(self, watched: _Watched) -> None:
        alarm, end = watched.alarm, watched.due
        points = self._points(alarm, end)
        received = sum(point.value is not None for point in points[-alarm.evaluation_periods :])
        if watched.warm_up is not None and not watched.warm_up.is_over(end, received, alarm.evaluation_periods):
            return
        watched.warm_up = None
        condition = Condition(
            comparison=alarm.comparison_operator,
            threshold=alarm.threshold,
            periods=alarm.evaluation_periods,
            datapoints_to_alarm=alarm.datapoints_to_alarm or alarm.evaluation_periods,
            missing=alarm.treat_missing_data or "missing",
        )
        verdict = judge(condition, points, alarm.state_value)
        self._change(alarm, verdict, alarm_event.reason_data(alarm, points, end))

    def _points(self, alarm: Alarm, end: datetime) -> list[Datapoint]:
        """Return the datapoints of the evaluation range, which ends at `end`, oldest first.

        A window of the length of a period slides with each evaluation. The range may begin before the alarm's creation.
        """
        dimensions = frozenset((str(each.name), str(each.value)) for each in alarm.dimensions)
        metric = Metric(alarm.region_name, alarm.namespace, alarm.metric_name, dimensions)
        self._metrics.read(metric, end)
        period = timedelta(seconds=alarm.period)
        starts = [end - period * number for number in range(evaluation_range(alarm.evaluation_periods), 0, -1)]
        values = [self._metrics.values(metric, start, start + period) for start in starts]
        return [
            Datapoint(start, STATISTICS[alarm.statistic](found) if found else None)
            for start, found in zip(starts, values, strict=True)
        ]

    def _set_state(self, call: Call) -> dict[str, Any]:
        """Set a state by hand until the next evaluation; the change is sent like any other."""
        self._refresh()
        name = call.params["AlarmName"]
        alarm = cloudwatch_backends[call.account][call.region].alarms.get(name)
        if alarm is None:
            raise AwsError("ResourceNotFound", f"There is no alarm {name}.")
        verdict = Verdict(call.params["StateValue"], call.params["StateReason"])
        self._change(alarm, verdict, call.params.get("StateReasonData", alarm_event.NO_DATA))
        return {}

    def _change(self, alarm: Alarm, verdict: Verdict, data: str) -> None:
        old, previous = alarm.state_value, alarm_event.state(alarm)
        if verdict.state == old:
            return
        alarm.update_state(verdict.reason, data, verdict.state)
        errors = [error for action in _actions(alarm) if (error := self._tell(alarm, old, action))]
        error = "; ".join(errors) if errors else None
        self.changes.append(Change(datetime.now(UTC), alarm.name, old, verdict.state, verdict.reason, error))
        self._send(alarm.region_name, alarm_event.event(alarm, previous))

    def _tell(self, alarm: Alarm, old: str, action: str) -> str | None:
        if Arn.parse(action).service != "sns":
            return f"the sandbox sends notifications to SNS topics only, not to {action}"
        text = alarm_notification.message(alarm, old)
        subject = alarm_notification.subject(alarm)
        try:
            self._publish(action, alarm.alarm_arn, text, service=SERVICE, subject=subject)
        except (AwsError, UnknownPolicyElement) as refusal:
            return str(refusal)
        return None


def _actions(alarm: Alarm) -> list[str]:
    """Return the ARNs that are notified of the alarm's current state."""
    if not alarm.actions_enabled:
        return []
    actions: Mapping[str, list[str]] = {
        ALARM: alarm.alarm_actions,
        OK: alarm.ok_actions,
        INSUFFICIENT_DATA: alarm.insufficient_data_actions,
    }
    return actions[alarm.state_value]


def _set_first_state(alarm: Alarm, before: Alarm | None) -> None:
    """Set the first state of a new alarm; an alarm that was put again keeps its state."""
    alarm.state_value = before.state_value if before else INSUFFICIENT_DATA
    alarm.state_reason = before.state_reason if before else _FRESH
    alarm.state_reason_data = before.state_reason_data if before else alarm_event.NO_DATA
    alarm.state_updated_timestamp = (before or alarm).state_updated_timestamp


def _next_evaluation(alarm: Alarm, after: datetime) -> datetime:
    """Return the next full minute, ten seconds or hour at which an alarm is evaluated.

    A new alarm does not wait for a period: recorded ones were in ALARM 21, 71 and 91 seconds after their creation.
    """
    interval = _interval(alarm)
    return datetime.fromtimestamp((after.timestamp() // interval + 1) * interval, UTC)


def _interval(alarm: Alarm) -> int:
    """Return the seconds between two evaluations (CloudWatch User Guide, "Alarm evaluation")."""
    if alarm.period < _MINUTE:
        return _TEN_SECONDS
    return _HOUR if alarm.period * alarm.evaluation_periods > _DAY else _MINUTE
