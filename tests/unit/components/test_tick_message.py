"""Tests of the message that tells the supervisor of a tick."""

from __future__ import annotations

import json

from components.tick_message import request

URL = "https://sqs.eu-central-1.amazonaws.com/111122223333/jobs-staging-launches"


def test_names_schedule_and_tick_only() -> None:
    """The input is SendMessage's request, and the tick stands in the body as Scheduler's placeholder, literally."""
    found = request(URL, "nightly-report.daily")
    body = '{"schedule":"nightly-report.daily","tick":"<aws.scheduler.scheduled-time>"}'
    assert found == {"QueueUrl": URL, "MessageBody": body}
    assert "<aws.scheduler.scheduled-time>" in json.dumps(found)
