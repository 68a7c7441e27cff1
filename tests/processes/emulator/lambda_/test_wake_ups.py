"""A function wakes itself later with messages that are delayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.processes.emulator.world import DEAD, LOGGING, client

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

HANDLER = """
import boto3, time
def handle(event, context):
    for record in event["Records"]:
        print(round(time.time()) % 86400, record["body"])
        delay, _, left = record["body"].partition(" ")
        if int(left):
            queues = boto3.client("sqs")
            url = queues.get_queue_url(QueueName="dead")["QueueUrl"]
            queues.send_message(QueueUrl=url, MessageBody=f"{delay} {int(left) - 1}", DelaySeconds=int(delay))
"""
ACTIONS = [
    f"sqs:{verb}" for verb in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "SendMessage")
]


def test_wake_ups(reachable: World) -> None:
    """Each message is delivered when its own delay is over, those without a delay at the same moment."""
    reachable.deploy(HANDLER)
    reachable.allow_watch(LOGGING, {"Effect": "Allow", "Action": ACTIONS, "Resource": DEAD})
    client("lambda").create_event_source_mapping(EventSourceArn=DEAD, FunctionName="watch")
    url = client("sqs").get_queue_url(QueueName="dead")["QueueUrl"]
    for body in ("900 2", "60 3", "0 1"):
        client("sqs").send_message(QueueUrl=url, MessageBody=body)
    reachable.advance(hours=1)
    assert [tuple(map(int, line.split())) for line in reachable.log()] == [
        *[(0, 900, 2), (0, 60, 3), (0, 0, 1), (0, 0, 0)],
        *[(60, 60, 2), (120, 60, 1), (180, 60, 0)],
        *[(900, 900, 1), (1800, 900, 0)],
    ]
