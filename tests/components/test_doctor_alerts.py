"""Tests of what `python -m ops doctor` finds of the way of the alerts, with a deployed program and faults by hand."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from components.subscriptions import Endpoint
from emulator.iam.policy_evaluation import evaluate
from holds import switching
from holds.hold import Hold
from holds.standing import Step
from holds.storage import Storage, path
from ops.looking import configured
from tests import permissions
from tests.components import doctored
from tests.components.doctored import GROUP, NAMES, NOW, WHERE, Doctor, ledger_of
from tests.components.operators import without
from tests.components.stacks import PLACE, job, schedule
from tests.components.watching import FUNCTION, LIMITS, LOG_GROUPS, watched_group
from watch.function_variables import LEDGER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.components.embedded import EmbeddedCloud

    Stage = Callable[[EmbeddedCloud], None]

PAGER = f"arn:aws:sqs:{PLACE}:pager"
ALERTS, PROBLEMS = (f"arn:aws:sns:{PLACE}:{GROUP}-{name}" for name in ("alerts", "problems"))
SUPERVISOR = f"{GROUP}-supervisor"
DEAD_LETTERS, GIVEN_UP, LAUNCHES = (f"{GROUP}-{name}" for name in ("dead-letters", "given-up", "launches"))
RUNS, LOOK, OVER = f"{GROUP}-runs", FUNCTION, f"{GROUP}-alarms"


@pytest.fixture
def doctor(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Return an operator who examines a sound stack with a supervisor, whose alerts go to an address and a queue."""
    may_send = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": PAGER,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may_send]})
    cloud.client("sqs").create_queue(QueueName="pager", Attributes={"Policy": policy})
    doctored.deploy(cloud, program)
    return Doctor(cloud, monkeypatch, capsys)


def program() -> None:
    """Declare a group with a watch and a supervisor, a direct job and a supervised one."""
    endpoints = [
        Endpoint(protocol="email", to="ops@example.com", classes=["failed", "missed"], owners=["data"]),
        Endpoint(protocol="sqs", to=PAGER),
    ]
    group = watched_group(supervised=True, endpoints=endpoints)
    job(group, name="cleanup", log_groups=LOG_GROUPS, capacity={"FARGATE": 1})
    job(group, schedule(limits=LIMITS), name="nightly-report", log_groups=LOG_GROUPS, capacity={"FARGATE": 1})


def test_a_sound_stack_is_sound(doctor: Doctor) -> None:
    """Nothing is broken, and nothing could not be checked."""
    assert doctor.unsound() == []
    assert doctor.runs(*WHERE)[0] == 0


def unsubscribe(cloud: EmbeddedCloud) -> None:
    """Take all endpoints from the topic for problems."""
    sns = cloud.client("sns")
    for one in sns.list_subscriptions_by_topic(TopicArn=PROBLEMS)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def close_problems(cloud: EmbeddedCloud) -> None:
    """Replace the policy of the topic for problems by one for another service."""
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": PROBLEMS}]})
    cloud.client("sns").set_topic_attributes(TopicArn=PROBLEMS, AttributeName="Policy", AttributeValue=policy)


def filter_all_out(cloud: EmbeddedCloud) -> None:
    """Let every subscription pass only the alerts of an owner who has no job."""
    sns = cloud.client("sns")
    for one in sns.list_subscriptions_by_topic(TopicArn=ALERTS)["Subscriptions"]:
        sns.set_subscription_attributes(
            SubscriptionArn=one["SubscriptionArn"],
            AttributeName="FilterPolicy",
            AttributeValue=json.dumps({"owner": ["finance"]}),
        )


def delete_topic(cloud: EmbeddedCloud) -> None:
    """Delete the topic for alerts."""
    cloud.client("sns").delete_topic(TopicArn=ALERTS)


def delete_pager(cloud: EmbeddedCloud) -> None:
    """Delete the queue that is subscribed."""
    cloud.client("sqs").delete_queue(QueueUrl=url(cloud, "pager"))


def close_pager(cloud: EmbeddedCloud) -> None:
    """Let nobody send to the queue that is subscribed."""
    cloud.client("sqs").set_queue_attributes(QueueUrl=url(cloud, "pager"), Attributes={"Policy": ""})


