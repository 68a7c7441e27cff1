"""The kind of a job that is an existing Lambda function: it gets an alias, and nothing else of it is changed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from aws_facts.arn import Arn
from aws_facts.functions import LONGEST_EVENT_AGE, LONGEST_TIMEOUT, SHORTEST_EVENT_AGE
from components import FunctionAlias, FunctionAliasArgs, FunctionPlace
from components.function_alias import MARGIN
from judgements.answers import FunctionConfig, Refused
from placements.references import Here
from placements.report import not_checked
from plan.job_files import file_of
from watch.names import function_name

if TYPE_CHECKING:
    from components import JobGroup
    from judgements.answers import Answer
    from placements.lookups import Lookups
    from plan import PlannedJob
    from settings import Function, Problems

INVOKE = "lambda:InvokeFunction"

_NOT_ASKED = Refused("it was not looked up")


@dataclass
class InFunction:
    """A job that is an existing function."""

    needs: ClassVar[frozenset[str]] = frozenset()

    planned: PlannedJob
    function: Function
    group: str
    """The schedule group's name."""
    _config: Answer[FunctionConfig] = field(default_factory=lambda: _NOT_ASKED, init=False)
    _here: Answer[Here] = field(default_factory=lambda: _NOT_ASKED, init=False)
    _granted: Answer[bool] = field(default_factory=lambda: _NOT_ASKED, init=False)

    @property
    def _watch(self) -> str:
        """The ARN of the group's watch, to which the function's role must be allowed to send."""
        return Arn.parse(self.function.arn).sibling("lambda", f"function:{function_name(self.group)}")

    async def look_up(self, account: Lookups) -> None:
        """Ask how the function is, and whether its role may invoke the watch."""
        region = Arn.parse(self.function.arn).region
        self._config, self._here = await asyncio.gather(
            account.function_config(region, self.function.name, self.function.version), account.here()
        )
        if isinstance(self._config, FunctionConfig):
            self._granted = await account.may(self._config.role, (INVOKE,), self._watch)

    def fit(self, _: None, problems: Problems) -> FunctionPlace | None:
        """Return what is known of the function; its alias is made by `declare`. Mistakes go to `problems`."""
        where, config = f"{file_of(self.planned.job.name)}.function", self._config
        self._check_place(where, problems)
        if isinstance(config, Refused):
            if config.permission is None:
                problems.add_value(where, self.function.arn, str(config))
                return None
            problems.warn(where, self.function.arn, not_checked("existence, time limit and role", config))
            config = FunctionConfig("", LONGEST_TIMEOUT, f"/aws/lambda/{self.function.name}")
        else:
            self._check_grant(where, config, problems)
            self._check_timeout(config, problems)
        return FunctionPlace(
            alias_arn="", log_group=config.log_group, ends_within=event_age(self.planned) + config.timeout + MARGIN
        )

    def declare(self, group: JobGroup, place: FunctionPlace) -> FunctionPlace:
        """Declare the alias, and return the place with it."""
        age = event_age(self.planned)
        return FunctionAlias(
            self.planned.job.name,
            FunctionAliasArgs(
                group=group,
                function_name=self.function.name,
                version=self.function.version,
                timeout=place.ends_within - age - MARGIN,
                event_age=age,
                log_group=place.log_group,
            ),
        ).place

    def _check_place(self, where: str, problems: Problems) -> None:
        """Report a function of another account or region, in which the stack can make no alias."""
        if isinstance(self._here, Here) and (refusal := self._here.refuses(self.function.arn)):
            problems.add_value(where, self.function.arn, refusal)

    def _check_grant(self, where: str, config: FunctionConfig, problems: Problems) -> None:
        """Report a role that may not tell the watch how an invocation ended, with the statement that it needs."""
        statement = json.dumps({"Effect": "Allow", "Action": INVOKE, "Resource": self._watch})
        if isinstance(self._granted, Refused):
            reason = not_checked(
                f"whether the function's role {config.role} has the statement {statement}", self._granted
            )
            problems.warn(where, self.function.arn, reason)
        elif not self._granted:
            problems.add_value(
                where,
                self.function.arn,
                f"its role {config.role} may not tell the watch how a run ended; its owner must add the statement "
                f"{statement}",
            )

    def _check_timeout(self, config: FunctionConfig, problems: Problems) -> None:
        """Report a timeout that is shorter than the function's own, which alone can end an invocation."""
        shorter = [
            one.limits.timeout
            for one in self.planned.schedules
            if one.limits is not None and one.limits.timeout is not None and one.limits.timeout < config.timeout
        ]
        if shorter:
            problems.add(
                place_of_timeout(self.planned),
                f"{min(shorter)} seconds must be at least the {config.timeout} seconds of the function's own limit: "
                "nothing else ends an invocation",
            )


def place_of_timeout(planned: PlannedJob) -> str:
    """Return the place that sets a timeout; that of the job's entry if none does."""
    return next((place for place in planned.asks if place.endswith(".timeout")), planned.where)


def timeout_of(planned: PlannedJob, usual: int, longest: int, limit: str, problems: Problems) -> int:
    """Return the time limit that all schedules of a job share, in seconds; `usual` if they have none.

    `limit` are the words for the longest one.
    """
    limits = [one.limits.timeout for one in planned.schedules if one.limits is not None]
    asked = {limit for limit in limits if limit is not None} or {usual}
    where = place_of_timeout(planned)
    if max(asked) > longest:
        problems.add(where, f"{max(asked)} seconds must be at most {limit}")
    elif len(asked) > 1:
        each = ", ".join(map(str, sorted(asked)))
        problems.add(where, f"the schedules have {each} seconds; they must be equal, for a function has one limit")
    return max(asked)


def event_age(planned: PlannedJob) -> int:
    """Return the shortest start deadline of a job's schedules, as far as Lambda takes it, in seconds."""
    deadlines = [one.limits.start_deadline for one in planned.schedules if one.limits is not None]
    return min(max(min(deadlines, default=SHORTEST_EVENT_AGE), SHORTEST_EVENT_AGE), LONGEST_EVENT_AGE)
