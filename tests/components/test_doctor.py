"""Tests of `python -m ops doctor` with a deployed program: a sound stack, and faults that somebody has made by hand."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from emulator.iam.policy_evaluation import evaluate
from holds.hold import Hold
from holds.storage import Storage
from supervision.limits import Closure, Limits
from tests import permissions
from tests.components import doctored
from tests.components.doctored import GROUP, NAMES, TICK, WHERE, Doctor
from tests.components.embedded import LOGS, register
from tests.components.operators import allowed, without
from tests.components.stacks import PLACE, job, schedule
from tests.components.watching import LOG_GROUPS, supervised_program, watched_group
from watch.records import Run
from watch.table import BODY, DEPLOYED, KEY, SORT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.components.embedded import EmbeddedCloud

TASK = f"arn:aws:ecs:{PLACE}:task/staging/0a"
SOUND = {"app": True, "sidecar": False}
MEMBERS = ("Description", "FlexibleTimeWindow", "ScheduleExpression", "ScheduleExpressionTimezone", "State", "Target")
"""Members of a schedule that UpdateSchedule resets unless they are given."""


@pytest.fixture
def doctor(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Return an operator who examines a sound stack."""
    doctored.deploy(cloud)
    return Doctor(cloud, monkeypatch, capsys)


def delete_cluster(cloud: EmbeddedCloud) -> None:
    """Delete the cluster; ECS goes on describing it as INACTIVE."""
    cloud.client("ecs").delete_service(cluster="staging", service="web", force=True)
    cloud.client("ecs").delete_cluster(cluster="staging")


def take_provider(cloud: EmbeddedCloud) -> None:
    """Take the capacity provider of the jobs from the cluster."""
    cloud.client("ecs").put_cluster_capacity_providers(
        cluster="staging", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )


def delete_schedule(cloud: EmbeddedCloud) -> None:
    """Delete a schedule."""
    cloud.client("scheduler").delete_schedule(GroupName=GROUP, Name="cleanup")


def make_stray(cloud: EmbeddedCloud) -> None:
    """Make a schedule that no job has."""
    change_schedule(cloud, "create_schedule", Name="by-hand")


def change_schedule(cloud: EmbeddedCloud, call: str = "update_schedule", **changed: Any) -> None:  # noqa: ANN401
    """Change members of a schedule, and keep the others."""
    scheduler = cloud.client("scheduler")
    described = scheduler.get_schedule(GroupName=GROUP, Name="cleanup") if len(changed) < len(MEMBERS) else {}
    given = {name: described[name] for name in MEMBERS if name in described}
    with time_machine.travel(doctored.DEPLOYED_AT, tick=False):
        getattr(scheduler, call)(**{"GroupName": GROUP, "Name": "cleanup", **given, **changed})


def change_target(cloud: EmbeddedCloud, **changed: Any) -> None:  # noqa: ANN401 - members of the target
    """Change members of a schedule's target; None takes one away."""
    target = cloud.client("scheduler").get_schedule(GroupName=GROUP, Name="cleanup")["Target"]
    given = {name: value for name, value in {**target, **changed}.items() if value is not None}
    change_schedule(cloud, Target=given)


def change_request(cloud: EmbeddedCloud, **changed: Any) -> None:  # noqa: ANN401 - members of the request
    """Change members of the request of a schedule."""
    target = cloud.client("scheduler").get_schedule(GroupName=GROUP, Name="cleanup")["Target"]
    change_target(cloud, Input=json.dumps({**json.loads(target["Input"]), **changed}))


def delete_queue(cloud: EmbeddedCloud) -> None:
    """Delete the queue for dead letters."""
    sqs = cloud.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=f"{GROUP}-dead-letters")["QueueUrl"])


def spoil_item(cloud: EmbeddedCloud) -> None:
    """Write another item for a job than this program does."""
    item = {KEY: {"S": DEPLOYED}, SORT: {"S": "cleanup"}, BODY: {"S": "[]"}, "version": {"N": "1"}}
    [table] = cloud.client("dynamodb").list_tables()["TableNames"]
    cloud.client("dynamodb").put_item(TableName=table, Item=item)


