"""Tests of the job group's resources, as declared and as they exist in the embedded AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi
import pytest

from components import resource_policies
from components.job_group import JobGroup, JobGroupArgs
from components.subscriptions import Endpoint
from tests.components.stacks import ON_CALL, PLACE, TAGS, group

if TYPE_CHECKING:
    from tests.components.embedded import EmbeddedCloud


def test_declares_what_jobs_share(cloud: EmbeddedCloud) -> None:
    """The group has exactly these resources, as its children and with explicit names."""
    deployment, _ = cloud.run(lambda: group(endpoints=[ON_CALL]))
    assert sorted((found.type, found.name, found.parent) for found in deployment.declared) == [
        ("aws:scheduler/scheduleGroup:ScheduleGroup", "jobs", "jobs"),
        ("aws:sns/topic:Topic", "jobs-alerts", "jobs"),
        ("aws:sns/topicPolicy:TopicPolicy", "jobs-alerts", "jobs"),
        ("aws:sns/topicSubscription:TopicSubscription", "jobs-email-ops@example.com", "jobs"),
        ("aws:sqs/queue:Queue", "jobs-dead-letters", "jobs"),
        ("aws:sqs/queue:Queue", "jobs-given-up", "jobs"),
        ("aws:sqs/queuePolicy:QueuePolicy", "jobs-dead-letters", "jobs"),
        ("aws:sqs/queuePolicy:QueuePolicy", "jobs-given-up", "jobs"),
        ("scheduled-jobs:index:JobGroup", "jobs", ""),
    ]
    assert deployment.one("ScheduleGroup", "jobs").inputs == {"name": "jobs-staging", "tags": TAGS}
    queue = {"messageRetentionSeconds": 1209600, "sqsManagedSseEnabled": True, "tags": TAGS}
    given_up = {"deadLetterTargetArn": f"arn:aws:sqs:{PLACE}:jobs-staging-given-up", "maxReceiveCount": 5}
    dead_letters = deployment.one("Queue", "jobs-dead-letters").inputs
    assert json.loads(dead_letters.pop("redrivePolicy")) == given_up
    assert dead_letters == {**queue, "name": "jobs-staging-dead-letters", "visibilityTimeoutSeconds": 360}
    assert deployment.one("Queue", "jobs-given-up").inputs == {**queue, "name": "jobs-staging-given-up"}
    assert deployment.one("Topic", "jobs-alerts").inputs == {"name": "jobs-staging-alerts", "tags": TAGS}


def test_knows_its_resources(cloud: EmbeddedCloud) -> None:
    """The outputs are the names and ARNs of existing resources."""

    async def outputs() -> list[str | None]:
        made = group()
        shown = (made.schedule_group_arn, made.schedule_group_name, made.dead_letter_arn, made.topic_arn)
        return [await output.future() for output in shown]

    assert cloud.run(outputs)[1] == [
        f"arn:aws:scheduler:{PLACE}:schedule-group/jobs-staging",
        "jobs-staging",
        f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters",
        f"arn:aws:sns:{PLACE}:jobs-staging-alerts",
    ]


def test_gives_its_topic_and_queues_their_policies(cloud: EmbeddedCloud) -> None:
    """The topic and both queues have their policies."""
    cloud.run(group)
    topic = f"arn:aws:sns:{PLACE}:jobs-staging-alerts"
    policy = json.loads(cloud.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    assert policy == resource_policies.alerts_policy(topic, watched=False)
    for queue in ("dead-letters", "given-up"):
        url = cloud.client("sqs").get_queue_url(QueueName=f"jobs-staging-{queue}")["QueueUrl"]
        found = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
        assert json.loads(found["Policy"]) == resource_policies.queue_policy(
            f"arn:aws:sqs:{PLACE}:jobs-staging-{queue}"
        )


def test_subscribes_everybody(cloud: EmbeddedCloud) -> None:
    """Each endpoint is subscribed, and its logical name depends on the endpoint and not on its position."""
    https = [Endpoint(protocol="https", to="https://example.com/b?token=1")]
    https.append(Endpoint(protocol="http", to="http://127.0.0.1:8000/a"))
    deployment, _ = cloud.run(lambda: group(endpoints=[ON_CALL, *https]))
    found = {one.name: (one.inputs["protocol"], one.inputs["endpoint"]) for one in deployment.of("TopicSubscription")}
    assert sorted(found.values()) == sorted((one.protocol, one.to) for one in [ON_CALL, *https])
    turned, _ = cloud.run(lambda: group(endpoints=https[::-1], name="other"))
    assert {one.name for one in turned.of("TopicSubscription")} == found.keys() - {"jobs-email-ops@example.com"}


def test_keeps_endpoints_secret(cloud: EmbeddedCloud) -> None:
    """An https endpoint is secret and not part of any name; an e-mail address is not secret."""
    hidden = Endpoint(protocol="https", to="https://example.com/hunter2")
    deployment, _ = cloud.run(lambda: group(endpoints=[ON_CALL, hidden]))
    assert {one.inputs["protocol"]: one.secrets for one in deployment.of("TopicSubscription")} == {
        "email": frozenset(),
        "https": frozenset({"endpoint"}),
    }
    assert not any("hunter2" in one.name for one in deployment.declared)


NAMES = {
    "too long": ("g" * 65, "has 65 characters; it must be 1 to 64 letters, digits, hyphens and underscores$"),
    "dot": ("jobs.staging", "has 12 characters; it must be 1 to 64 letters, digits, hyphens and underscores$"),
}


@pytest.mark.parametrize(("name", "message"), NAMES.values(), ids=NAMES)
def test_refuses_a_name(cloud: EmbeddedCloud, name: str, message: str) -> None:
    """A name that Scheduler or SQS would refuse is an error before anything is declared."""
    with pytest.raises(pulumi.RunError, match=f"^the schedule group's name '{name}' {message}"):
        cloud.run(lambda: group(name=name))
    assert len(cloud.client("scheduler").list_schedule_groups()["ScheduleGroups"]) == 1


def test_refuses_a_stack_whose_name_is_too_long(cloud: EmbeddedCloud) -> None:
    """The default name is refused if project and stack are too long together."""
    with pytest.raises(pulumi.RunError, match="has 65 characters"):
        cloud.run(group, stack="s" * 60)


def test_takes_the_longest_name(cloud: EmbeddedCloud) -> None:
    """A name of 64 characters is short enough for the names that are derived from it."""
    deployment, _ = cloud.run(lambda: JobGroup("jobs", JobGroupArgs(name="g" * 64)))
    assert deployment.one("ScheduleGroup", "jobs").inputs["name"] == "g" * 64
