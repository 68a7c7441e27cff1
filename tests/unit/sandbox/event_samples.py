"""Sample events of the sandbox, one of each kind."""

from __future__ import annotations

from typing import Any

LAUNCH: dict[str, Any] = {
    "kind": "launch",
    "job": "report",
    "at": "2027-01-04T01:00:00+00:00",
    "schedule": "jobs/report",
    "tick": "2027-01-04T01:00:00+00:00",
    "attempt": 0,
    "tasks": ["arn:aws:ecs:::task/main/1"],
    "failures": [],
    "sent_to": None,
    "error": None,
    "dead_letter": None,
}
DELIVERY: dict[str, Any] = {
    "kind": "delivery",
    "job": "report",
    "at": "2027-01-04T01:00:00+00:00",
    "rule": "failed",
    "target": "arn:aws:sns:eu-central-1:123456789012:alerts",
    "event": "1",
    "detail_type": "ECS Task State Change",
    "resources": ["arn:aws:ecs:::task/main/1"],
    "status": "STOPPED",
    "error": None,
}
INVOCATION: dict[str, Any] = {
    "kind": "invocation",
    "job": None,
    "at": "2027-01-04T01:00:00Z",
    "function": "watch",
    "source": "arn:aws:events:eu-central-1:123456789012:rule/tick",
    "attempt": 2,
    "error": "ValueError: no",
    "then": "retry at 01:02:00",
}
ALARM: dict[str, Any] = {
    "kind": "alarm",
    "job": None,
    "at": "2027-01-04T01:00:00Z",
    "alarm": "jobs-watch-silent",
    "old": "OK",
    "new": "ALARM",
    "reason": "Threshold Crossed",
    "error": None,
}
EVENTS = (LAUNCH, DELIVERY, INVOCATION, ALARM)