def url(cloud: EmbeddedCloud, queue: str) -> str:
    """Return the URL of a queue."""
    return str(cloud.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"])


def send(*queues: str) -> Stage:
    """Return what leaves a message in each of these queues, half an hour ago."""

    def stage(cloud: EmbeddedCloud) -> None:
        with time_machine.travel(NOW - timedelta(minutes=30), tick=False):
            for queue in queues:
                cloud.client("sqs").send_message(QueueUrl=url(cloud, queue), MessageBody="{}")

    return stage


def delete_queue(cloud: EmbeddedCloud) -> None:
    """Delete the queue of dead letters."""
    cloud.client("sqs").delete_queue(QueueUrl=url(cloud, DEAD_LETTERS))


def forget_redrive(cloud: EmbeddedCloud) -> None:
    """Let the queue of ticks keep what the supervisor cannot handle."""
    cloud.client("sqs").set_queue_attributes(QueueUrl=url(cloud, LAUNCHES), Attributes={"RedrivePolicy": ""})


def spoil_alarms(cloud: EmbeddedCloud) -> None:
    """Delete an alarm, mute another one, aim a third elsewhere, and let a fourth ring."""
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.delete_alarms(AlarmNames=[f"{GROUP}-watch-blind"])
    cloudwatch.disable_alarm_actions(AlarmNames=[f"{GROUP}-watch-failing"])
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[f"{GROUP}-watch-gave-up"])["MetricAlarms"]
    kept = ("AlarmName", "Namespace", "MetricName", "Dimensions", "Statistic", "Period", "EvaluationPeriods")
    others = ("Threshold", "ComparisonOperator", "TreatMissingData")
    cloudwatch.put_metric_alarm(**{name: alarm[name] for name in (*kept, *others)}, AlarmActions=[ALERTS])
    cloudwatch.set_alarm_state(AlarmName=f"{GROUP}-launches-waiting", StateValue="ALARM", StateReason="too old")


def delete_supervisor(cloud: EmbeddedCloud) -> None:
    """Delete the function of the supervisor."""
    cloud.client("lambda").delete_function(FunctionName=SUPERVISOR)


def stop_watch(cloud: EmbeddedCloud) -> None:
    """Reserve no concurrency for the watch."""
    cloud.client("lambda").put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=0)


def change_supervisor(cloud: EmbeddedCloud) -> None:
    """Give the supervisor another handler, and the queue of another stack."""
    cloud.client("lambda").update_function_configuration(
        FunctionName=SUPERVISOR, Handler="main.run", Environment={"Variables": {"LAUNCHES_QUEUE_URL": "https://other"}}
    )


def spoil_mappings(cloud: EmbeddedCloud) -> None:
    """Disable the mapping of dead letters, and delete that of ticks."""
    client = cloud.client("lambda")
    of = {one["EventSourceArn"].rpartition(":")[2]: one["UUID"] for one in mappings(cloud)}
    client.update_event_source_mapping(UUID=of[DEAD_LETTERS], Enabled=False)
    client.delete_event_source_mapping(UUID=of[LAUNCHES])


def mappings(cloud: EmbeddedCloud) -> list[dict[str, Any]]:
    """Return all mappings."""
    found: list[dict[str, Any]] = cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return found


def delete_log(cloud: EmbeddedCloud) -> None:
    """Delete the log of the watch."""
    cloud.client("logs").delete_log_group(logGroupName=f"/aws/lambda/{FUNCTION}")


def distrust(cloud: EmbeddedCloud) -> None:
    """Let another service than Lambda assume the supervisor's role."""
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("iam").update_assume_role_policy(RoleName=SUPERVISOR, PolicyDocument=policy)


def forget_failures(cloud: EmbeddedCloud) -> None:
    """Keep no event that the watch could not handle."""
    cloud.client("lambda").delete_function_event_invoke_config(FunctionName=FUNCTION)


def disable_rule(cloud: EmbeddedCloud) -> None:
    """Disable the rule of the runs."""
    cloud.client("events").disable_rule(Name=RUNS)


def delete_rule(cloud: EmbeddedCloud) -> None:
    """Delete the rule that invokes the watch every five minutes."""
    events = cloud.client("events")
    events.remove_targets(Rule=LOOK, Ids=["watch"])
    events.delete_rule(Name=LOOK)


