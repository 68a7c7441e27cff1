"""What the jobs of a stack share: schedule group, dead-letter queue and alert topic."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import scheduler, sns, sqs

from components import alerting
from components.arn import Arn
from components.schedule import LONGEST_NAME
from components.schedule_preview import SchedulePreview

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FOURTEEN_DAYS = 14 * 24 * 3600
"""Seconds: the longest that SQS keeps a message (SQS API reference, MessageRetentionPeriod)."""

_NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_NAME}}}")
"""What Scheduler takes for a schedule group and SQS for a queue (API references, CreateScheduleGroup, CreateQueue)."""


@dataclass(frozen=True, kw_only=True)
class JobGroupArgs:
    """Arguments of a `JobGroup`."""

    name: str | None = None
    """The schedule group's name, and the first part of every other name. Default: `<project>-<stack>`; at most 64."""

    email: Sequence[str] = ()
    """Addresses that get each alert; each must confirm once."""

    https: Sequence[str] = ()
    """Endpoints that each alert is posted to. Treated as secret, since such addresses often carry a token."""

    tags: Mapping[str, str] = field(default_factory=dict)
    """On every resource of the group and of its jobs."""

    permissions_boundary: pulumi.Input[str] | None = None
    """The ARN of a policy that bounds every role."""


class JobGroup(pulumi.ComponentResource):
    """The schedule group, dead-letter queue and alert topic of a stack's jobs.

    Make one, and give it to each `ScheduledJob`.
    """

    name: str
    """Of the schedule group."""
    args: JobGroupArgs
    schedule_group_arn: pulumi.Output[str]
    schedule_group_name: pulumi.Output[str]
    dead_letter_arn: pulumi.Output[str]
    dead_letter_url: pulumi.Output[str]
    topic_arn: pulumi.Output[str]
    preview: SchedulePreview
    """Tells, in previews, what changes about when the group's jobs run."""

    def __init__(self, name: str, args: JobGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the group's resources; RunError when AWS would not take its name."""
        super().__init__("scheduled-jobs:index:JobGroup", name, None, opts)
        self.args = args
        self.name = args.name or f"{pulumi.get_project()}-{pulumi.get_stack()}"
        if not _NAME.fullmatch(self.name):
            raise pulumi.RunError(
                f"the schedule group's name '{self.name}' has {len(self.name)} characters; "
                f"accepted: 1 to {LONGEST_NAME} letters, digits, hyphens and underscores"
            )
        self._logical_name = name
        self.preview = SchedulePreview(name)
        self._create_schedule_group()
        self._create_dead_letter_queue()
        self._create_alert_topic()
        self.register_outputs(
            {
                "schedule_group_arn": self.schedule_group_arn,
                "dead_letter_arn": self.dead_letter_arn,
                "dead_letter_url": self.dead_letter_url,
                "topic_arn": self.topic_arn,
            }
        )

    def _create_schedule_group(self) -> None:
        group = scheduler.ScheduleGroup(self._logical_name, name=self.name, tags=self.args.tags, opts=self._child())
        self.schedule_group_arn = group.arn
        self.schedule_group_name = group.name

    def _create_dead_letter_queue(self) -> None:
        queue = sqs.Queue(
            f"{self._logical_name}-dead-letters",
            name=f"{self.name}-dead-letters",
            message_retention_seconds=_FOURTEEN_DAYS,
            sqs_managed_sse_enabled=True,
            tags=self.args.tags,
            opts=self._child(),
        )
        self.dead_letter_arn = queue.arn
        self.dead_letter_url = queue.url

    def _create_alert_topic(self) -> None:
        topic = sns.Topic(
            f"{self._logical_name}-alerts", name=f"{self.name}-alerts", tags=self.args.tags, opts=self._child()
        )
        sns.TopicPolicy(
            f"{self._logical_name}-alerts",
            arn=topic.arn,
            policy=pulumi.Output.json_dumps(
                topic.arn.apply(lambda arn: alerting.topic_policy(topic_arn=arn, account=Arn.parse(arn).account))
            ),
            opts=self._child(),
        )
        for address in self.args.email:
            self._subscribe(topic, f"email-{address}", "email", address)
        for url in self.args.https:
            digest = hashlib.sha256(url.encode()).hexdigest()[:8]
            self._subscribe(topic, f"https-{digest}", url.partition(":")[0], pulumi.Output.secret(url))
        self.topic_arn = topic.arn

    def _subscribe(self, topic: sns.Topic, suffix: str, protocol: str, endpoint: pulumi.Input[str]) -> None:
        sns.TopicSubscription(
            f"{self._logical_name}-{suffix}", topic=topic.arn, protocol=protocol, endpoint=endpoint, opts=self._child()
        )

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)
