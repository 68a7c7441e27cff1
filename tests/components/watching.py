"""A group with a watch for tests, and the watch with the permissions of its own role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from aws_facts.arn import Arn
from components.placement import PlacementArgs
from components.watch_args import WatchArgs
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from supervision.limits import Limits
from tests.components.embedded import ACCOUNT, REGION
from tests.components.stacks import PLACEMENT, group, job, schedule
from watch.function_variables import LEDGER, TOPIC
from watch.ledger import Ledger
from watch.watched_account import WatchedAccount
from watch.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import pytest

    from components.job_group import JobGroup
    from components.schedule import ScheduleArgs
    from tests.components.embedded import EmbeddedCloud
    from watch.facts import Facts

FUNCTION = "jobs-staging-watch"
WATCH_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"
LOG_GROUPS = ["/ecs/web"]


WATCHED_PLACEMENT = PlacementArgs(**PLACEMENT, log_groups=LOG_GROUPS)


def watched_group(watch: dict[str, Any] | None = None, **args: Any) -> JobGroup:  # noqa: ANN401 - its arguments
    """Declare a group with a watch that knows the usual placement."""
    return group(watch=WatchArgs(**{"placements": [WATCHED_PLACEMENT], **(watch or {})}), **args)


def watched_program(**args: Any) -> Callable[[], object]:  # noqa: ANN401 - arguments of the group
    """Return a program that declares a watched group and its job."""
    return lambda: job(watched_group(**args), log_groups=LOG_GROUPS)


LIMITS = Limits(start_deadline=7200, timeout=600, retries=2)


def supervised_program(*schedules: ScheduleArgs, **args: Any) -> Callable[[], object]:  # noqa: ANN401 - of the job
    """Return a program that declares a group with a supervisor, and its supervised job."""
    limited = schedules or (schedule(limits=LIMITS),)
    return lambda: job(watched_group(supervised=True), *limited, log_groups=LOG_GROUPS, **args)


class Deployed:
    """A deployed watch, which this process runs with the role's credentials."""

    def __init__(
        self, cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, facts: Facts, clock: Callable[[], datetime]
    ) -> None:
        """Create the objects that the function creates when it starts."""
        self._cloud = cloud
        configuration = cloud.client("lambda").get_function_configuration(FunctionName=FUNCTION)
        self.role: str = configuration["Role"]
        variables = configuration["Environment"]["Variables"]
        for name, value in cloud.embedded.identities.credentials(self.role).environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.clients.endpoint_url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the credentials of the test before
        account = WatchedAccount()
        self.table: str = variables[LEDGER]
        self.ledger = Ledger(account.dynamodb, self.table, facts.retention_days)
        where = Arn.parse(configuration["FunctionArn"])
        self.watch = Watcher(facts, account, self.ledger, variables[TOPIC], where=where, clock=clock)

    def may(self, action: str, resource: str) -> None:
        """Check a permission that AWS uses on behalf of the role; AwsError without it."""
        roles.authorize(self.role, Request(action, resource))
