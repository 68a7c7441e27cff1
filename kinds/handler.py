"""The kind of a job whose handler is in a folder of this project: the folder becomes a function of the stack."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pulumi

from aws_facts.function_code import LONGEST_HANDLER
from components import FunctionAlias, FunctionAliasArgs, FunctionPlace, HandlerFunction, HandlerFunctionArgs
from components.function_alias import MARGIN
from handlers.package import package
from handlers.target import Target
from kinds.function import event_age, timeout_of
from toolchain.store import cache_directory
from watch.names import handler_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components import JobGroup
    from handlers.requirements import Mistake
    from placements.lookups import Lookups
    from plan import PlannedJob
    from settings import Handler, Problems

_PROJECT = Path(__file__).parent.parent
USUAL_TIMEOUT = 900
"""Seconds that a function without a `timeout` may run."""


@dataclass
class OwnHandler:
    """A job whose handler is in a folder of this project."""

    needs: ClassVar[frozenset[str]] = frozenset()

    planned: PlannedJob
    handler: Handler
    group: str
    """The schedule group's name."""
    project: Path = _PROJECT
    _code: Path | None = field(default=None, init=False)
    _mistakes: Sequence[Mistake] = field(default=(), init=False)

    async def look_up(self, _: Lookups) -> None:
        """Package the folder. The account is asked for nothing: all that the job needs is made."""
        target = Target(self.handler.runtime, self.handler.architecture)
        folder, cache = self.project / self.handler.folder, cache_directory().parent / "handlers"
        self._code, self._mistakes = await asyncio.to_thread(package, folder, self.handler.handler, target, cache)

    def fit(self, _: None, problems: Problems) -> FunctionPlace | None:
        """Return what is known of the function, which `declare` makes. Mistakes go to `problems`."""
        for mistake in self._mistakes:
            problems.add(f"{self.handler.folder}/{mistake.place}".rstrip("/"), mistake.reason)
        limit = f"{LONGEST_HANDLER}, Lambda's own limit"
        timeout = timeout_of(self.planned, USUAL_TIMEOUT, LONGEST_HANDLER, limit, problems)
        if self._code is None:
            return None
        log = f"/aws/lambda/{handler_name(self.group, self.planned.job.name)}"
        return FunctionPlace(alias_arn="", log_group=log, ends_within=event_age(self.planned) + timeout + MARGIN)

    def declare(self, group: JobGroup, place: FunctionPlace) -> FunctionPlace:
        """Declare the function with its role, its log and its alias, and return the place with it."""
        name, handler, age = self.planned.job.name, self.handler, event_age(self.planned)
        timeout = place.ends_within - age - MARGIN
        made = HandlerFunction(
            name,
            HandlerFunctionArgs(
                group=group,
                owner=self.planned.job.owner,
                code=pulumi.FileArchive(str(self._code)),
                handler=handler.handler,
                timeout=timeout,
                runtime=handler.runtime,
                architecture=handler.architecture,
                memory=handler.memory,
                environment=handler.environment,
                statements=handler.statements,
            ),
        )
        return FunctionAlias(
            name,
            FunctionAliasArgs(
                group=group,
                function_name=made.function.name,
                timeout=timeout,
                event_age=age,
                log_group=place.log_group,
            ),
        ).place
