"""Tests of the stops that become alerts, matched as EventBridge does, and of the alerts' content."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import alerting
from emulator.events.event_pattern import compile_pattern
from emulator.events.input_transformer import transform, validate
from watch.classes import TROUBLES
from watch.task import from_event, judge

CLUSTER = "arn:aws:ecs:eu-central-1:111122223333:cluster/staging"
TASK = "arn:aws:ecs:eu-central-1:111122223333:task/staging/0af3"
GROUP = "jobs-staging:nightly-report"
EXITED, FAILED = "EssentialContainerExited", "TaskFailedToStart"
SPOT, TERMINATED, HEALTH = "SpotInterruption", "TerminationNotice", "InfrastructureHealth"
PERSON, SERVICE = "UserInitiated", "ServiceSchedulerInitiated"
PATTERN = alerting.event_pattern(cluster_arn=CLUSTER, task_group=GROUP, container="app")

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
NOT_INSPECTED = "CannotInspectContainerError: Could not transition to inspecting; timed out after waiting 30s"
NOT_STARTED = "CannotStartContainerError: failed to create task for container: unable to start container process"
TIMED_OUT = "ContainerRuntimeTimeoutError: Could not transition to stopped; timed out after waiting 2m0s"
RUNTIME = "ContainerRuntimeError: runtime error"

End = int | str | None
"""How a container ended: its exit code, or ECS's reason for which it has none, or None without both."""


def container(name: str, *ends: End) -> dict[str, Any]:
    """Return a container of an event; what ECS does not know is left out."""
    found: dict[str, Any] = {"containerArn": f"{TASK}/{name}", "name": name, "lastStatus": "STOPPED"}
    for end in ends:
        if end is not None:
            found["reason" if isinstance(end, str) else "exitCode"] = end
    return found


