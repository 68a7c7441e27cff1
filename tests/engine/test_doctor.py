"""`python -m ops doctor` on the real engine: a stack with every guarantee is sound, and each fault by hand is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from holds import switching
from tests.engine.account import REGION
from tests.engine.supervised import Asking, deployed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.engine.alerting import Alerting
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

Client = Callable[[str], Any]
"""What returns boto3's client of a service."""
STACK = "examined"
GROUP = f"scheduled-jobs-{STACK}"
PLACE = f"{REGION}:123456789012"
ALERTS, PROBLEMS = (f"arn:aws:sns:{PLACE}:{GROUP}-{name}" for name in ("alerts", "problems"))
WATCH, SUPERVISOR, RUNS = (f"{GROUP}-{name}" for name in ("watch", "supervisor", "runs"))
JOBS = {
    "direct": Asking(),
    "done-in-time": Asking("done_by='50m'"),
    "limited": Asking("timeout='10m', start_timeout='5m', total_timeout='30m'"),
    "retried": Asking("retries=2, backoff='1m'"),
    "alone": Asking("overlap='queue', start_deadline='30m'"),
    "locked": Asking("lock='orders', overlap='skip'"),
    "not-on-holidays": Asking("not_on=['holidays']"),
    "of-the-service": Asking("run_revision='service'"),
    "paused-after": Asking("pause_after=3"),
}
"""One job for each guarantee, and one that Scheduler launches itself."""


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Deploy the jobs with an address and a queue for their alerts, and let each of them run."""
    calendars = {"holidays": ["2030-12-25"]}
    alerts = {"email": ["on-call@example.com"]}
    with deployed(sandbox, make_program(STACK), JOBS, calendars=calendars, alerts=alerts) as alerting:
        sandbox.advance(timedelta(hours=1, minutes=20))
        yield alerting


def examine(alerting: Alerting) -> list[dict[str, Any]]:
    """Return what is not sound, as the command says it in JSON, and with its exit code. Images are left out."""
    done = alerting.program.ops("doctor", "--stack", STACK, "--json")
    found = [
        one for one in json.loads(done.stdout)["findings"] if one["state"] != "sound" and not is_of_no_registry(one)
    ]
    assert (done.returncode, done.stderr) == (1 if found else 3, "")
    return found


def is_of_no_registry(finding: dict[str, Any]) -> bool:
    """Return whether an image of the sandbox's platform could not be checked: there is no registry of that name."""
    return (finding["link"], finding["state"]) == ("image", "could not check")


def test_a_stack_with_every_guarantee_is_sound(alerting: Alerting) -> None:
    """Nothing is broken, nothing but the images could not be checked, and the last line says so."""
    assert examine(alerting) == []
    done = alerting.program.ops("doctor", "--stack", STACK)
    assert (done.returncode, done.stdout.splitlines()[-1].partition(", ")[0]) == (3, "0 broken")


@contextmanager
def schedule_disabled(client: Client) -> Iterator[None]:
    """Disable a schedule, as somebody does in the console."""
    scheduler = client("scheduler")
    described = scheduler.get_schedule(GroupName=GROUP, Name="direct")
    for state in ("DISABLED", "ENABLED"):
        scheduler.update_schedule(**switching.request(described, state, datetime.now(UTC)))
        if state == "DISABLED":
            yield


@contextmanager
def container_renamed(client: Client) -> Iterator[None]:
    """Register a revision of the jobs' family whose container has another name."""
    ecs = client("ecs")
    kept = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "cpu", "memory")
    described = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    changed = {name: described[name] for name in (*kept, "requiresCompatibilities")}
    changed["containerDefinitions"][0]["name"] = "application"
    made = ecs.register_task_definition(**changed)["taskDefinition"]["taskDefinitionArn"]
    yield
    ecs.deregister_task_definition(taskDefinition=made)


@contextmanager
def topic_closed(client: Client) -> Iterator[None]:
    """Let nobody but the account's roles publish to the topic for problems."""
    sns = client("sns")
    policy = sns.get_topic_attributes(TopicArn=PROBLEMS)["Attributes"]["Policy"]
    empty = json.dumps({"Version": "2012-10-17", "Statement": []})
    sns.set_topic_attributes(TopicArn=PROBLEMS, AttributeName="Policy", AttributeValue=empty)
    yield
    sns.set_topic_attributes(TopicArn=PROBLEMS, AttributeName="Policy", AttributeValue=policy)


