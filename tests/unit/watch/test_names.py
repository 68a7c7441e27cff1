"""Names that every part of the program writes and reads in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.schedule import LONGEST_NAME
from watch import names, untrusted

if TYPE_CHECKING:
    from collections.abc import Callable


def test_schedules() -> None:
    """A schedule's name is the job and, with several schedules, the key; the longest fits Scheduler's 64 characters."""
    assert names.schedule_name("nightly-report", "") == "nightly-report"
    assert names.schedule_name("export", "weekdays") == "export.weekdays"
    assert len(names.schedule_name("j" * 40, "k" * 20)) <= LONGEST_NAME


@pytest.mark.parametrize("key", ["", "morning"])
def test_job_of_a_schedule(key: str) -> None:
    """The job is read back from a schedule's name."""
    assert names.job_of_schedule(names.schedule_name("report", key)) == "report"


@pytest.mark.parametrize(
    ("task_group", "found"),
    [("jobs-prod:report", ("jobs-prod", "report")), ("report", ("", "report")), ("a:b:c", ("a:b", "c"))],
)
def test_task_groups(task_group: str, found: tuple[str, str]) -> None:
    """A task group ends with the job's name, and one without a colon has no schedule group."""
    assert names.group_and_job(task_group) == found
    assert names.group_and_job(names.task_group("jobs-prod", "report")) == ("jobs-prod", "report")


@pytest.mark.parametrize(
    ("name", "longest"), [(names.function_name, 58), (names.runs_name, 59), (names.alarms_name, 57)]
)
def test_long_group_keeps_its_names_apart(name: Callable[[str], str], longest: int) -> None:
    """The function and the rules of a group with a long name have unique names of 64 characters."""
    found = {name("g" * 63 + end) for end in "ab"}
    assert len(found) == 2
    assert {len(one) for one in found} == {64}
    assert name("g" * longest).startswith("g" * longest + "-")
    assert not name("g" * (longest + 1)).startswith("g" * (longest + 1))


@pytest.mark.parametrize("group", ["jobs-prod", "g" * 64])
def test_names_of_queues_fit_sqs(group: str) -> None:
    """SQS takes 80 characters, and two placements of a group never share a queue."""
    found = {names.work_queue_name(group, placement) for placement in ("web", "p" * 40, "p" * 39 + "q")}
    assert len(found) == 3
    assert max(map(len, found)) <= 80


def test_claimed_runs_are_kept_apart() -> None:
    """A launch has one id, which no other launch, tick or operator's run has."""
    launches = [("a", "t", "", 1), ("a", "t", "", 2), ("a", "t", "0a0a0a0a", 1), ("a", "u", "", 1), ("b", "t", "", 1)]
    found = [names.claimed_run(*launch) for launch in launches]
    assert len(set(found)) == len(launches)
    assert found == [names.claimed_run(*launch) for launch in launches]
    queue = "arn:aws:sqs:eu-central-1:123456789012:jobs-prod-work-web"
    table = "arn:aws:dynamodb:eu-central-1:123456789012:table/jobs-prod-claims"
    assert all(untrusted.is_claimed_run(f"{place}/{one}") for place in (queue, table) for one in found)
    assert not untrusted.is_claimed_run(f"{queue}/{found[0]}0")