def event(*containers: dict[str, Any], stop_code: str | None = EXITED, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the event of a stopped task; its containers are by default one that ended well."""
    told = {"stopCode": stop_code, "stoppedReason": "Essential container in task exited"} if stop_code else {}
    return {
        "source": "aws.ecs",
        "detail-type": "ECS Task State Change",
        "region": "eu-central-1",
        "detail": {
            "clusterArn": CLUSTER,
            "group": GROUP,
            "lastStatus": "STOPPED",
            "stoppedAt": "2026-11-21T02:00:40Z",
            "taskArn": TASK,
            "containers": [*containers] or [container("app", 0)],
            "overrides": {"containerOverrides": [{"name": "app", "environment": [{"name": "A", "value": "hunter2"}]}]},
            **told,
            **changes,
        },
    }


def app(*ends: End) -> dict[str, Any]:
    """Return the job's own container."""
    return container("app", *ends)


def sidecar(*ends: End) -> dict[str, Any]:
    """Return an essential sidecar."""
    return container("sidecar", *ends)


ENDS: dict[str, tuple[dict[str, Any], bool]] = {
    "the job's own container failed": (event(app(1)), True),
    "it failed, and the sidecar was stopped": (event(sidecar(137), app(1)), True),
    "it failed, and the sidecar ended well": (event(sidecar(0), app(1)), True),
    "it failed, and nothing is known of the sidecar": (event(app(1), sidecar(None)), True),
    "its command was not found": (event(app(127), sidecar(None)), True),
    "it was killed": (event(app(137), sidecar(137)), True),
    "it used too much memory": (event(app(137, OUT_OF_MEMORY), sidecar(137)), True),
    "a child of it used too much memory, and it ended well": (event(app(0, OUT_OF_MEMORY), sidecar(137)), False),
    "it ended well, and the sidecar was stopped": (event(app(0), sidecar(137)), False),
    "it ended well, and the sidecar ended well": (event(app(0), sidecar(0)), False),
    "it ended well, and the sidecar was not inspected": (event(app(0), sidecar(NOT_INSPECTED)), False),
    "it ended well, without a sidecar": (event(app(0)), False),
    "it ended well, without a stop code": (event(app(0), stop_code=None), False),
    "it was not inspected": (event(app(NOT_INSPECTED)), True),
    "it was not inspected, and the sidecar was stopped": (event(app(NOT_INSPECTED), sidecar(137)), True),
    "its runtime timed out": (event(app(TIMED_OUT)), True),
    "its runtime timed out, and the sidecar was stopped": (event(app(TIMED_OUT), sidecar(137)), True),
    "its runtime failed, and the sidecar was stopped": (event(sidecar(137), app(RUNTIME)), True),
    "it could not be started, and the sidecar was stopped": (event(sidecar(0), app(NOT_STARTED)), True),
    "nothing is known of any container": (event(app(None), sidecar(None)), True),
    "the sidecar ended first, and it was terminated": (event(app(143), sidecar(1)), True),
    "the sidecar ended first, and it was killed": (event(app(137), sidecar(137, OUT_OF_MEMORY)), True),
    "the sidecar ended first, and it ended well": (event(app(0), sidecar(1)), False),
    "the sidecar ended first, and nothing is known of it": (event(app(None), sidecar(1)), False),
    "the task failed to start": (event(app(None), sidecar(None), stop_code=FAILED), True),
    "the task failed to start, with a reason": (event(app(NOT_STARTED), stop_code=FAILED), True),
    "the task failed to start beside a sidecar that ran": (event(app(None), sidecar(137), stop_code=FAILED), True),
    "the task failed to start with a code of the runtime": (event(app(128, NOT_STARTED), stop_code=FAILED), True),
    "Spot took it while it worked": (event(app(143), sidecar(143), stop_code=SPOT), True),
    "Spot took it, and it caught the signal": (event(app(0), sidecar(143), stop_code=SPOT), True),
    "Spot took it, and no code is known": (event(app(None), sidecar(None), stop_code=SPOT), True),
    "Spot took it, and only the sidecar's code is known": (event(app(None), sidecar(143), stop_code=SPOT), True),
    "Spot took it before it started": (event(app(None), stop_code=SPOT), True),
    "it got a termination notice": (event(app(137), stop_code=TERMINATED), True),
    "it got a termination notice, and only the sidecar's code is known": (
        event(app(None), sidecar(137), stop_code=TERMINATED),
        True,
    ),
    "its host was unhealthy": (event(app(143), sidecar(137), stop_code=HEALTH), True),
    "its host was unhealthy, and no code is known": (event(app(None), sidecar(None), stop_code=HEALTH), True),
    "its host was lost": (event(app(None), sidecar(None), stop_code=None), True),
    "its host was lost, without a sidecar": (event(app(None), stop_code=None), True),
    "its host was lost, and it was not inspected": (event(app(NOT_INSPECTED), sidecar(0), stop_code=None), True),
    "its host was under maintenance": (event(app(143), sidecar(137), stop_code=None), True),
    "its host was under maintenance, and no code is known": (event(app(None), stop_code=None), True),
    "somebody stopped it": (event(app(137), sidecar(137), stop_code=PERSON), False),
    "somebody stopped it before it started": (event(app(None), stop_code=PERSON), False),
    "somebody stopped it, and it was not inspected": (event(app(NOT_INSPECTED), stop_code=PERSON), False),
    "a service stopped it": (event(app(137), stop_code=SERVICE), False),
    "a service stopped it, and no code is known": (event(app(None), stop_code=SERVICE), False),
}
"""The ends of tasks, and whether the rule matches each of them."""

UNMATCHED = {"the sidecar ended first, and nothing is known of it"}
"""The ends that the watch reports and the rule cannot match: `exists` looks at the exit codes of all containers."""

NEEDLESS = {"Spot took it, and it caught the signal"}
"""The good ends that the rule matches: a pattern cannot say that a code is either unknown or not 0."""

OTHERS = {
    "it is still running": event(app(1), lastStatus="RUNNING"),
    "it must stop soon": event(app(None), lastStatus="RUNNING", desiredStatus="STOPPED", stop_code=SPOT),
    "a job of another stack": event(app(1), group="jobs-production:nightly-report"),
    "another job": event(app(1), group="jobs-staging:nightly-report-2"),
    "another cluster": event(app(1), clusterArn=f"{CLUSTER}2"),
    "another job that failed to start": event(app(None), stop_code=FAILED, group="jobs-staging:cleanup"),
    "another kind of event": {**event(app(1)), "detail-type": "ECS Service Action"},
    "another source": {**event(app(1)), "source": "custom"},
}


@pytest.mark.parametrize(("stopped", "matches"), ENDS.values(), ids=ENDS)
def test_alerts_what_needs_a_person(stopped: dict[str, Any], matches: bool) -> None:  # noqa: FBT001
    """The pattern matches a failure of the job's own container or a task that never ran it, and nothing else."""
    assert compile_pattern(PATTERN).matches(stopped) is matches


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_ignores_other_events(other: dict[str, Any]) -> None:
    """The pattern matches only stops of the job's own tasks."""
    assert not compile_pattern(PATTERN).matches(other)


def test_alerts_what_the_watch_alerts() -> None:
    """A group without a watch reports the same ends as one with a watch, except those that no pattern can match."""
    verdicts = {
        name: judge(from_event({**stopped["detail"], "version": 1}), "app") for name, (stopped, _) in ENDS.items()
    }
    troubles = {name for name, verdict in verdicts.items() if verdict.outcome in TROUBLES and not verdict.by_a_person}
    assert {name for name, (_, matches) in ENDS.items() if matches} == troubles - UNMATCHED | NEEDLESS
    assert troubles >= UNMATCHED
    assert not troubles & NEEDLESS


def test_fits_the_longest_pattern() -> None:
    """With the longest names the pattern has at most EventBridge's 4096 characters."""
    compile_pattern(
        alerting.event_pattern(
            cluster_arn=f"arn:aws-us-gov:ecs:us-gov-west-1:111122223333:cluster/{'c' * 255}",
            task_group=f"{'g' * 64}:{'j' * 40}",
            container="c" * 255,
        )
    )


def template(**changes: str) -> str:
    """Return a template."""
    known = {"stack": "jobs-staging", "job": "nightly-report", "container": "app", "owner": "data", "runbook": ""}
    return alerting.input_template(**{**known, **changes})


def told(stopped: dict[str, Any], text: str) -> str:
    """Return what EventBridge sends for an event with a template."""
    return transform(stopped, input_paths_map=alerting.INPUT_PATHS, input_template=text)


def test_says_what_happened() -> None:
    """An alert is one line of words with the job, the event's values and a command, without the environment."""
    assert told(event(app(1)), template(runbook="https://wiki.example.com/nightly-report")) == (
        '"nightly-report of jobs-staging failed, did not start or was cut off. Stop code: EssentialContainerExited. '
        "AWS says: Essential container in task exited. Stopped: 2026-11-21T02:00:40Z. Container: app. Owner: data. "
        "Runbook: https://wiki.example.com/nightly-report. Within an hour, this command shows the exit code: "
        f'aws ecs describe-tasks --region eu-central-1 --cluster {CLUSTER} --tasks {TASK}"'
    )


def test_says_what_is_known() -> None:
    """The place of a stop code and a reason that the event does not have is empty; a missing runbook has no place."""
    text = told(event(app(None), stop_code=None), template())
    assert "or was cut off. Stop code: . AWS says: . Stopped: 2026-11-21T02:00:40Z." in text
    assert "Runbook" not in text


texts = st.text(st.sampled_from('<>"\\{}\n\taü\u2028😀.$') | st.characters(codec="utf-8"), max_size=40)
words = st.sampled_from(["<task>", "<aws.events.event.json>", 'a"b', "\\", "<reason"]) | texts


@given(words, words, words)
def test_takes_any_text(owner: str, runbook: str, container: str) -> None:
    """Any owner, runbook and container give a valid template, and arrive in one line, except for special characters."""
    text = told(event(app(1)), template(owner=owner, runbook=runbook, container=container))
    for value in (owner, runbook, container):
        plain = value.replace("<", "(").replace(">", ")").replace('"', "'").replace("\\", "/")
        assert " ".join(plain.split()) in text
    assert "hunter2" not in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("letter", ["a", "ü", "😀"])
def test_fits_the_longest_template(letter: str) -> None:
    """With the longest texts, in any script, the template has at most EventBridge's 8192 characters."""
    text = template(owner=letter * 256, runbook=f"https://{letter * 1016}", container="c" * 255, job="j" * 40)
    validate(input_paths_map=alerting.INPUT_PATHS, input_template=text)


@pytest.mark.parametrize("clusters", [[], [CLUSTER], [CLUSTER, CLUSTER]], ids=["none", "one", "one of two placements"])
def test_watched_runs_are_those_of_the_group(clusters: list[str]) -> None:
    """EventBridge takes the watch's pattern also while every job is off, and it matches only the group's tasks."""
    pattern = compile_pattern(alerting.watched_pattern(cluster_arns=clusters, group="jobs-staging"))
    assert pattern.matches(event())
    assert not pattern.matches(event(group="jobs-production:nightly-report"))
    assert pattern.matches(event(clusterArn=f"{CLUSTER}2")) == (not clusters)
