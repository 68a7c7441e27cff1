"""The embedded AWS, whole: moto held to AWS's rules, with tasks that run, schedules that fire, events that arrive."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.sqs.models import sqs_backends

from sandbox import staging
from sandbox.aws import chosen_ids, schedule_checks
from sandbox.aws.bus import Bus
from sandbox.aws.ecs import Host, Tasks
from sandbox.aws.functions import Functions
from sandbox.aws.gateway import AwsError, Gateway
from sandbox.aws.logs import make_log_group, write_log
from sandbox.aws.topics import Topics
from sandbox.faults import Faults
from sandbox.timeline import Agenda

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class EmbeddedAws:
    """One account. Its parts are wired here, and nowhere else."""

    def __init__(self, account: str, host: Host, environment: Mapping[str, str]) -> None:
        """Run tasks on `host`, and functions with `environment` beneath their own."""
        self.account = account
        self.gateway = Gateway()
        self.agenda = Agenda()
        self.faults = Faults()
        self.functions = Functions(environment, self._write_function_log)
        self.topics = Topics(self._invoke_for_topic)
        self.bus = Bus(
            account,
            {"sns": self.topics.publish, "sqs": self._send_for_rule, "lambda": self._invoke_for_rule},
        )
        self.tasks = Tasks(
            staging.StagedHost(host, self.faults, self.agenda),
            staging.StagedEvents(self.bus.publish, self.faults).publish,
            partial(staging.refuse_launch, self.faults),
        )

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Stand in this process, before moto."""
        for part in (self.tasks, self.bus, self.topics):
            part.install(self.gateway)
        schedule_checks.install(self.gateway)
        chosen_ids.install(self.gateway)
        with ExitStack() as stack:
            stack.enter_context(self.gateway.installed())
            stack.enter_context(self.topics.delivering())
            stack.enter_context(chosen_ids.honoured())
            yield

    def send_dead_letter(self, queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        """Put an event that was given up into its queue."""
        _send(queue_arn, body, {k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()})

    def _write_function_log(self, region: str, group: str, stream: str, lines: list[str]) -> None:
        """Write a function's log; Lambda makes the log group itself."""
        make_log_group(self.account, region, group)
        write_log(self.account, region, group, stream, lines)

    def _send_for_rule(self, queue_arn: str, _rule_arn: str, text: str) -> None:
        _send(queue_arn, text, {})

    def _invoke_for_rule(self, function_arn: str, rule_arn: str, text: str) -> None:
        self.functions.invoke_by_service(function_arn, rule_arn, text, service="events.amazonaws.com")

    def _invoke_for_topic(self, function_arn: str, topic_arn: str, text: str) -> None:
        self.functions.invoke_by_service(function_arn, topic_arn, text, service="sns.amazonaws.com")


def _send(queue_arn: str, body: str, attributes: Mapping[str, Any]) -> None:
    _, _, _, region, account, name = queue_arn.split(":", 5)
    backend = sqs_backends[account][region]
    if name not in backend.queues:
        raise AwsError("AWS.SimpleQueueService.NonExistentQueue", f"The queue {queue_arn} does not exist.")
    backend.send_message(name, body, message_attributes=dict(attributes))