OF_A_SCHEDULE: list[tuple[Callable[[EmbeddedCloud], None], str]] = [
    (lambda cloud: change_schedule(cloud, ScheduleExpression="rate(1 hour)"), "schedule-changed"),
    (lambda cloud: change_schedule(cloud, State="DISABLED"), "schedule-disabled"),
    (lambda cloud: change_schedule(cloud, Description="wanted=DISABLED x"), "schedule-enabled"),
    (lambda cloud: change_request(cloud, Group="mine"), "target-changed"),
    (lambda cloud: change_target(cloud, DeadLetterConfig=None), "dead-letters-unnamed"),
    (delete_schedule, "schedule-missing"),
]
"""What somebody may do to a schedule. The last one deletes it."""
FAULTS: list[tuple[Callable[[EmbeddedCloud], None], str]] = [
    (lambda cloud: cloud.client("scheduler").delete_schedule_group(Name=GROUP), "schedule-group-gone"),
    (make_stray, "schedule-stray"),
    (spoil_item, "job-item-unreadable"),
    (delete_cluster, "cluster-gone"),
    (take_provider, "capacity-provider-missing"),
]


def test_a_sound_stack_is_sound(doctor: Doctor) -> None:
    """Nothing is broken, and nothing could not be checked. What the jobs share is asked once."""
    assert doctor.unsound() == []
    asked = Counter(doctor.called())
    shared = ("ecs:DescribeClusters", "ecs:DescribeTaskDefinition", "logs:DescribeLogGroups", "sqs:GetQueueUrl")
    assert [asked[call] for call in shared] == [1, 1, 2, 2]  # the watch has a log too, and what it gives up a queue
    assert asked["scheduler:GetSchedule"] == len(doctored.JOBS)


def definition(**changed: Any) -> Callable[[EmbeddedCloud], None]:  # noqa: ANN401 - arguments of `register`
    """Return what registers a new revision of the jobs' task definition, with changes."""
    return lambda cloud: register(cloud, "web", **{"containers": SOUND, **changed})


def with_container(**changed: Any) -> Callable[[EmbeddedCloud], None]:  # noqa: ANN401 - members of a container
    """Return what registers a new revision with changes of the jobs' container."""
    app = {"name": "app", "image": "registry.example.com/app:1", "memory": 256, "logConfiguration": LOGS, **changed}
    return definition(containerDefinitions=[app])


def delete_log_group(cloud: EmbeddedCloud) -> None:
    """Delete the log group of a sound revision."""
    definition()(cloud)
    cloud.client("logs").delete_log_group(logGroupName=LOG_GROUPS[0])


def retire(cloud: EmbeddedCloud) -> None:
    """Deregister every revision."""
    ecs = cloud.client("ecs")
    for arn in ecs.list_task_definitions(familyPrefix="web")["taskDefinitionArns"]:
        ecs.deregister_task_definition(taskDefinition=arn)


OF_A_DEFINITION: list[tuple[Callable[[EmbeddedCloud], None], str]] = [
    (definition(requiresCompatibilities=["EC2"]), "task-definition-unfit"),
    (definition(containers={"web": True}), "container-missing"),
    (definition(containers={"app": False, "sidecar": True}), "container-not-essential"),
    (definition(log=None), "log-missing"),
    (with_container(restartPolicy={"enabled": True}), "container-restarts"),
    (with_container(entryPoint=["sh", "-c"]), "command-not-run"),
    (delete_log_group, "log-group-gone"),
    (retire, "task-definition-gone"),
]
"""What somebody may do to the task definition. The last one leaves no revision."""
SPOT = [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]
WINDOWS = {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}, "cpu": "1024", "memory": "2048"}


