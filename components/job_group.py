"""The resources that the jobs of a stack share: schedule group, dead-letter queue, topics, watch and ledger."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_aws import cloudwatch, dynamodb, scheduler, sns, sqs
from pulumi_aws import lambda_ as functions

from components import claims_table, launch_policy, resource_policies
from components.group_function import VISIBILITY
from components.pause_preview import PausePreview
from components.schedule import LONGEST_NAME
from components.schedule_preview import SchedulePreview
from components.supervisor import Supervisor
from components.taken_name_preview import SCHEDULE_GROUP, TakenNamePreview
from components.watch import Watch
from components.watched_group import WatchedGroup
from components.work_place import ProcessPlace, WorkPlace
from watch import untrusted
from watch.names import alerts_name, dead_letters_name, given_up_name, launches_name, problems_name, work_queue_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from components.subscriptions import Endpoint
    from components.watch_args import WatchArgs

_FOURTEEN_DAYS = 14 * 24 * 3600
"""Seconds: the longest that SQS keeps a message (SQS API reference, MessageRetentionPeriod)."""

_RECEIVES = 5
"""How often a function may receive a message before SQS moves it on: launches to dead letters, these to given-up."""

_TAKEN, _LONGEST_POLL = 60, 20
"""Seconds for which a run that a worker has taken is hidden, unless the worker extends it; and those of a poll, the
longest that SQS takes (SQS API reference, ReceiveMessageWaitTimeSeconds)."""

_NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_NAME}}}")
"""Valid names of schedule groups and queues (Scheduler API reference, CreateScheduleGroup; SQS, CreateQueue)."""


_LONGEST_WORKERS = 40
_WORKERS = re.compile(rf"[A-Za-z0-9_-]{{1,{_LONGEST_WORKERS}}}")
"""Names of services that take runs. With the group's name they are a queue's, of 80 characters at most."""


@dataclass(frozen=True, kw_only=True)
class JobGroupArgs:
    """Arguments of a `JobGroup`."""

    name: str | None = None
    """The schedule group's name, which begins every other name; at most 64 characters. Default: `<project>-<stack>`."""

    endpoints: Sequence[Endpoint] = ()
    """The endpoints that get the alerts. An e-mail address must confirm its subscription once."""

    topic_arn: pulumi.Input[str] | None = None
    """A topic that gets the alerts instead of the group's own topic."""

    watch: WatchArgs | None = None
    """The watch of the group's jobs. Without a watch, a job's rule sends its failures to the topic itself."""

    supervised: bool = False
    """Whether the group has jobs with limits, which its supervisor keeps. Needs a watch."""

    workers: Sequence[str] = ()
    """Names of services, or of placements with one, whose containers take runs. Each gets a queue."""

    claims: bool = False
    """Whether processes claim runs that they begin by themselves. A group with `workers` has claims in any case."""

    log_group: str | None = None
    """The name of a log group that is made for jobs with an image of their own (`ImageTask`). Default: none is made."""

    log_days: int = 30
    """How many days that log group keeps a line (CloudWatch Logs API reference, PutRetentionPolicy)."""

    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags for every resource of the group and of its jobs."""

    permissions_boundary: pulumi.Input[str] | None = None
    """The ARN of a policy that limits every role."""

    kms_key_arn: pulumi.Input[str] | None = None
    """The ARN of your own KMS key for the group's topics, queues, ledger and log, in the group's region.

    The key's policy must have the statements that `components.key_policy.statements` returns.
    """


class JobGroup(pulumi.ComponentResource):
    """The schedule group, dead-letter queue, alert topic and watch of a stack's jobs.

    Create one group, and pass it to each `ScheduledJob`.

        from components import Endpoint, JobGroup, JobGroupArgs

        group = JobGroup("jobs", JobGroupArgs(endpoints=[Endpoint(protocol="email", to="on-call@example.com")]))
    """

    schedule_group: scheduler.ScheduleGroup
    dead_letters: sqs.Queue
    """Holds the launches that Scheduler gave up."""
    given_up: sqs.Queue
    """Holds the dead letters and the events that the watch gave up."""
    launches: sqs.Queue | None
    """Holds the ticks of supervised jobs until the supervisor takes them; None in a group without such jobs."""
    work: dict[str, sqs.Queue]
    """Hold the runs for workers until one takes them, by the names in `workers`."""
    claims: dynamodb.Table | None
    """Says which process has a run; None in a group whose runs no process claims."""
    alert_topic: sns.Topic | None
    """The topic for alerts; None where the arguments name another topic."""
    problems_topic: sns.Topic | None
    """The topic for problems of the watch itself; None without a watch."""
    log: cloudwatch.LogGroup | None
    """The log of jobs that have an image of their own; None in a group without such jobs."""
    name: str
    """The name of the schedule group."""
    args: JobGroupArgs
    schedule_group_arn: pulumi.Output[str]
    schedule_group_name: pulumi.Output[str]
    trust_policy: pulumi.Output[str]
    """The trust policy of every launch role: Scheduler may assume it for schedules of this group."""
    supervised_trust_policy: pulumi.Output[str] | None
    """The same for launch roles of supervised jobs, which the supervisor may assume too; None without a supervisor."""
    dead_letter_arn: pulumi.Output[str]
    dead_letter_url: pulumi.Output[str]
    topic_arn: pulumi.Output[str]
    problems_arn: pulumi.Output[str] | None
    """The ARN of the topic for the alarms; None without a watch."""
    watch: Watch | None
    supervisor: Supervisor | None
    """Launches the supervised jobs; None in a group without such jobs."""
    role_path: str
    """The path of the roles of the group and its jobs."""
    alert_path: list[pulumi.Resource]
    """The resources that must exist before a job may run, so that its first alert arrives."""
    preview: SchedulePreview
    """The report that previews print about changed times of the group's jobs."""
    pauses: PausePreview
    """The report that previews print about jobs that can be paused."""

    def __init__(self, name: str, args: JobGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the group's resources; RunError when AWS would refuse its name."""
        super().__init__("scheduled-jobs:index:JobGroup", name, None, opts)
        self.args = args
        self.name = args.name or default_name()
        if not _NAME.fullmatch(self.name):
            raise pulumi.RunError(
                f"the schedule group's name '{self.name}' has {len(self.name)} characters; "
                f"it must be 1 to {LONGEST_NAME} letters, digits, hyphens and underscores"
            )
        if args.supervised and args.watch is None:
            raise pulumi.RunError(
                f"`supervised` of `JobGroupArgs`: the group {self.name} has no watch, which the supervisor needs; set "
                "`watch` of `JobGroupArgs` too"
            )
        if (args.workers or args.claims) and not args.supervised:
            raise pulumi.RunError(
                f"`workers` and `claims` of `JobGroupArgs`: the group {self.name} has no supervisor, which knows the "
                "runs that processes take; set `supervised` of `JobGroupArgs` too"
            )
        for one in args.workers:
            if not _WORKERS.fullmatch(one):
                raise pulumi.RunError(
                    f"`workers` of `JobGroupArgs`: '{untrusted.visible(one)}' must be 1 to {_LONGEST_WORKERS} letters, "
                    "digits, hyphens and underscores, since it ends the name of a queue"
                )
        self._logical_name = name
        self.role_path = f"/{pulumi.get_project()}/{self.name}/"
        self.alert_path = []
        self.preview, self.pauses = SchedulePreview(name), PausePreview(name)
        self._create_schedule_group()
        self._create_alert_topic()
        self._create_queues()
        self.claims = self._create_claims()
        self.log = self._create_log(args.log_group) if args.log_group else None
        self.problems_topic, self.problems_arn, self.watch = None, None, None
        self.supervisor, self.supervised_trust_policy = None, None
        if args.watch is not None:
            self.problems_topic = self._create_problems_topic()
            self.problems_arn = self.problems_topic.arn
            self._create_functions(args.watch, self.problems_arn)
        self.register_outputs(
            {
                "schedule_group_arn": self.schedule_group_arn,
                "dead_letter_arn": self.dead_letter_arn,
                "dead_letter_url": self.dead_letter_url,
                "topic_arn": self.topic_arn,
                "problems_arn": self.problems_arn,
            }
        )

    def work_place(
        self, workers: str, task: str, log_group: pulumi.Input[str] = "", role: pulumi.Input[str] = ""
    ) -> WorkPlace:
        """Return the place of a job that workers take. `workers` is one of those of the arguments.

        `task` is the name under which they know the function, and `log_group` that of the log they write to, if known.
        `role` is the ARN of the task role that they have, if known.
        """
        if workers not in self.work or self.claims is None:
            known = ", ".join(f"'{one}'" for one in self.work) or "none"
            raise pulumi.RunError(f"the group {self.name} has no queue for the workers '{workers}'; it has {known}")
        queue = self.work[workers]
        return WorkPlace(
            queue_arn=queue.arn,
            queue_url=queue.url,
            claims=self.claims.name,
            task=task,
            log_group=log_group,
            role=role,
            ready=[queue, self.claims],
        )

    def process_place(
        self, log_group: pulumi.Input[str] = "", role: pulumi.Input[str] = "", store: str = ""
    ) -> ProcessPlace:
        """Return the place of a job that the processes of a service begin by themselves.

        `log_group` and `role` are as those of a `work_place`; `store` is where they claim runs if not in the table.
        """
        if self.claims is None:
            raise pulumi.RunError(f"the group {self.name} has no table of claims; set `claims` of `JobGroupArgs`")
        return ProcessPlace(
            claims_arn=self.claims.arn, log_group=log_group, role=role, store=store, ready=[self.claims]
        )

    def _create_schedule_group(self) -> None:
        preview = TakenNamePreview(self, self._logical_name, SCHEDULE_GROUP, self.name)
        self.schedule_group = scheduler.ScheduleGroup(
            self._logical_name,
            name=self.name,
            tags=self.args.tags,
            opts=pulumi.ResourceOptions(parent=self, hooks=preview.binding),
        )
        preview.check(self.schedule_group)
        self.schedule_group_arn = self.schedule_group.arn
        self.schedule_group_name = self.schedule_group.name
        self.trust_policy = self._trust_policy(None)

    def _trust_policy(self, supervisor_arn: pulumi.Input[str] | None) -> pulumi.Output[str]:
        both = pulumi.Output.all(self.schedule_group_arn, supervisor_arn)
        return pulumi.Output.json_dumps(both.apply(lambda arns: launch_policy.trust_policy(*arns)))

    def _create_queues(self) -> None:
        self.given_up = self._create_queue("given-up", given_up_name(self.name))
        self.dead_letters = self._create_handled_queue(
            "dead-letters", dead_letters_name(self.name), given_up=self.given_up
        )
        self.dead_letter_arn = self.dead_letters.arn
        self.dead_letter_url = self.dead_letters.url
        self.launches = None
        if self.args.supervised:
            self.launches = self._create_handled_queue("launches", launches_name(self.name), given_up=self.dead_letters)
        self.work = {one: self._create_work_queue(one) for one in self.args.workers}

    def _create_work_queue(self, workers: str) -> sqs.Queue:
        """Create a queue of which workers take runs, each by a long poll."""
        return self._create_queue(
            f"work-{workers}",
            work_queue_name(self.name, workers),
            visibility_timeout_seconds=_TAKEN,
            receive_wait_time_seconds=_LONGEST_POLL,
        )

    def _create_claims(self) -> dynamodb.Table | None:
        args = self.args
        if not args.workers and not args.claims:
            return None
        return claims_table.create(
            self.name,
            kms_key_arn=args.kms_key_arn,
            restorable=args.watch is not None and args.watch.retain_ledger,
            tags=args.tags,
            opts=self._child(),
        )

    def _create_handled_queue(self, suffix: str, name: str, *, given_up: sqs.Queue) -> sqs.Queue:
        """Create a queue that invokes a function. What the function cannot handle goes to another queue."""
        redrive = {"deadLetterTargetArn": given_up.arn, "maxReceiveCount": _RECEIVES}
        return self._create_queue(
            suffix,
            name,
            visibility_timeout_seconds=VISIBILITY,
            redrive_policy=pulumi.Output.json_dumps(redrive),
        )

    def _create_queue(self, suffix: str, name: str, **more: Any) -> sqs.Queue:  # noqa: ANN401 - arguments of a queue
        logical_name = f"{self._logical_name}-{suffix}"
        queue = sqs.Queue(
            logical_name,
            name=name,
            message_retention_seconds=_FOURTEEN_DAYS,
            kms_master_key_id=self.args.kms_key_arn,
            sqs_managed_sse_enabled=True if self.args.kms_key_arn is None else None,
            tags=self.args.tags,
            opts=self._child(),
            **more,
        )
        policy = pulumi.Output.json_dumps(queue.arn.apply(resource_policies.queue_policy))
        sqs.QueuePolicy(logical_name, queue_url=queue.url, policy=policy, opts=self._child())
        return queue

    def _create_log(self, name: str) -> cloudwatch.LogGroup:
        return cloudwatch.LogGroup(
            f"{self._logical_name}-log",
            name=name,
            retention_in_days=self.args.log_days,
            kms_key_id=self.args.kms_key_arn,
            tags=self.args.tags,
            opts=self._child(),
        )

    def _create_alert_topic(self) -> None:
        self.alert_topic = None
        if self.args.topic_arn is not None:
            self.topic_arn = pulumi.Output.from_input(self.args.topic_arn)
        else:
            policy = partial(resource_policies.alerts_policy, watched=self.args.watch is not None)
            self.alert_topic = self._create_topic("alerts", alerts_name(self.name), policy)
            self.topic_arn = self.alert_topic.arn
        for endpoint in self.args.endpoints:
            self._subscribe("", self.topic_arn, endpoint, endpoint.filter_policy())

    def _create_problems_topic(self) -> sns.Topic:
        """Create the topic for problems of the watch itself. Every endpoint gets all its messages, without routes."""
        topic = self._create_topic("problems", problems_name(self.name), resource_policies.problems_policy)
        for endpoint in self.args.endpoints:
            self._subscribe("problems-", topic.arn, endpoint, {})
        return topic

    def _create_topic(self, suffix: str, topic_name: str, policy: Callable[[str], dict[str, Any]]) -> sns.Topic:
        name = f"{self._logical_name}-{suffix}"
        topic = sns.Topic(
            name,
            name=topic_name,
            kms_master_key_id=self.args.kms_key_arn,
            tags=self.args.tags,
            opts=self._child(),
        )
        policy_of_topic = pulumi.Output.json_dumps(topic.arn.apply(policy))
        self.alert_path.append(sns.TopicPolicy(name, arn=topic.arn, policy=policy_of_topic, opts=self._child()))
        return topic

    def _subscribe(
        self, prefix: str, topic: pulumi.Output[str], endpoint: Endpoint, filtered: Mapping[str, Sequence[str]]
    ) -> None:
        name = f"{self._logical_name}-{prefix}{endpoint.label}"
        if endpoint.protocol == "lambda":
            permission = functions.Permission(
                name,
                action="lambda:InvokeFunction",
                function=endpoint.to,
                principal="sns.amazonaws.com",
                source_arn=topic,
                opts=self._child(),
            )
            self.alert_path.append(permission)
        subscription = sns.TopicSubscription(
            name,
            topic=topic,
            protocol=endpoint.protocol,
            endpoint=pulumi.Output.secret(endpoint.to) if endpoint.secret else endpoint.to,
            filter_policy=json.dumps(filtered) if filtered else None,
            opts=self._child(),
        )
        self.alert_path.append(subscription)

    def _create_functions(self, args: WatchArgs, problems: pulumi.Output[str]) -> None:
        """Create the watch, and the supervisor of a group that has supervised jobs."""
        group = WatchedGroup(
            name=self.name,
            first=self.schedule_group,
            alert_path=self.alert_path,
            schedule_group_arn=self.schedule_group_arn,
            role_path=self.role_path,
            topic_arn=self.topic_arn,
            problems_arn=problems,
            dead_letters=self.dead_letters,
            given_up=self.given_up,
            launches=self.launches,
            claims_arn=None if self.claims is None else self.claims.arn,
            tags=dict(self.args.tags),
            permissions_boundary=self.args.permissions_boundary,
            kms_key_arn=self.args.kms_key_arn,
            alarm_topics=[problems] if self.args.topic_arn is None else [problems, self.topic_arn],
        )
        opts = pulumi.ResourceOptions(parent=self)
        self.watch = Watch(f"{self._logical_name}-watch", group, args, opts)
        self.alert_path = [self.watch.events]
        if self.launches is not None:
            name = f"{self._logical_name}-supervisor"
            self.supervisor = Supervisor(name, group, self.watch, self.launches, opts)
            self.supervised_trust_policy = self._trust_policy(self.supervisor.role_arn)

    def _child(self) -> pulumi.ResourceOptions:
        """Return the options of a child. The schedule group comes first: AWS refuses a group that exists."""
        return pulumi.ResourceOptions(parent=self, depends_on=[self.schedule_group])


def default_name() -> str:
    """Return the name of the schedule group of a stack whose arguments have no other: `<project>-<stack>`."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}"
