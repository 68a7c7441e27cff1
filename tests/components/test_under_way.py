"""Tests of what a deployment leaves to the functions: clusters on which runs go on, and the supervisor itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import placements
from placements import UnderWay
from plan import PlannedJob
from settings import Problems, Worker
from settings.job import Job
from tests.components.placing import deny
from tests.components.watching import supervised_program, watched_program
from watch.ledger import Ledger
from watch.table import KEY, LOOKED, SORT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.components.embedded import EmbeddedCloud

CLUSTER = "arn:aws:ecs:eu-central-1:123456789012:cluster/main"
NOW = datetime(2027, 1, 4, 2, tzinfo=UTC)
JOB = Job(name="nightly-report", command=["true"], owner="data")
DIRECT = PlannedJob(job=JOB, where="", placement="default", schedules=())
SUPERVISED = PlannedJob(job=JOB, where="", placement="default", schedules=(), asks=("jobs/nightly_report.py.timeout",))
NOTE = (
    "supervisor: no job is supervised any more, but ticks of former ones may be in flight, so jobs-staging-supervisor "
    "stays; the first deployment after the last of them has ended removes it"
)


def look_up(cloud: EmbeddedCloud, *planned: PlannedJob) -> tuple[UnderWay, list[str]]:
    """Return what is under way, and what the user is told."""
    problems = Problems()
    _, found = cloud.run(lambda: placements.look_up_under_way("jobs-staging", planned, problems))
    assert [*problems, *problems.warnings] == []
    return found, [str(note) for note in problems.notes]


def under_way(*clusters: str, supervised: bool, claims: bool = False) -> UnderWay:
    """Return runs on these clusters."""
    return UnderWay(clusters=[*clusters], supervised=supervised, claims=claims)


def ledger(cloud: EmbeddedCloud) -> Ledger:
    """Return the ledger of the deployed group."""
    client = cloud.client("dynamodb")
    [table] = client.list_tables()["TableNames"]
    return Ledger(client, table, 90)


def checked(*clusters: str, supervises: bool, claims: bool = False) -> Callable[[EmbeddedCloud], None]:
    """Return what notes a check of the watch."""
    return lambda cloud: ledger(cloud).note_check(NOW, supervises=supervises, claims=claims, clusters=clusters)


def checked_before(cloud: EmbeddedCloud) -> None:
    """Note a check as a watch of the version before does, which knows of no supervisor."""
    key = {KEY: {"S": LOOKED[0]}, SORT: {"S": LOOKED[1]}}
    [table] = cloud.client("dynamodb").list_tables()["TableNames"]
    item: Any = {**key, "body": {"S": '{"looked": "2027-01-04T02:00:00Z"}'}, "version": {"N": "1"}}
    cloud.client("dynamodb").put_item(TableName=table, Item=item)


STAYS: dict[str, tuple[Callable[[EmbeddedCloud], object], UnderWay]] = {
    "no check since": (lambda _: None, under_way(supervised=True)),
    "a check of the version before": (checked_before, under_way(supervised=True)),
    "still needed": (checked(CLUSTER, supervises=True), under_way(CLUSTER, supervised=True)),
    "changed by somebody": (
        checked("arn:aws:ecs:*:*:cluster/*", CLUSTER, supervises=True),
        under_way(CLUSTER, supervised=True),
    ),
    "needed no more": (checked(supervises=False), under_way(supervised=False)),
}


@pytest.mark.parametrize(("happened", "found"), STAYS.values(), ids=STAYS)
def test_stays_until_a_check_needs_it_no_more(
    cloud: EmbeddedCloud, happened: Callable[[EmbeddedCloud], object], found: UnderWay
) -> None:
    """Without a supervised job, a supervisor that is there stays, and the user is told, until a check finds it idle."""
    cloud.run(supervised_program())
    happened(cloud)
    assert look_up(cloud, DIRECT) == (found, [NOTE] if found.supervised else [])


def test_keeps_the_cluster_that_a_job_has_left(cloud: EmbeddedCloud) -> None:
    """Its run goes on there. Without the cluster's events and tasks, its lock would be free although it runs."""
    cloud.run(supervised_program())
    checked(CLUSTER, supervises=True)(cloud)
    assert look_up(cloud, DIRECT, SUPERVISED) == (under_way(CLUSTER, supervised=True), [])


def test_keeps_the_cluster_that_a_direct_job_has_left(cloud: EmbeddedCloud) -> None:
    """Without the cluster's events, the end of its run would be unknown, and alerted."""
    cloud.run(watched_program())
    checked(CLUSTER, supervises=False)(cloud)
    assert look_up(cloud, DIRECT) == (under_way(CLUSTER, supervised=False), [])


def test_a_supervised_job_needs_no_answer(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack with a supervised job has a supervisor, whatever the account says."""
    deny(monkeypatch, "lambda:GetFunction", "dynamodb:GetItem")
    assert look_up(cloud, DIRECT, SUPERVISED) == (under_way(supervised=True), [])


def test_a_stack_without_one_gets_none(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that never had a supervisor has none, also where nobody may ask for it."""
    cloud.run(watched_program())
    assert look_up(cloud, DIRECT) == (under_way(supervised=False), [])
    deny(monkeypatch, "lambda:GetFunction")
    assert look_up(cloud, DIRECT) == (under_way(supervised=False), [])


def test_stays_where_the_ledger_cannot_be_read(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not known may be in flight."""
    cloud.run(supervised_program())
    checked(supervises=False)(cloud)
    deny(monkeypatch, "dynamodb:GetItem")
    assert look_up(cloud, DIRECT) == (under_way(supervised=True), [NOTE])


WORKER = replace(SUPERVISED, runner=Worker())
OF_CLAIMS = (
    "claims: no job is run by a service any more, but a process may have a run of a former one, so jobs-staging-claims "
    "stays; the first deployment after its end removes it"
)


@pytest.mark.parametrize(
    ("planned", "notes"), [((DIRECT,), [OF_CLAIMS, NOTE]), ((SUPERVISED,), [OF_CLAIMS]), ((WORKER,), [])]
)
@pytest.mark.parametrize("supervises", [True, False])
def test_claims_stay_while_a_process_has_a_run(
    cloud: EmbeddedCloud, planned: tuple[PlannedJob, ...], notes: list[str], *, supervises: bool
) -> None:
    """Without them its holder could not extend its claim, and would stop. They need the supervisor."""
    cloud.run(supervised_program())
    checked(supervises=supervises, claims=True)(cloud)
    assert look_up(cloud, *planned) == (under_way(supervised=True, claims=True), notes)


def test_claims_go_when_nobody_has_a_run(cloud: EmbeddedCloud) -> None:
    """A check that says nothing of them needs them no more."""
    cloud.run(supervised_program())
    checked(supervises=True)(cloud)
    assert look_up(cloud, SUPERVISED) == (under_way(supervised=True), [])
