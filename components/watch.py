"""The watch of a job group: the function that turns events into alerts, its ledger, and its triggers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import cloudwatch, dynamodb, iam
from pulumi_aws import lambda_ as functions

from aws_facts.arn import Arn
from components import alarms, alerting, dashboard, log_groups, watch_policy
from components.group_function import GroupFunction
from components.inputs import computed
from components.known_places import KnownPlaces
from watch.function_variables import LAUNCHES, LEDGER, TOPIC
from watch.names import (
    LOOK,
    WATCH_HANDLER,
    alarm_name,
    alarms_name,
    dead_letters_name,
    function_name,
    given_up_name,
    launches_name,
    runs_name,
    supervisor_name,
)
from watch.table import EXPIRES, KEY, SORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from components.place import Place
    from components.watch_args import WatchArgs
    from components.watched_group import WatchedGroup


_RETRIES = 2
"""Retries of a failed invocation, after one and two minutes (Lambda Developer Guide, asynchronous invocation)."""


class Watch(pulumi.ComponentResource):
    """The function, its role, ledger, log, triggers, alarms and dashboard. Part of a `JobGroup`."""

    function: functions.Function
    role: iam.Role
    """The role of the function."""
    policy: iam.RolePolicy
    """The permissions of the function."""
    ledger: dynamodb.Table
    log: cloudwatch.LogGroup
    alarms: dict[str, cloudwatch.MetricAlarm]
    """The alarms on the alert path, by the last part of their names."""
    dashboard: cloudwatch.Dashboard
    events: cloudwatch.EventTarget
    """Sends the events of the group's tasks to the function. It is created last: when it exists, alerts arrive."""
    function_arn: pulumi.Output[str]
    function_name: pulumi.Output[str]
    ledger_name: pulumi.Output[str]
    dashboard_name: pulumi.Output[str]

    def __init__(
        self, name: str, group: WatchedGroup, args: WatchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the watch's resources."""
        super().__init__("scheduled-jobs:index:Watch", name, None, opts)
        self._name = name
        self._group = group
        self.args = args
        self._known = KnownPlaces(args.placements, args.function_logs)
        self._function = function_name(group.name)
        self._made = GroupFunction(name, self._function, group, self)

        self._create_ledger()
        self.log = self._made.log()
        self._create_role()
        self._create_function(after=[self.policy, self.log])
        ready = [
            self._create_failure_destination(after=[self.policy]),
            self._made.invoked_by(group.dead_letters, "dead-letters", self.function, after=[self.policy]),
            self._invoke_every_five_minutes(),
            *self._create_alarms(),
            self._tell_recoveries(),
        ]
        self._create_dashboard()
        self.events = self._invoke_for_events(after=[*group.alert_path, *ready])
        self.register_outputs(
            {
                "function_arn": self.function_arn,
                "function_name": self.function_name,
                "ledger_name": self.ledger_name,
                "dashboard_name": self.dashboard_name,
            }
        )

    def covers(self, place: Place) -> bool:
        """Return whether the watch gets the events of a placement's cluster, and may read its log groups."""
        return self._known.cover(place)

    def _create_ledger(self) -> None:
        """Create the table. Its name begins with the group's, so that permissions can be limited to one stack."""
        retained, key = self.args.retain_ledger, self._group.kms_key_arn
        self.ledger = dynamodb.Table(
            f"{self._group.name}-ledger",
            billing_mode="PAY_PER_REQUEST",
            hash_key=KEY,
            range_key=SORT,
            attributes=[{"name": KEY, "type": "S"}, {"name": SORT, "type": "S"}],
            ttl={"attribute_name": EXPIRES, "enabled": True},
            deletion_protection_enabled=retained,
            point_in_time_recovery={"enabled": True} if retained else None,
            server_side_encryption=None if key is None else {"enabled": True, "kms_key_arn": key},
            tags=self._group.tags,
            opts=self._child(retain_on_delete=retained),
        )
        self.ledger_name = self.ledger.name

    def _create_role(self) -> None:
        group, places = self._group, self.args.placements
        self.role = self._made.role(f"Lets the watch of {group.name} see runs, keep the ledger and send alerts")
        self.policy = iam.RolePolicy(
            self._name,
            name="watch",
            role=self.role.name,
            policy=computed(
                lambda **known: json.dumps(watch_policy.watch_policy(**known)),
                project=pulumi.get_project(),
                schedule_group_arn=group.schedule_group_arn,
                table_arn=self.ledger.arn,
                topic_arn=group.topic_arn,
                dead_letter_arn=group.dead_letters.arn,
                given_up_arn=group.given_up.arn,
                own_log_group_arn=self.log.arn,
                cluster_arns=self.args.cluster_arns,
                log_groups=computed(_joined, groups=[log_groups.of(place, self) for place in places]),
                function_logs=self.args.function_logs,
                launches_arn=group.launches and group.launches.arn,
                claims_arn=group.claims_arn,
                kms_key_arn=group.kms_key_arn,
            ),
            opts=self._child(),
        )

    def _create_function(self, *, after: Sequence[pulumi.Resource]) -> None:
        group = self._group
        launches = {} if group.launches is None else {LAUNCHES: group.launches.url}
        self.function = self._made.create(
            self.args,
            description=f"Watches the jobs of {group.name}: writes runs to the ledger, sends alerts to the topic",
            handler=WATCH_HANDLER,
            role=self.role,
            variables={LEDGER: self.ledger.name, TOPIC: group.topic_arn, **launches},
            after=after,
        )
        self.function_arn, self.function_name = self.function.arn, self.function.name

    def _create_failure_destination(self, *, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
        """Keep the events that the function could not handle. They contain environments, so no mail carries them."""
        return functions.FunctionEventInvokeConfig(
            self._name,
            function_name=self.function.name,
            maximum_retry_attempts=_RETRIES,
            destination_config={"on_failure": {"destination": self._group.given_up.arn}},
            opts=self._child(depends_on=after),
        )

    def _invoke_for_events(self, *, after: Sequence[pulumi.Resource]) -> cloudwatch.EventTarget:
        """Create the group's rule. It passes on an event's detail as it is, with the environment of the overrides."""
        rule = cloudwatch.EventRule(
            f"{self._name}-runs",
            name=runs_name(self._group.name),
            description=f"Changes of state of the runs of {self._group.name}",
            event_pattern=computed(
                lambda **known: json.dumps(alerting.watched_pattern(group=self._group.name, **known)),
                cluster_arns=self.args.cluster_arns,
            ),
            tags=self._group.tags,
            opts=self._child(),
        )
        return self._target(f"{self._name}-runs", rule, after=after, input_path="$.detail")

    def _invoke_every_five_minutes(self) -> pulumi.Resource:
        rule = cloudwatch.EventRule(
            f"{self._name}-look",
            name=self._function,
            description=f"Invokes the watch of {self._group.name}, which then checks for missed jobs and overruns",
            schedule_expression=LOOK,
            tags=self._group.tags,
            opts=self._child(),
        )
        return self._target(f"{self._name}-look", rule, after=[])

    def _target(
        self, name: str, rule: cloudwatch.EventRule, *, after: Sequence[pulumi.Resource], input_path: str | None = None
    ) -> cloudwatch.EventTarget:
        """Let a rule invoke the function."""
        permission = functions.Permission(
            name,
            action="lambda:InvokeFunction",
            function=self.function.name,
            principal="events.amazonaws.com",
            source_arn=rule.arn,
            opts=self._child(),
        )
        return cloudwatch.EventTarget(
            name,
            rule=rule.name,
            target_id="watch",
            arn=self.function.arn,
            input_path=input_path,
            opts=self._child(depends_on=[permission, *after]),
        )

    def _create_alarms(self) -> Iterable[pulumi.Resource]:
        group = self._group
        self.alarms = {}
        needed = alarms.alarms(
            group=group.name,
            function=self._function,
            runs=runs_name(group.name),
            dead_letters=dead_letters_name(group.name),
            given_up=given_up_name(group.name),
        )
        if group.launches is not None:
            needed += alarms.of_supervisor(
                group=group.name, function=supervisor_name(group.name), launches=launches_name(group.name)
            )
        for alarm in needed:
            self.alarms[alarm.suffix] = cloudwatch.MetricAlarm(
                f"{self._name}-{alarm.suffix}",
                name=alarm_name(group.name, alarm.suffix),
                alarm_description=alarm.description,
                namespace=alarm.namespace,
                metric_name=alarm.metric,
                dimensions=alarm.dimensions,
                statistic=alarm.statistic,
                period=alarm.period,
                evaluation_periods=alarm.periods,
                comparison_operator=alarm.comparison,
                threshold=alarm.threshold,
                treat_missing_data=alarm.missing,
                warm_up_configuration=_warm_up(alarm.warm_up),
                alarm_actions=group.alarm_topics,
                tags=group.tags,
                opts=self._child(),
            )
        return self.alarms.values()

    def _tell_recoveries(self) -> pulumi.Resource:
        """Create the rule that tells on the problems topic which alarms are over."""
        group = self._group
        rule = cloudwatch.EventRule(
            f"{self._name}-alarms",
            name=alarms_name(group.name),
            description=f"Alarms on the watch of {group.name} that are over",
            event_pattern=json.dumps(
                alerting.recovery_pattern([alarm_name(group.name, suffix) for suffix in self.alarms])
            ),
            tags=group.tags,
            opts=self._child(),
        )
        return cloudwatch.EventTarget(
            f"{self._name}-alarms",
            rule=rule.name,
            target_id="problems",
            arn=group.problems_arn,
            input_transformer={
                "input_paths": alerting.RECOVERY_PATHS,
                "input_template": alerting.RECOVERY_TEMPLATE,
            },
            opts=self._child(depends_on=group.alert_path),
        )

    def _create_dashboard(self) -> None:
        group = self._group
        body = group.schedule_group_arn.apply(
            lambda arn: dashboard.dashboard(
                group=group.name,
                region=Arn.parse(arn).region,
                function=self._function,
                dead_letters=dead_letters_name(group.name),
                given_up=given_up_name(group.name),
                supervised=group.launches is not None,
            )
        )
        self.dashboard = cloudwatch.Dashboard(
            self._name, dashboard_name=group.name, dashboard_body=pulumi.Output.json_dumps(body), opts=self._child()
        )
        self.dashboard_name = self.dashboard.dashboard_name

    def _child(
        self, depends_on: Sequence[pulumi.Resource] = (), *, retain_on_delete: bool = False
    ) -> pulumi.ResourceOptions:
        options = self._made.child(depends_on)
        options.retain_on_delete = retain_on_delete or None
        return options


def _warm_up(minutes: int | None) -> cloudwatch.MetricAlarmWarmUpConfigurationArgsDict | None:
    return None if minutes is None else {"warm_up_period_duration_in_minutes": minutes}


def _joined(groups: Sequence[Sequence[str]]) -> list[str]:
    return sorted({name for some in groups for name in some})
