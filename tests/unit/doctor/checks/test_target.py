"""Tests of what is found of the targets of schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from doctor import launch
from doctor.account import Known
from doctor.checks.target import Target, faults
from judgements.answers import Refused
from tests.unit.doctor.samples import FACTS, QUEUE, REQUEST, SUPERVISED, described, launching, sending

if TYPE_CHECKING:
    from watch.facts import JobFacts

UNNAMED = {name: value for name, value in launching(REQUEST).items() if name != "DeadLetterConfig"}
ELSEWHERE = {**REQUEST, "Cluster": "other", "TaskDefinition": "web:3", "Group": "mine"}


def target(given: dict[str, Any], facts: JobFacts = FACTS, **changed: Any) -> Target:  # noqa: ANN401 - fields
    """Return the target of the schedule `report`."""
    known = launch.of("report", facts, described(Target=given))
    more = {"queue": Known({"QueueUrl": QUEUE}), **changed}
    return Target(group="jobs-staging", job="report", schedule="report", given=given, facts=facts, launch=known, **more)


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        (target(launching(REQUEST)), []),
        (target(launching({**REQUEST, "Cluster": "staging"})), ["target-changed"]),
        (target(launching(ELSEWHERE)), ["target-changed"]),
        (target(launching("{")), ["target-changed"]),
        (target(launching("[]")), ["target-changed"]),
        (target({**launching(REQUEST), "Arn": "arn:aws:lambda:::x"}), ["target-changed"]),
        (target(sending()), ["target-changed"]),
        (target(sending(), SUPERVISED), []),
        (target(sending("other"), SUPERVISED), ["target-changed"]),
        (target({**sending(), "RoleArn": "x"}, SUPERVISED), ["target-changed"]),
        (target({**sending(), "Input": "{}"}, SUPERVISED), ["target-changed"]),
        (target(launching(REQUEST), SUPERVISED), ["target-changed"]),
        (target(UNNAMED), ["dead-letters-unnamed"]),
        (target(launching(REQUEST), queue=Known(None)), ["dead-letters-gone"]),
        (target(launching(REQUEST), queue=Refused("no", "sqs:GetQueueUrl")), ["unchecked"]),
    ],
    ids=[
        "sound",
        "cluster by name",
        "elsewhere",
        "no JSON",
        "no object",
        "another call",
        "a message",
        "supervised",
        "another schedule's message",
        "another role",
        "no message",
        "past the supervisor",
        "no queue",
        "queue gone",
        "queue refused",
    ],
)
def test_a_target(given: Target, codes: list[str]) -> None:
    """A sound target has no finding."""
    assert [one.code for one in faults(given)] == codes


def test_every_change_is_named() -> None:
    """The text has each member with its present and its deployed value."""
    [found] = faults(target(launching(ELSEWHERE)))
    assert found.text.partition(": ")[2] == (
        f"Cluster is other, not {FACTS.cluster}; TaskDefinition is web:3, not web; "
        "Group is mine, not jobs-staging:report"
    )