def narrow_rule(cloud: EmbeddedCloud) -> None:
    """Let the rule of the runs pass on only stops, and those of another cluster."""
    events = cloud.client("events")
    pattern = json.loads(events.describe_rule(Name=RUNS)["EventPattern"])
    pattern["detail"] |= {"clusterArn": [f"arn:aws:ecs:{PLACE}:cluster/other"], "lastStatus": ["STOPPED"]}
    events.put_rule(Name=RUNS, EventPattern=json.dumps(pattern))


def aim_elsewhere(cloud: EmbeddedCloud) -> None:
    """Let the rule of alarms that are over tell the other topic."""
    events = cloud.client("events")
    events.remove_targets(Rule=OVER, Ids=["problems"])
    events.put_targets(Rule=OVER, Targets=[{"Id": "alerts", "Arn": ALERTS}])


def refuse_rule(cloud: EmbeddedCloud) -> None:
    """Let the rule of the runs no longer invoke the watch."""
    client = cloud.client("lambda")
    policy = json.loads(client.get_policy(FunctionName=FUNCTION)["Policy"])
    [sid] = [one["Sid"] for one in policy["Statement"] if RUNS in json.dumps(one["Condition"])]
    client.remove_permission(FunctionName=FUNCTION, StatementId=sid)


def let_ledger_grow(cloud: EmbeddedCloud) -> None:
    """Let no item of the ledger expire."""
    cloud.client("dynamodb").update_time_to_live(
        TableName=table(cloud), TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"}
    )


def look_away(cloud: EmbeddedCloud) -> None:
    """Let the last look of the watch be long ago."""
    ledger_of(cloud).note_check(NOW - timedelta(hours=1), supervises=True)


def leave_holds(cloud: EmbeddedCloud) -> None:
    """Let a hold on one job end that nobody lifts, and one on the other job begin that nobody applies."""
    storage = Storage(cloud.client("ssm"), GROUP)
    for id_, name, begin, until in (("a1", "cleanup", -3, -1), ("b2", "nightly-report", -1, 3)):
        start, end = (NOW + timedelta(hours=hours) for hours in (begin, until))
        hold = Hold(id=id_, reason="move", by="ada", made=start, begin=start, until=end, jobs=(name,))
        storage.put(hold)
    step = Step("cleanup", enable=False)
    switching.switch(cloud.client("scheduler"), GROUP, step, NOW - timedelta(hours=3))


def spoil_hold(cloud: EmbeddedCloud) -> None:
    """Store a text among the holds that is none."""
    cloud.client("ssm").put_parameter(Name=f"{path(GROUP)}/by-hand", Value="{}", Type="String")


def lose_keys(cloud: EmbeddedCloud) -> None:
    """Encrypt the topics with AWS's own key and with one that is about to be deleted."""
    kms, sns = cloud.client("kms"), cloud.client("sns")
    key = kms.create_key()["KeyMetadata"]
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    for topic, value in ((ALERTS, key["Arn"]), (PROBLEMS, "alias/aws/sns")):
        sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=value)


def table(cloud: EmbeddedCloud) -> str:
    """Return the name of the ledger's table."""
    found = cloud.client("lambda").get_function_configuration(FunctionName=FUNCTION)
    return str(found["Environment"]["Variables"][LEDGER])


FAULTS: list[tuple[list[Stage], list[str]]] = [
    ([unsubscribe, close_problems], ["nobody-subscribed", "topic-policy"]),
    ([filter_all_out, delete_pager], ["alert-endpoint-missing", "alert-unheard"]),
    ([delete_topic, delete_queue], ["dead-letters-gone", "queue-missing", "topic-missing"]),
    ([close_pager, forget_redrive], ["alert-endpoint-closed", "queue-redrive"]),
    ([send(DEAD_LETTERS, GIVEN_UP, LAUNCHES)], ["given-up-waiting", "messages-waiting"]),
    ([spoil_alarms], ["alarm-missing", "alarm-muted", "alarm-not-aimed", "alarm-ringing"]),
    ([stop_watch, change_supervisor], ["function-changed", "function-stopped"]),
    ([spoil_mappings], ["mapping-disabled", "mapping-missing"]),
    ([delete_supervisor, forget_failures], ["failures-lost", "function-missing"]),
    ([distrust, disable_rule], ["function-role", "rule-disabled"]),
    ([narrow_rule, delete_rule], ["cluster-unwatched", "rule-changed", "rule-missing"]),
    ([aim_elsewhere, refuse_rule], ["rule-not-aimed", "rule-not-permitted"]),
    ([let_ledger_grow, look_away], ["ledger-grows", "watch-silent"]),
    ([leave_holds], ["hold-not-kept", "hold-not-lifted", "schedule-disabled"]),
    ([spoil_hold], ["hold-unreadable"]),
    ([lose_keys, delete_log], ["alert-key-of-aws", "alert-key-unusable", "function-log-missing"]),
]


