"""The ledger of the group, as a process reaches it that claims ticks by itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from . import aws, names
from .place import Place
from .reports import Reporter

if TYPE_CHECKING:
    from .runs import Run


@dataclass(frozen=True)
class Ledger:
    """The watch of a group, and what names a run for it."""

    group: str

    @cached_property
    def place(self) -> Place:
        """Where this process runs."""
        return Place.here()

    @cached_property
    def reporter(self) -> Reporter:
        """What sends the reports."""
        return Reporter.of(self.group, self.place)

    @cached_property
    def _table(self) -> str:
        """The ARN of the table of claims. Outside ECS, AWS is asked for the account, which needs no permission."""
        meta = self.reporter.client.meta
        account = self.place.account or aws.client("sts").get_caller_identity()["Account"]
        return f"arn:{meta.partition}:dynamodb:{meta.region_name}:{account}:table/{names.claims_name(self.group)}"

    def name(self, run: Run) -> str:
        """Return the text that names a run: the ARN of the table, and the run's id."""
        return f"{self._table}/{run.id}"
