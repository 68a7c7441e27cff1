"""Reads what the stack file in this checkout says of the alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import settings
from ops.stack import CHECKOUT
from plan import endpoints as planned
from settings import stack_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.subscriptions import Endpoint


def endpoints(stack: str | None) -> Sequence[Endpoint] | None:
    """Return the endpoints of a stack; None without a stack, and for a stack file that has mistakes."""
    if stack is None:
        return None
    problems = settings.Problems()
    values = stack_file.read(CHECKOUT / f"Pulumi.{stack}.yaml", problems)
    config = None if values is None else settings.parse(values, problems)
    return None if config is None or problems else planned.of(config.alerts)
