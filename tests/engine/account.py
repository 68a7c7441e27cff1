"""What there is in the embedded AWS, as its own API tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.provider.core.clients import Client, Clients

if TYPE_CHECKING:
    from sandbox.session import Server

REGION = "eu-central-1"


class Account:
    """The embedded AWS, asked by boto3."""

    def __init__(self, server: Server) -> None:
        """Ask only this sandbox."""
        self._clients = Clients(server.endpoint, server.credentials)

    def client(self, service: str, region: str = REGION) -> Client:
        """Return a boto3 client."""
        return self._clients.get(service, region)

    def inventory(self) -> dict[str, set[str]]:
        """List every kind of thing that the program makes."""
        scheduler, iam, sqs, sns, events = map(self.client, ("scheduler", "iam", "sqs", "sns", "events"))
        roles = [role["RoleName"] for role in iam.list_roles()["Roles"]]
        rules = [rule["Name"] for rule in events.list_rules()["Rules"]]
        return {
            "groups": {group["Name"] for group in scheduler.list_schedule_groups()["ScheduleGroups"]},
            "schedules": {f"{s['GroupName']}/{s['Name']}" for s in scheduler.list_schedules()["Schedules"]},
            "roles": set(roles),
            "policies": {
                f"{role}/{name}" for role in roles for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
            },
            "queues": set(sqs.list_queues().get("QueueUrls", [])),
            "topics": {topic["TopicArn"] for topic in sns.list_topics()["Topics"]},
            "subscriptions": {s["Endpoint"] for s in sns.list_subscriptions()["Subscriptions"]},
            "rules": set(rules),
            "targets": {
                f"{rule}/{t['Id']}" for rule in rules for t in events.list_targets_by_rule(Rule=rule)["Targets"]
            },
            **self._of_watches(),
        }

    def _of_watches(self) -> dict[str, set[str]]:
        functions, tables, logs, alarms = map(self.client, ("lambda", "dynamodb", "logs", "cloudwatch"))
        return {
            "functions": {function["FunctionName"] for function in functions.list_functions()["Functions"]},
            "mappings": {one["UUID"] for one in functions.list_event_source_mappings()["EventSourceMappings"]},
            "tables": set(tables.list_tables()["TableNames"]),
            "log groups": {group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]},
            "alarms": {alarm["AlarmName"] for alarm in alarms.describe_alarms()["MetricAlarms"]},
            "dashboards": {one["DashboardName"] for one in alarms.list_dashboards()["DashboardEntries"]},
        }
