"""Tests of the stops that become alerts, matched as EventBridge does, and of the alerts' content."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import alerting
from emulator.events.event_pattern import compile_pattern
from emulator.events.input_transformer import transform, validate

CLUSTER = "arn:aws:ecs:eu-central-1:111122223333:cluster/staging"
GROUP = "jobs-staging:nightly-report"
EXITED = "EssentialContainerExited"
PATTERN = alerting.event_pattern(cluster_arn=CLUSTER, task_group=GROUP, container="app")


def event(app: int | None = 0, sidecar: int | None = 137, stop_code: str = EXITED, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the event of a stopped task; an exit code of None is left out, as for a container that never ran."""
    codes = {"sidecar": sidecar, "app": app}
    return {
        "source": "aws.ecs",
        "detail-type": "ECS Task State Change",
        "detail": {
            "clusterArn": CLUSTER,
            "group": GROUP,
            "lastStatus": "STOPPED",
            "stopCode": stop_code,
            "stoppedReason": "Essential container in task exited",
            "stoppedAt": "2026-11-21T02:00:40Z",
            "taskArn": "arn:aws:ecs:eu-central-1:111122223333:task/staging/0af3",
            "containers": [
                {"name": name} if code is None else {"name": name, "exitCode": code} for name, code in codes.items()
            ],
            "overrides": {"containerOverrides": [{"name": "app", "environment": [{"name": "A", "value": "hunter2"}]}]},
            **changes,
        },
    }


EVENTS: dict[str, tuple[dict[str, Any], bool]] = {
    "the job's own container failed": (event(app=1), True),
    "its command was not found": (event(app=127, sidecar=None), True),
    "it was killed": (event(app=137), True),
    "it ended well, and the sidecar was stopped": (event(app=0), False),
    "it ended well, without a sidecar": (event(app=0, sidecar=None), False),
    "the task failed to start": (event(app=None, sidecar=None, stop_code="TaskFailedToStart"), True),
    "the task failed to start beside a sidecar that ran": (event(app=None, stop_code="TaskFailedToStart"), True),
    "Spot took it while it worked": (event(app=143, stop_code="SpotInterruption"), True),
    "Spot took it when it had ended well": (event(app=0, stop_code="SpotInterruption"), False),
    "somebody stopped it": (event(app=137, stop_code="UserInitiated"), False),
    "a service stopped it": (event(app=137, stop_code="ServiceSchedulerInitiated"), False),
    "it is still running": (event(app=1, lastStatus="RUNNING"), False),
    "a job of another stack": (event(app=1, group="jobs-production:nightly-report"), False),
    "another job": (event(app=1, group="jobs-staging:nightly-report-2"), False),
    "another cluster": (event(app=1, clusterArn=f"{CLUSTER}2"), False),
    "another kind of event": ({**event(app=1), "detail-type": "ECS Service Action"}, False),
    "another source": ({**event(app=1), "source": "custom"}, False),
}


@pytest.mark.parametrize(("stopped", "matches"), EVENTS.values(), ids=EVENTS)
def test_alerts_what_needs_a_person(stopped: dict[str, Any], matches: bool) -> None:  # noqa: FBT001
    """The pattern matches a failure of the job's own container or a task that never ran it, and nothing else."""
    assert compile_pattern(PATTERN).matches(stopped) is matches


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


def test_says_what_happened() -> None:
    """An alert is JSON with the job and the event's values, without values of the environment."""
    text = transform(
        event(app=1),
        input_paths_map=alerting.INPUT_PATHS,
        input_template=template(runbook="https://wiki.example.com/nightly-report"),
    )
    assert json.loads(text) == {
        "summary": "nightly-report of jobs-staging failed or did not start",
        "stack": "jobs-staging",
        "job": "nightly-report",
        "container": "app",
        "owner": "data",
        "runbook": "https://wiki.example.com/nightly-report",
        "containers": [{"name": "sidecar", "exitCode": 137}, {"name": "app", "exitCode": 1}],
        "reason": "Essential container in task exited",
        "stopCode": "EssentialContainerExited",
        "stoppedAt": "2026-11-21T02:00:40Z",
        "taskArn": "arn:aws:ecs:eu-central-1:111122223333:task/staging/0af3",
    }
    assert "hunter2" not in text


def test_leaves_out_a_runbook_that_is_not_there() -> None:
    """The alert of a job without a runbook has no member `runbook`."""
    assert "runbook" not in json.loads(transform(event(), **transformer(template())))


def transformer(text: str) -> dict[str, Any]:
    """Return the transformer's arguments."""
    return {"input_paths_map": alerting.INPUT_PATHS, "input_template": text}


texts = st.text(st.sampled_from('<>"\\{}\n\taü\u2028😀.$') | st.characters(codec="utf-8"), max_size=40)
words = st.sampled_from(["<taskArn>", "<aws.events.event.json>", 'a"b', "\\", "<reason"]) | texts


@given(words, words, words)
def test_takes_any_text(owner: str, runbook: str, container: str) -> None:
    """Any owner, runbook and container give a valid template and arrive unchanged, except for angle brackets."""
    text = transform(event(app=1), **transformer(template(owner=owner, runbook=runbook, container=container)))
    expected = {"owner": owner, "runbook": runbook, "container": container}
    rounded = {key: value.replace("<", "(").replace(">", ")") for key, value in expected.items() if value}
    found = json.loads(text)
    assert {key: found[key] for key in expected if key in found} == rounded
    assert "hunter2" not in text


@pytest.mark.parametrize("letter", ["a", "ü", "😀"])
def test_fits_the_longest_template(letter: str) -> None:
    """With the longest texts, in any script, the template has at most EventBridge's 8192 characters."""
    text = template(owner=letter * 256, runbook=f"https://{letter * 1016}", container="c" * 255, job="j" * 40)
    validate(**transformer(text))


def test_lets_rules_of_this_account_publish() -> None:
    """The topic's policy names EventBridge, this topic and this account."""
    topic = "arn:aws:sns:eu-central-1:111122223333:jobs-staging-alerts"
    assert alerting.topic_policy(topic_arn=topic, account="111122223333") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "PublishAlerts",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic,
                "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
            }
        ],
    }
