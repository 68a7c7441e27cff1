"""Checks that the events which the watch could not handle are kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doctor.finding import Link, broken, sound, unchecked
from doctor.repair import AGAIN
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from doctor.account import Known
    from doctor.finding import Finding


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Where the watch's failed events go."""

    queue: str
    """The name of the queue that keeps them."""
    answer: Known[Mapping[str, Any] | None] | Refused
    """GetFunctionEventInvokeConfig's answer."""


def check(failures: Failures) -> Iterator[Finding]:
    """Yield what is found of the destination of failed events."""
    about = "failed events"
    if isinstance(failures.answer, Refused):
        yield unchecked(Link.WATCH, about, "where they go", failures.answer)
        return
    destination = (failures.answer.value or {}).get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
    if destination.rpartition(":")[2] == failures.queue:
        yield sound(Link.WATCH, about)
    else:
        text = f"events that the watch could not handle do not go to {failures.queue}, so nobody learns of them"
        yield broken("failures-lost", Link.WATCH, about, text, AGAIN)
