"""EventBridge's event bus: it matches events with rules as AWS does, and delivers them to the rules' targets."""

from __future__ import annotations

import functools
import json
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule, events_backends

from aws_facts.arn import Arn
from emulator.events import event_pattern, input_transformer
from emulator.events.event_operators import InvalidEventPattern
from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam.policy_evaluation import UnknownPolicyElement

Deliver = Callable[[str, str, str], None]
"""A function that sends a text to a target; it takes the ARNs of target and rule, and the text.

It raises `AwsError` when the target refuses the text.
"""

SCHEDULED = "Scheduled Event"
"""The detail-type of the events of a scheduled rule."""

_REMEMBERED_DELIVERIES = 2000


@dataclass(frozen=True)
class Delivery:
    """The delivery of one event to one target, and its outcome."""

    at: datetime
    rule: str
    target: str
    event: str
    """The id of the event."""
    detail_type: str
    resources: tuple[str, ...]
    """The ARNs of what the event is about, such as a task."""
    status: str
    """The task's state in an event about a task, such as `STOPPED`; empty for another event."""
    error: str | None


class Bus:
    """The default event bus of each region."""

    def __init__(self, account: str, targets: Mapping[str, Deliver]) -> None:
        """Deliver with `targets`, which has a function for each service in targets' ARNs."""
        self._account = account
        self._targets = targets
        self.deliveries: deque[Delivery] = deque(maxlen=_REMEMBERED_DELIVERIES)
        """The latest deliveries, oldest first; without the many scheduled events that arrived."""
        self.on_failure: Callable[[str], None] = lambda _: None
        """Called with a rule's ARN after a delivery that failed."""

    def install(self, gateway: Gateway) -> None:
        """Check rules and targets as AWS does, and answer PutEvents."""
        gateway.check("events", "PutRule", _check_rule)
        gateway.check("events", "PutTargets", self._check_targets)
        gateway.answer("events", "PutEvents", self._put_events)

    def publish(self, region: str, event: Mapping[str, Any]) -> None:
        """Deliver an event to the targets of each enabled rule that matches it."""
        for rule in _rules(self._account, region):
            if rule.state == "ENABLED" and _matches(rule, event):
                self.deliver(rule, event)

    def deliver(self, rule: Rule, event: Mapping[str, Any]) -> None:
        """Deliver an event to each target of a rule."""
        for target in list(rule.targets):
            self._deliver(rule, target, event)

    def _deliver(self, rule: Rule, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        transformer = target.get("InputTransformer", {})
        error = None
        try:
            text = input_transformer.transform(
                event,
                input=target.get("Input"),
                input_path=target.get("InputPath"),
                input_paths_map=transformer.get("InputPathsMap"),
                input_template=transformer.get("InputTemplate"),
                rule_arn=rule.arn,
                ingestion_time=str(event["time"]),
            )
            self._targets[_service(target["Arn"])](target["Arn"], rule.arn, text)
        except (AwsError, UnknownPolicyElement, input_transformer.UndeliverableInput) as failure:
            error = str(failure)
        if error is not None:
            self.on_failure(rule.arn)
        elif event["detail-type"] == SCHEDULED:
            return
        self.deliveries.append(
            Delivery(
                at=datetime.now(UTC),
                rule=rule.name,
                target=target["Arn"],
                event=event["id"],
                detail_type=event["detail-type"],
                resources=tuple(event["resources"]),
                status=str(event["detail"].get("lastStatus", "")),
                error=error,
            )
        )

    def _check_targets(self, call: Call) -> None:
        for target in call.params["Targets"]:
            if _service(target["Arn"]) not in self._targets:
                raise AwsError("ValidationException", f"the sandbox cannot deliver to the target {target['Arn']}")
            transformer = target.get("InputTransformer", {})
            try:
                input_transformer.validate(
                    input=target.get("Input"),
                    input_path=target.get("InputPath"),
                    input_paths_map=transformer.get("InputPathsMap"),
                    input_template=transformer.get("InputTemplate"),
                )
            except input_transformer.InvalidInputTransformer as error:
                raise AwsError(
                    "ValidationException", f"Invalid InputTemplate for target {target['Id']} : {error}"
                ) from error

    def _put_events(self, call: Call) -> dict[str, Any]:
        entries = [self._put_event(call, entry) for entry in call.params["Entries"]]
        return {"FailedEntryCount": sum("ErrorCode" in entry for entry in entries), "Entries": entries}

    def _put_event(self, call: Call, entry: Mapping[str, Any]) -> dict[str, str]:
        for name in ("Source", "DetailType", "Detail"):
            if not entry.get(name):
                message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
                return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
        if entry["Source"].startswith("aws."):
            return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}
        detail = _json_object(entry["Detail"])
        if detail is None:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        event_id = str(uuid.uuid4())
        self.publish(
            call.region,
            {
                "version": "0",
                "id": event_id,
                "detail-type": entry["DetailType"],
                "source": entry["Source"],
                "account": call.account,
                "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "region": call.region,
                "resources": entry.get("Resources", []),
                "detail": detail,
            },
        )
        return {"EventId": event_id}


def _check_rule(call: Call) -> None:
    pattern = call.params.get("EventPattern")
    if pattern is None:
        return
    try:
        _compiled(pattern)
    except InvalidEventPattern as error:
        raise AwsError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}") from error


def _matches(rule: Rule, event: Mapping[str, Any]) -> bool:
    pattern = rule.event_pattern.get_pattern()
    return bool(pattern) and _compiled(json.dumps(pattern, separators=(",", ":"))).matches(event)


@functools.lru_cache(maxsize=2048)
def _compiled(pattern: str) -> event_pattern.Pattern:
    return event_pattern.compile_pattern(pattern)


def _rules(account: str, region: str) -> list[Rule]:
    return list(events_backends[account][region].event_buses["default"].rules.values())


def _service(arn: str) -> str:
    """Return the service of an ARN, or "" when the text is not an ARN."""
    try:
        return Arn.parse(arn).service
    except ValueError:
        return ""


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
