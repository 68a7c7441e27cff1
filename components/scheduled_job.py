"""One job: its launch role, its alerting, and its schedules with the task override in their input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_aws import cloudwatch, dynamodb, iam, scheduler

from aws_facts import universal_target
from aws_facts.arn import Arn
from components import alerting, argument_problems, clock, job_facts, job_requests, launch_policy, tick_message
from components.inputs import computed
from components.job_facts import SupervisedArgs
from components.schedule import description, retry_policy, start_to_send, supervised_retry_policy, utc_text
from holds import wanted
from watch.names import schedule_name, task_group
from watch.table import KEY, SORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.job_args import ScheduledJobArgs
    from components.schedule import ScheduleArgs
    from components.watch import Watch


class ScheduledJob(pulumi.ComponentResource):
    """A job that runs at its times, with alerts when a run fails or does not start.

    It runs on ECS, in a Lambda function, or in the containers of a service.

    The component's name is the job's name, which operators type.

        from components import JobGroup, JobGroupArgs, PlacementArgs, ScheduleArgs, ScheduledJob, ScheduledJobArgs

        nightly = ScheduledJob(
            "nightly-report",
            ScheduledJobArgs(
                group=JobGroup("jobs", JobGroupArgs()),
                placement=PlacementArgs(
                    cluster_arn="arn:aws:ecs:eu-central-1:123456789012:cluster/main",
                    task_definition="web",
                    container="app",
                    passed_roles=["arn:aws:iam::123456789012:role/task", "arn:aws:iam::123456789012:role/execution"],
                    subnets=["subnet-0a000000000000001"],
                ),
                command=["python", "manage.py", "build_report"],
                schedules=[ScheduleArgs(expression="cron(0 2 * * ? *)", timezone="Europe/Berlin")],
                owner="data",
            ),
        )
    """

    role: iam.Role
    """The launch role."""
    policy: iam.RolePolicy
    """The permissions of the launch role."""
    item: dynamodb.TableItem | None
    """The job's item in the ledger, by which the watch knows the job; None without a watch."""
    rule: cloudwatch.EventRule | None
    """Matches the events of runs that failed, did not start or were cut off; None with a watch."""
    target: cloudwatch.EventTarget | None
    """Sends the matched events to the alert topic; None with a watch."""
    schedules: dict[str, scheduler.Schedule]
    """The schedules, by their names."""
    role_arn: pulumi.Output[str]
    """The ARN of the launch role."""
    schedule_arns: dict[str, pulumi.Output[str]]
    """The ARNs of the schedules, by their names."""

    def __init__(self, name: str, args: ScheduledJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the job's resources, the schedules last.

        RunError names the arguments that AWS would refuse, or a placement that the watch was not given.
        """
        mistakes = argument_problems.problems(name, args)
        if mistakes:
            raise pulumi.RunError("\n  ".join([f"the arguments of the job '{name}' have mistakes:", *mistakes]))
        super().__init__("scheduled-jobs:index:ScheduledJob", name, None, opts)
        self._name = name
        self._args = args
        self._tags = job_requests.tags(name, args)
        self._task_group = task_group(args.group.name, name)

        watch = args.group.watch
        if watch is not None and not watch.covers(args.placement):
            raise pulumi.RunError(
                f"the watch of {args.group.name} does not know the cluster or a log group of the job {name}; "
                "add the job's placement to the `placements` of `WatchArgs`, or its log group to `function_logs`"
            )

        self._launches = args.group.launches if args.supervised else None
        self._create_launch_role()
        self.item, self.rule, self.target = None, None, None
        last_of_alerting = self._send_failures() if watch is None else self._register_with(watch)
        self._create_schedules(after=[self.policy, last_of_alerting])
        self.register_outputs({"role_arn": self.role_arn, "schedule_arns": self.schedule_arns})

    def _create_launch_role(self) -> None:
        group = self._args.group
        self.role = iam.Role(
            self._name,
            path=group.role_path,
            description=f"Lets {self._launcher()} the job {self._name} of {group.name}",
            assume_role_policy=group.trust_policy if self._launches is None else group.supervised_trust_policy,
            permissions_boundary=group.args.permissions_boundary,
            tags=self._tags,
            opts=self._child(),
        )
        self.role_arn = self.role.arn
        self.policy = iam.RolePolicy(
            self._name,
            name="launch",
            role=self.role.name,
            policy=self._launch_policy(),
            opts=self._child(),
        )

    def _launcher(self) -> str:
        """Return who launches the job, for the role's description."""
        if self._args.process is not None:
            return "EventBridge Scheduler tell the ticks of"
        return "EventBridge Scheduler launch" if self._launches is None else "the supervisor launch"

    def _launch_policy(self) -> pulumi.Input[str]:
        """Return the permissions of the launch role, as JSON."""
        group, function, work = self._args.group, self._args.function, self._args.work
        shared = {
            "dead_letter_arn": group.dead_letter_arn,
            "launches_arn": self._launches and self._launches.arn,
            "kms_key_arn": group.args.kms_key_arn,
        }
        if function is not None:
            return computed(
                lambda **known: json.dumps(launch_policy.invoke_policy(**known)),
                alias_arn=function.alias_arn,
                **shared,
            )
        if work is not None:
            return computed(
                lambda **known: json.dumps(launch_policy.work_policy(**known)), queue_arn=work.queue_arn, **shared
            )
        if self._args.process is not None:
            return computed(lambda **known: json.dumps(launch_policy.tick_policy(**known)), **shared)
        placement = self._args.place
        return computed(
            lambda **known: json.dumps(launch_policy.launch_policy(**known)),
            cluster_arn=placement.cluster,
            task_definition=placement.task_definition,
            passed_roles=placement.passed_roles,
            service=self._service(),
            infrastructure_role=placement.volume.role if placement.volume else None,
            **shared,
        )

    def _register_with(self, watch: Watch) -> pulumi.Resource:
        """Create the job's item in the ledger. It is made and removed with the job.

        The supervisor launches a job that has an item, so it and the role's permissions come first.
        """
        group, supervised = self._args.group, None
        ready = [*group.alert_path, *self._args.ready]
        if group.supervisor is not None and self._args.supervised:
            ready += [self.policy, group.supervisor.ticks]
            supervised = SupervisedArgs(role=self.role_arn, requests=self._requests(), service=self._service())
        self.item = dynamodb.TableItem(
            self._name,
            table_name=watch.ledger_name,
            hash_key=KEY,
            range_key=SORT,
            item=job_facts.item(self._name, self._args, supervised),
            opts=self._child(
                depends_on=ready,
                hooks=group.pauses.binding(self._name, job_facts.pause_after(self._name, self._args)),
            ),
        )
        return self.item

    def _requests(self) -> dict[str, pulumi.Input[dict[str, Any]]]:
        """Return the RunTask requests of a supervised job, by schedule; none for a job whose runs are no tasks."""
        if not self._args.runs_tasks:
            return {}
        named = {schedule_name(self._name, one.key): one for one in self._args.schedules}
        return {name: job_requests.request(self._name, name, self._args, one, dict) for name, one in named.items()}

    def _service(self) -> pulumi.Input[str] | None:
        """Return the service whose revision a schedule of the job runs; None if no schedule does."""
        revisions = [one.limits.run_revision for one in self._args.schedules if one.limits is not None]
        return self._args.place.service if "service" in revisions else None

    def _send_failures(self) -> pulumi.Resource:
        """Create the job's rule, which sends failures to the topic, and return its target."""
        group, placement = self._args.group, self._args.place
        self.rule = cloudwatch.EventRule(
            self._name,
            description=f"Failed, not started and interrupted runs of {self._name} of {group.name}",
            event_pattern=computed(self._failure_pattern, cluster_arn=placement.cluster, container=placement.container),
            tags=self._tags,
            opts=self._child(),
        )
        template = computed(
            alerting.input_template,
            stack=group.name,
            job=self._name,
            container=placement.container,
            owner=self._args.owner,
            runbook=self._args.runbook,
        )
        self.target = cloudwatch.EventTarget(
            self._name,
            rule=self.rule.name,
            target_id="alerts",
            arn=group.topic_arn,
            input_transformer={"input_paths": alerting.INPUT_PATHS, "input_template": template},
            opts=self._child(depends_on=group.alert_path),
        )
        return self.target

    def _failure_pattern(self, *, cluster_arn: str, container: str) -> str:
        pattern = alerting.event_pattern(task_group=self._task_group, cluster_arn=cluster_arn, container=container)
        return json.dumps(pattern)

    def _create_schedules(self, *, after: Sequence[pulumi.Resource]) -> None:
        named = {schedule_name(self._name, schedule.key): schedule for schedule in self._args.schedules}
        self.schedules = {name: self._create_schedule(name, schedule, after) for name, schedule in named.items()}
        self.schedule_arns = {name: schedule.arn for name, schedule in self.schedules.items()}

    def _create_schedule(
        self, name: str, schedule: ScheduleArgs, after: Sequence[pulumi.Resource]
    ) -> scheduler.Schedule:
        group, timetable = self._args.group, schedule.timetable
        return scheduler.Schedule(
            name,
            name=name,
            group_name=group.schedule_group_name,
            description=description(self._args.description, owner=self._args.owner, enabled=schedule.enabled),
            state=wanted.state(enabled=schedule.enabled and not schedule.held),
            schedule_expression=str(timetable.expression),
            schedule_expression_timezone=timetable.timezone,
            start_date=utc_text(start_to_send(timetable.start, clock.now())),
            end_date=utc_text(timetable.end),
            flexible_time_window=(
                {"mode": "FLEXIBLE", "maximum_window_in_minutes": timetable.window}
                if timetable.window
                else {"mode": "OFF"}
            ),
            target=self._target(name, schedule),
            opts=self._child(depends_on=after, hooks=group.preview.binding),
        )

    def _target(self, name: str, schedule: ScheduleArgs) -> scheduler.ScheduleTargetArgsDict:
        """Return what Scheduler does at a tick: it launches a run, or tells the supervisor."""
        args = self._args
        if self._launches is None or schedule.limits is None:
            arn = computed(_run_task_arn, cluster_arn=args.place.cluster)
            given = job_requests.request(self._name, name, args, schedule, json.dumps)
            retries = retry_policy(schedule.timetable, args.launch_retries)
        else:
            arn = self._launches.arn.apply(_send_message_arn)
            given = self._launches.url.apply(lambda url: json.dumps(tick_message.request(url, name)))
            retries = supervised_retry_policy(schedule.limits)
        return {
            "arn": arn,
            "role_arn": self.role_arn,
            "input": given,
            "dead_letter_config": {"arn": args.group.dead_letter_arn},
            "retry_policy": {
                "maximum_retry_attempts": retries.attempts,
                "maximum_event_age_in_seconds": retries.event_age,
            },
        }

    def _child(
        self, depends_on: Sequence[pulumi.Resource] = (), hooks: pulumi.ResourceHookBinding | None = None
    ) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(depends_on), hooks=hooks)


def _run_task_arn(cluster_arn: str) -> str:
    return universal_target.run_task_arn(Arn.parse(cluster_arn).partition)


def _send_message_arn(queue_arn: str) -> str:
    return universal_target.send_message_arn(Arn.parse(queue_arn).partition)
