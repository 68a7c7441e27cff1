"""What jobs that the containers of a service run have in common: the service as the account has it, and its grants."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from aws_facts import log_place
from aws_facts.arn import Arn
from judgements import task_definition
from judgements.answers import Refused, TaskDefinition
from placements import parts
from placements.report import not_checked
from settings import NAMESPACE, key_path
from watch.names import claims_name, function_name, work_queue_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.statements import Statement
    from judgements.answers import Answer
    from placements import Placement
    from placements.lookups import Lookups
    from plan import PlannedJob
    from settings import Problems

_NOT_ASKED = Refused("it was not looked up")


@dataclass
class OfService:
    """A job that the containers of its placement's service run."""

    needs: ClassVar[frozenset[str]] = frozenset({parts.CLUSTER})

    planned: PlannedJob
    group: str
    """The schedule group's name."""
    kms_key_arn: str | None
    """The key of the group; None for those of AWS."""
    _definition: Answer[TaskDefinition] = field(default_factory=lambda: _NOT_ASKED, init=False)
    """That of the revision which the service runs."""
    _granted: Mapping[str, Answer[bool]] = field(default_factory=dict, init=False)
    """By the name of a statement, whether the task role has it."""

    async def look_up(self, account: Lookups) -> None:
        """Ask nothing: the service is known with the placement."""

    async def look_closer(self, account: Lookups, placement: Placement) -> None:
        """Ask how the tasks of the service are, and what their role may do."""
        if not placement.running:
            return
        self._definition = await account.task_definition(placement.running)
        if isinstance(self._definition, Refused) or not self._definition.task_role:
            return
        role = self._definition.task_role
        # Whether a role may use a key is also said by the key's own policy, which a simulation does not know.
        asked = [one for one in self.statements(placement) if "Condition" not in one]
        granted = await asyncio.gather(*[account.may(role, _actions(one), one["Resource"]) for one in asked])
        self._granted = {one["Sid"]: answer for one, answer in zip(asked, granted, strict=True)}

    def statements(self, placement: Placement) -> Sequence[Statement]:
        """Return the statements that the service's task role needs."""
        raise NotImplementedError

    @property
    def work(self) -> str:
        """What the containers do, for messages about the role."""
        raise NotImplementedError

    @property
    def role(self) -> str:
        """The ARN of the task role that the containers have; empty if it is unknown."""
        return "" if isinstance(self._definition, Refused) else self._definition.task_role

    def check(self, placement: Placement, problems: Problems) -> str:
        """Check the role, and return the name of the containers' log group in the group's region; empty if unknown."""
        where, service = key_path(f"{NAMESPACE}:placements", self.planned.placement, "service"), placement.service or ""
        known = self._definition if placement.running else Refused("another controller deploys the service")
        if isinstance(known, Refused):
            named = _written(self.statements(placement))
            reason = not_checked(f"whether its containers may {self.work}, with the statements {named},", known)
            problems.warn(where, service, reason)
            return ""
        if known.task_role:
            self._check_grants(where, service, known.task_role, placement, problems)
        else:
            problems.add_value(
                where,
                service,
                f"its tasks have no task role, with which its containers {self.work}; its owner must give them one "
                f"with the statements {_written(self.statements(placement))}",
            )
        return _log_group(known, Arn.parse(placement.cluster_arn))

    def _check_grants(self, where: str, service: str, role: str, placement: Placement, problems: Problems) -> None:
        """Report which statements the role lacks. One about a key is told with the others."""
        lacking = [one for one in self.statements(placement) if self._granted.get(one["Sid"], True) is False]
        refused = next((one for one in self._granted.values() if isinstance(one, Refused)), None)
        if lacking:
            keyed = [one for one in self.statements(placement) if "Condition" in one]
            problems.add_value(
                where,
                service,
                f"its task role {role} may not {self.work}; its owner must add the statements "
                f"{_written([*lacking, *keyed])}",
            )
        elif refused is not None:
            named = _written(self.statements(placement))
            what = f"whether its task role {role} may {self.work}, with the statements {named},"
            problems.warn(where, service, not_checked(what, refused))


def queue_arn(placement: Placement, group: str, name: str) -> str:
    """Return the ARN of the queue of which the containers of a placement's service take runs."""
    return Arn.parse(placement.cluster_arn).sibling("sqs", work_queue_name(group, name))


def claims_arn(placement: Placement, group: str) -> str:
    """Return the ARN of the group's table of claims."""
    return Arn.parse(placement.cluster_arn).sibling("dynamodb", f"table/{claims_name(group)}")


def watch_arn(placement: Placement, group: str) -> str:
    """Return the ARN of the group's watch."""
    return Arn.parse(placement.cluster_arn).sibling("lambda", f"function:{function_name(group)}")


def _actions(statement: Statement) -> tuple[str, ...]:
    actions = statement["Action"]
    return (actions,) if isinstance(actions, str) else tuple(actions)


def _written(statements: Sequence[Statement]) -> str:
    return json.dumps(list(statements))


def _log_group(definition: TaskDefinition, cluster: Arn) -> str:
    """Return the log group of the only essential container, or that of all containers if they share one."""
    containers = {"containerDefinitions": definition.containers}
    only = task_definition.default_container(definition.containers)
    names = [only] if only else [str(one["name"]) for one in definition.containers]
    groups = {group for name in names for group in log_place.groups(containers, name, cluster)}
    named = groups.pop() if len(groups) == 1 else ""
    return "" if named.startswith("arn:") else named