@contextmanager
def message_given_up(client: Client) -> Iterator[None]:
    """Leave a message in the queue of what the watch could not handle."""
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=f"{GROUP}-given-up")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    yield
    sqs.purge_queue(QueueUrl=url)


@contextmanager
def alarm_muted(client: Client) -> Iterator[None]:
    """Disable the actions of an alarm."""
    client("cloudwatch").disable_alarm_actions(AlarmNames=[f"{GROUP}-watch-blind"])
    yield
    client("cloudwatch").enable_alarm_actions(AlarmNames=[f"{GROUP}-watch-blind"])


@contextmanager
def watch_stopped(client: Client) -> Iterator[None]:
    """Reserve no concurrency for the watch."""
    client("lambda").put_function_concurrency(FunctionName=WATCH, ReservedConcurrentExecutions=0)
    yield
    client("lambda").delete_function_concurrency(FunctionName=WATCH)


@contextmanager
def ticks_undelivered(client: Client) -> Iterator[None]:
    """Disable the mapping that brings ticks to the supervisor."""
    source = f"arn:aws:sqs:{PLACE}:{GROUP}-launches"
    [mapping] = client("lambda").list_event_source_mappings(EventSourceArn=source)["EventSourceMappings"]
    client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield
    client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@contextmanager
def rule_disabled(client: Client) -> Iterator[None]:
    """Disable the rule of the runs."""
    client("events").disable_rule(Name=RUNS)
    yield
    client("events").enable_rule(Name=RUNS)


@contextmanager
def ledger_growing(client: Client) -> Iterator[None]:
    """Let no item of the ledger expire."""
    variables = client("lambda").get_function_configuration(FunctionName=WATCH)["Environment"]["Variables"]
    for enabled in (False, True):
        client("dynamodb").update_time_to_live(
            TableName=variables["LEDGER_TABLE"],
            TimeToLiveSpecification={"Enabled": enabled, "AttributeName": "expires"},
        )
        if not enabled:
            yield


FAULTS: Mapping[str, Callable[[Client], AbstractContextManager[None]]] = {
    "schedule-disabled": schedule_disabled,
    "container-missing": container_renamed,
    "topic-policy": topic_closed,
    "given-up-waiting": message_given_up,
    "alarm-muted": alarm_muted,
    "function-stopped": watch_stopped,
    "mapping-disabled": ticks_undelivered,
    "rule-disabled": rule_disabled,
    "ledger-grows": ledger_growing,
}


def test_each_fault_is_found_and_goes_away(alerting: Alerting) -> None:
    """A fault that stayed after its repair would be found beside the next one."""
    found = {}
    for code, staged in FAULTS.items():
        with staged(alerting.sandbox.account.client):
            found[code] = {one["code"] for one in examine(alerting)}
    assert found == {code: {code} for code in FAULTS}
    assert examine(alerting) == []


def spoil(client: Client) -> None:
    """Take a subscription, an alarm, a target, a permission and the trust of a role away."""
    [queue] = [one for one in subscriptions(client) if one["Protocol"] == "sqs"]
    client("sns").unsubscribe(SubscriptionArn=queue["SubscriptionArn"])
    client("cloudwatch").delete_alarms(AlarmNames=[f"{GROUP}-watch-failing"])
    client("events").remove_targets(Rule=WATCH, Ids=["watch"])
    policy = json.loads(client("lambda").get_policy(FunctionName=WATCH)["Policy"])
    [sid] = [one["Sid"] for one in policy["Statement"] if RUNS in json.dumps(one["Condition"])]
    client("lambda").remove_permission(FunctionName=WATCH, StatementId=sid)
    other = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [other]})
    client("iam").update_assume_role_policy(RoleName=SUPERVISOR, PolicyDocument=trust)


def subscriptions(client: Client) -> list[dict[str, str]]:
    """Return the subscriptions of the topic for alerts."""
    found: list[dict[str, str]] = client("sns").list_subscriptions_by_topic(TopicArn=ALERTS)["Subscriptions"]
    return found


def test_what_the_fix_says_repairs(alerting: Alerting) -> None:
    """Several things that somebody has taken away are found together, and a deployment with a refresh brings them."""
    spoil(alerting.sandbox.account.client)
    broken = examine(alerting)
    assert {one["code"] for one in broken} == {
        "alert-endpoint-not-subscribed",
        "alarm-missing",
        "function-role",
        "rule-not-aimed",
        "rule-not-permitted",
    }
    assert all(one["fix"].startswith("run pulumi up --refresh") for one in broken)
    alerting.program.up("--refresh")
    assert examine(alerting) == []