def test_what_was_done_to_a_task_definition_is_found(cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """It is the only thing that is broken, and shared by all jobs, until there is a sound revision."""
    for stage, code in OF_A_DEFINITION:
        stage(cloud)
        assert set(doctor.broken()) == {code}
    definition()(cloud)
    cloud.client("logs").create_log_group(logGroupName=LOG_GROUPS[0])
    assert doctor.broken() == []
    definition(**WINDOWS)(cloud)
    assert doctor.broken() == []
    change_request(cloud, CapacityProviderStrategy=SPOT)
    assert doctor.broken() == ["platform-without-capacity"]


def test_a_size_that_ecs_does_not_offer_is_found(cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """Somebody has changed it in the schedule."""
    given = json.loads(cloud.client("scheduler").get_schedule(GroupName=GROUP, Name="cleanup")["Target"]["Input"])
    change_request(cloud, Overrides={**given["Overrides"], "Cpu": "300"})
    assert doctor.broken() == ["size-unfit"]


def test_judges_jobs_by_what_they_run_on(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On EC2 there are other sizes than on Fargate. What the capacity provider is made of is asked once."""
    place = {"capacity": {"spot": 1}, "log_groups": LOG_GROUPS}
    doctored.deploy(cloud, lambda: job(watched_group(), name="cleanup", **place), jobs=["cleanup"])
    doctor = Doctor(cloud, monkeypatch, capsys)
    assert doctor.unsound() == []
    assert Counter(doctor.called())["ecs:DescribeCapacityProviders"] == 1
    given = json.loads(cloud.client("scheduler").get_schedule(GroupName=GROUP, Name="cleanup")["Target"]["Input"])
    for cpu, found in (("3000", []), ("100", ["size-unfit"])):
        change_request(cloud, Overrides={**given["Overrides"], "Cpu": cpu})
        assert doctor.broken() == found


def test_a_pinned_revision_that_was_retired_is_found(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Newer revisions do not help."""
    place = {"capacity": {"FARGATE": 1}, "task_definition": "web:1", "log_groups": LOG_GROUPS}
    doctored.deploy(cloud, lambda: job(watched_group(), name="cleanup", **place), jobs=["cleanup"])
    doctor = Doctor(cloud, monkeypatch, capsys)
    assert doctor.broken() == []
    cloud.client("ecs").deregister_task_definition(taskDefinition="web:1")
    assert doctor.broken() == ["task-definition-inactive"]


def test_what_was_done_to_the_service_is_found(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A supervised job runs the revision of its service."""
    following = schedule(limits=Limits(start_deadline=7200, run_revision="service"))
    declare = partial(supervised_program, following, name="cleanup", service="web")
    doctored.deploy(cloud, declare(), jobs=["cleanup"])
    doctor = Doctor(cloud, monkeypatch, capsys)
    assert doctor.broken() == []
    cloud.client("ecs").update_service(cluster="staging", service="web", taskDefinition="other")
    assert doctor.broken() == ["service-other-family"]
    cloud.client("ecs").delete_service(cluster="staging", service="web", force=True)
    assert doctor.broken() == ["service-gone"]


def test_the_revision_of_the_service_counts(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A newer revision that the service does not run yet harms no job, and hides no fault."""
    following = schedule(limits=Limits(start_deadline=7200, run_revision="service"))
    doctored.deploy(cloud, supervised_program(following, name="cleanup", service="web"), jobs=["cleanup"])
    doctor = Doctor(cloud, monkeypatch, capsys)
    with_container(restartPolicy={"enabled": True})(cloud)
    assert doctor.broken() == []
    cloud.client("ecs").update_service(cluster="staging", service="web", taskDefinition="web")
    definition()(cloud)
    assert doctor.broken() == ["container-restarts"]


@pytest.mark.parametrize(
    ("tick", "run", "code"),
    [
        ("failed", {"exit_code": 3}, "run-failed"),
        ("failed", {"exit_code": 137, "suspects": "the container 'sidecar'"}, "another-container-ended"),
        ("not-started", {"reason": "CannotPullContainerError"}, "run-not-started"),
        ("missed", {}, "tick-not-launched"),
    ],
    ids=["failed", "sidecar", "not started", "missed"],
)
def test_a_bad_tick_is_found(tick: str, run: dict[str, Any], code: str, cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """The latest tick of one job was alerted."""
    ledger = doctored.ledger_of(cloud)
    record, ticks = ledger.load("cleanup", [("cleanup", TICK)])
    record.trouble["cleanup"] = TICK
    [known] = ticks.values()
    known.outcome = known.alert = tick
    known.runs = {"0a": Run(TASK, 1, "STOPPED", outcome=tick, **run)} if run else {}
    assert ledger.save(record, [known], doctored.NOW)
    assert doctor.broken() == [code]


def test_a_schedule_that_has_never_run_is_found(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two days after the deployment the ledger knows no tick."""
    doctored.deploy(cloud, jobs=[])
    assert Doctor(cloud, monkeypatch, capsys).broken() == ["never-ran", "never-ran"]


def test_a_queue_that_is_gone_is_found_for_each_schedule(cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """All jobs of a stack share it."""
    delete_queue(cloud)
    assert set(doctor.broken()) == {"dead-letters-gone", "queue-missing"}
    assert set(doctor.broken("cleanup")) == {"dead-letters-gone", "queue-missing"}


def test_a_schedule_without_ticks_to_come_is_found(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its time has passed, and no good run of it is known."""
    over = schedule("at(2027-02-02T12:00:00)")
    place = {"capacity": {"FARGATE": 1}, "log_groups": LOG_GROUPS}
    doctored.deploy(cloud, lambda: job(watched_group(), over, name="cleanup", **place), jobs=["cleanup"])
    assert Doctor(cloud, monkeypatch, capsys).broken() == ["schedule-over"]


def test_a_schedule_whose_ticks_are_all_closed_is_found(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its only tick falls into a span of a calendar."""
    freeze = Closure("freeze", "2027-02-04T00:00:00Z", "2027-02-05T00:00:00Z")
    closed = schedule("at(2027-02-04T12:00:00)", limits=Limits(start_deadline=7200, closed=(freeze,)))
    doctored.deploy(cloud, supervised_program(closed, name="cleanup"), jobs=["cleanup"])
    assert Doctor(cloud, monkeypatch, capsys).broken() == ["calendar-closed"]


def test_a_held_schedule_is_sound(cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """It is disabled, and config wants it enabled, but a hold explains that."""
    change_schedule(cloud, State="DISABLED")
    assert doctor.broken() == ["schedule-disabled"]
    ends = doctored.NOW + timedelta(hours=1)
    hold = Hold(
        id="a1", reason="restore", by="me", made=doctored.NOW, begin=doctored.NOW, until=ends, jobs=("cleanup",)
    )
    Storage(cloud.client("ssm"), GROUP).put(hold)
    assert doctor.unsound() == []


def test_what_was_done_to_a_schedule_is_found(cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """It is the only thing that is broken, until it is undone."""
    scheduler = cloud.client("scheduler")
    before = scheduler.get_schedule(GroupName=GROUP, Name="cleanup")
    for stage, code in OF_A_SCHEDULE:
        stage(cloud)
        assert doctor.broken() == [code]
        if code != "schedule-missing":
            change_schedule(cloud, **{name: before[name] for name in MEMBERS})
    change_schedule(cloud, "create_schedule", **{name: before[name] for name in MEMBERS})
    assert doctor.broken() == []


@pytest.mark.parametrize(("stage", "code"), FAULTS, ids=[code for _, code in FAULTS])
def test_a_fault_is_found(
    stage: Callable[[EmbeddedCloud], None], code: str, cloud: EmbeddedCloud, doctor: Doctor
) -> None:
    """It is the only thing that is broken."""
    stage(cloud)
    assert doctor.broken() == [code]


def test_who_looks_may_examine(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The policy in docs/permissions.md allows every call. Without any action of them, one is refused."""
    following = schedule(limits=Limits(start_deadline=7200, run_revision="service"))
    doctored.deploy(cloud, supervised_program(following, name="cleanup", service="web"), jobs=["cleanup"])
    doctor = Doctor(cloud, monkeypatch, capsys)
    assert doctor.broken() == []
    policy = permissions.merged(permissions.held_by("looks", **NAMES))
    asked = doctor.asked()
    assert {"ecs:DescribeClusters", "ecs:DescribeServices", "logs:DescribeLogGroups"} <= {each.action for each in asked}
    assert [str(evaluate(each, [policy]).reason) for each in asked if not evaluate(each, [policy]).allowed] == []
    for action in {each.action for each in asked}:
        assert not allowed(asked, without(policy, action)), action


def test_a_misspelt_job_is_one_line(doctor: Doctor) -> None:
    """The message names the nearest job."""
    assert doctor.fails("clean", *WHERE) == "the stack has no deployed job clean; did you mean 'cleanup'?"


def test_people_get_a_line_for_each_sound_link_and_what_is_broken_after_them(
    cloud: EmbeddedCloud, doctor: Doctor
) -> None:
    """The last line counts."""
    delete_schedule(cloud)
    code, out, err = doctor.runs(*WHERE)
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[:2] == ["schedule nightly-report: sound (1 job)", "cluster staging: sound (1 job)"]
    assert lines[-3:] == [
        "schedule cleanup: broken: the job has this schedule, but Scheduler does not: somebody has deleted it",
        "    pulumi up --refresh makes it as config says",
        "1 broken, 0 could not be checked",
    ]
