"""Asks about what the topics of the alert path share: the group's functions, and where the group's own things are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from doctor.account import Known
from watch import names
from watch.function_variables import LAUNCHES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doctor.account import Account
    from doctor.stack import Stack
    from judgements.answers import Refused

NOT_FOUND = ("ResourceNotFoundException",)
"""What several services answer of a thing that does not exist."""


def function(account: Account, name: str) -> Known[Mapping[str, Any] | None] | Refused:
    """Return the configuration of a function."""
    return account.ask("lambda", "get_function_configuration", absent=NOT_FOUND, FunctionName=name)


@dataclass(frozen=True)
class AlertPath:
    """The group's own things, by their names and ARNs."""

    account: Account
    stack: Stack

    @property
    def group(self) -> str:
        """The group's name."""
        return self.stack.group

    @property
    def watch(self) -> str:
        """The name of the watch's function."""
        return names.function_name(self.group)

    @property
    def supervisor(self) -> str:
        """The name of the supervisor's function."""
        return names.supervisor_name(self.group)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in the account and region of the watch."""
        return self._where.sibling(service, resource)

    def function(self, name: str) -> Known[Mapping[str, Any] | None] | Refused:
        """Return the configuration of a function."""
        return function(self.account, name)

    @property
    def topics(self) -> list[str]:
        """The ARNs of the topic for alerts and of the topic for problems."""
        own = self.arn("sns", names.alerts_name(self.group))
        return [self.stack.topic or own, self.arn("sns", names.problems_name(self.group))]

    @property
    def has_own_topic(self) -> bool:
        """Whether alerts go to a topic that the stack does not have itself."""
        return self.topics[0].rpartition(":")[2] != names.alerts_name(self.group)

    @property
    def supervises(self) -> bool:
        """Whether the group has a supervisor, or needs one."""
        return any(facts.supervised for facts in self.stack.jobs.values()) or LAUNCHES in self.variables

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment variables of the watch; none if they are unknown."""
        answer = self.function(self.watch)
        found: Mapping[str, Any] = (answer.value or {}) if isinstance(answer, Known) else {}
        variables: Mapping[str, str] = found.get("Environment", {}).get("Variables", {})
        return variables

    @cached_property
    def _where(self) -> Arn:
        """The ARN of the watch. Without it only the names are right, and AWS knows nothing of such ARNs."""
        answer = self.function(self.watch)
        if isinstance(answer, Known) and answer.value:
            return Arn.parse(answer.value["FunctionArn"])
        return Arn("aws", "lambda", self.stack.region, "", f"function:{self.watch}")
