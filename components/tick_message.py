"""The message by which a schedule of a supervised job tells the supervisor of a tick. Pure."""

from __future__ import annotations

import json

from aws_facts.universal_target import SCHEDULED_TIME


def request(queue_url: str, schedule: str) -> dict[str, str]:
    """Return the input of the universal target `aws-sdk:sqs:sendMessage`, which needs PascalCase.

    The message names the schedule and the tick, and nothing else. So whoever may write to the queue chooses neither a
    command nor a role: these are in the job's item.
    """
    tick = {"schedule": schedule, "tick": SCHEDULED_TIME}
    return {"QueueUrl": queue_url, "MessageBody": json.dumps(tick, separators=(",", ":"))}
