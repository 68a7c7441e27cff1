"""What IAM is asked in the life of a stack, from its first look-up to its end."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.components.recorded import Deployment, deployment
from tests.iam_requests import Questions
from tests.permissions import STACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.iam.policy_evaluation import Request


@dataclass(frozen=True)
class Asking:
    """A deployment, and what IAM is asked about its calls."""

    deployed: Deployment
    _questions: Questions = field(default_factory=Questions)

    def prepare(self, step: Callable[[], object]) -> None:
        """Do what the account had before the stack. Its roles are known to later questions."""
        self._questions.about(call for call in self.deployed.calls(step) if call.operation == "CreateRole")

    def about(self, *steps: Callable[[], object]) -> list[Request]:
        """Do the steps, and return what IAM is asked about them."""
        return [request for step in steps for request in self._questions.about(self.deployed.calls(step))]


@dataclass(frozen=True)
class Life:
    """The IAM requests for the calls of one stack's life."""

    reads: list[Request]
    """Of a preview with a refresh."""
    life: list[Request]


@contextmanager
def asking() -> Iterator[Asking]:
    """Start an empty account for the stack of docs/permissions.md."""
    with deployment(STACK["project"], STACK["stack"]) as deployed:
        yield Asking(deployed)