@pytest.mark.parametrize(("stages", "codes"), FAULTS, ids=["+".join(codes) for _, codes in FAULTS])
def test_faults_are_found(stages: list[Stage], codes: list[str], cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """They are the only things that are broken, and the command says so with its exit code."""
    for stage in stages:
        stage(cloud)
    assert sorted(set(doctor.broken())) == codes
    assert doctor.runs(*WHERE)[0] == 1


def test_who_has_not_confirmed_is_told(doctor: Doctor, cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox needs no confirmation. AWS lists a word in place of the ARN (SNS API reference, Subscribe)."""
    pending = {"Protocol": "email", "Endpoint": "ops@example.com", "SubscriptionArn": "PendingConfirmation"}
    listed = {"Subscriptions": [pending]}
    monkeypatch.setitem(cloud.embedded.gateway._answers, ("sns", "ListSubscriptionsByTopic"), lambda _: listed)
    assert doctor.broken() == ["subscription-unconfirmed"] * 2


def test_the_stack_file_tells_who_should_be_subscribed(
    doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that is not subscribed gets neither alerts nor problems; the filter of another one is changed.

    The address of a chat is encrypted, so only its absence is seen.
    """
    stack_file = """
config:
  scheduled-jobs:placements: {}
  scheduled-jobs:schedules: {}
  scheduled-jobs:alerts:
    email: [{to: ops@example.com, owners: [data]}, boss@example.com]
    https: [{secure: AAABAIXvLk8=}]
"""
    (tmp_path / "Pulumi.staging.yaml").write_text(stack_file)
    monkeypatch.setattr(configured, "CHECKOUT", tmp_path)
    codes = ["alert-endpoint-not-subscribed"] * 4 + ["subscription-filter-changed"]
    assert sorted(doctor.broken("--stack", "staging")) == codes
    (tmp_path / "Pulumi.staging.yaml").write_text(stack_file.replace("owners: [data]", "owners: 1"))
    assert doctor.broken("--stack", "staging") == []


def test_without_the_ledger_nothing_else_is_told(doctor: Doctor, cloud: EmbeddedCloud) -> None:
    """And so it is without the watch, which names the ledger."""
    name = table(cloud)
    cloud.client("dynamodb").delete_table(TableName=name)
    assert doctor.broken() == ["ledger-missing"]
    code, out, _ = doctor.runs(*WHERE)
    assert (code, out.splitlines()[0].partition(": ")[0]) == (1, f"watch ledger {name}")
    cloud.client("lambda").delete_function(FunctionName=FUNCTION)
    assert doctor.broken("nightly-report") == ["function-missing"]


def test_a_stack_that_is_not_there_is_an_error(doctor: Doctor) -> None:
    """A misspelt group has no watch either, and nothing of it is broken."""
    _, _, region, place = WHERE
    assert "is the stack deployed there, with a watch?" in doctor.fails("--group", "jobs-stagin", region, place)


def test_who_looks_may_see_the_way_of_the_alerts(doctor: Doctor, cloud: EmbeddedCloud) -> None:
    """The policies in docs/permissions.md allow every call. Without any action of them, one is refused."""
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    for topic in (ALERTS, PROBLEMS):
        cloud.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key)
    send(LAUNCHES)(cloud)
    assert doctor.broken() == ["messages-waiting"]
    of_tasks = {"task_role": "task", "execution_role": "execution", "repository": "app"}
    names = {**NAMES, **of_tasks, "kms_key": key.rpartition("/")[2]}
    policies = [permissions.policy(title, **names) for title in (*permissions.ROLES["looks"], permissions.KEYED_LOOK)]
    asked = doctor.asked()
    assert {"cloudwatch:GetMetricData", "kms:DescribeKey"} <= {each.action for each in asked}
    assert [str(evaluate(each, policies).reason) for each in asked if not evaluate(each, policies).allowed] == []
    for action in {each.action for each in asked}:
        lessened = [without(policy, action) for policy in policies]
        assert not all(evaluate(each, lessened).allowed for each in asked), action
