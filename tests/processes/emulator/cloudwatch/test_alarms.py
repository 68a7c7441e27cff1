"""Alarms change their state from minute to minute, and notify topics that allow it as CloudWatch does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.cloudwatch.alarm_notification import region_name
from emulator.cloudwatch.metrics import Metric
from emulator.fault_injection.faults import Fault, Kind
from tests.processes.emulator.events.test_bus import TOPIC, rule
from tests.processes.emulator.world import (
    ACCOUNT,
    DEAD,
    GROUP,
    INPUT,
    REGION,
    START,
    client,
    document,
    refusal,
    service_may,
)

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

ERRORS = Metric.of(REGION, "AWS/Lambda", "Errors", FunctionName="jobs-watch")
ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:errors"
EVERY = timedelta(minutes=5)
CROSSED = (
    "Threshold Crossed: 1 out of the last 1 datapoints [3.0 (04/01/27 00:01:00)] was greater than or equal to the "
    "threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
)


@pytest.fixture(autouse=True)
def topic(world: World) -> None:
    """Create a topic with a subscription by e-mail."""
    client("sns").create_topic(Name="alerts")
    client("sns").subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="ops@example.com")


def put(**changes: Any) -> None:  # noqa: ANN401 - members of a request
    """Put an alarm on errors with periods of five minutes; None leaves a member out."""
    request = {
        "AlarmName": "errors",
        "AlarmDescription": "The watch fails.",
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": "jobs-watch"}],
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [TOPIC],
        "OKActions": [TOPIC],
        **changes,
    }
    client("cloudwatch").put_metric_alarm(**{name: value for name, value in request.items() if value is not None})


def state(name: str = "errors") -> str:
    """Return the state of an alarm, as DescribeAlarms shows it."""
    (alarm,) = client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarm["StateValue"])


def changes(world: World) -> list[tuple[str, str, str]]:
    """Return the changes of state, with their times."""
    return [(f"{change.at:%H:%M}", change.old, change.new) for change in world.aws.alarms.changes]


def test_changes(world: World) -> None:
    """An alarm begins without data, and follows its metric each minute until its last datapoint is too old."""
    put()
    assert state() == "INSUFFICIENT_DATA"
    world.advance(minutes=7)
    assert state() == "OK"
    world.aws.metrics.put(ERRORS)
    world.advance(minutes=1)
    assert state() == "ALARM"
    world.advance(minutes=60)
    assert changes(world) == [
        ("00:01", "INSUFFICIENT_DATA", "OK"),
        ("00:08", "OK", "ALARM"),
        ("00:23", "ALARM", "OK"),
    ]


@pytest.mark.parametrize(
    ("periods", "minutes", "last", "changed"),
    [(1, 15, "19:50:31", "20:36"), (8, 15, "05:43:53", "08:14")],
    ids=["one", "eight"],
)
def test_recorded_delays(world: World, periods: int, minutes: int, last: str, changed: str) -> None:
    """An alarm whose metric ends changes its state as late as alarms of AWS whose owners recorded it."""
    breaching = periods == 8
    at = datetime.combine(START.date(), datetime.strptime(last, "%H:%M:%S").time(), UTC)  # noqa: DTZ007 - a time alone
    world.clock.move_to(at - timedelta(minutes=10))
    put(
        Period=60 * minutes,
        EvaluationPeriods=periods,
        Threshold=0,
        ComparisonOperator="LessThanOrEqualToThreshold" if breaching else "GreaterThanThreshold",
        TreatMissingData="breaching" if breaching else "notBreaching",
    )
    world.aws.metrics.put(ERRORS)
    world.clock.move_to(at)
    world.aws.metrics.put(ERRORS, 2)
    world.advance(hours=6)
    assert changes(world)[-1][0] == changed
    assert changes(world)[-1][2] == ("ALARM" if breaching else "OK")


def test_notification(world: World) -> None:
    """The notification has CloudWatch's message and subject, and goes to the actions of the new state."""
    put(OKActions=None)
    world.advance(minutes=5)
    world.aws.metrics.put(ERRORS, 3)
    world.advance(minutes=10)
    (mail,) = world.aws.topics.mailbox
    assert (mail.subject, mail.at) == ('ALARM: "errors" in EU (Frankfurt)', START + timedelta(minutes=6))
    assert json.loads(mail.body) == {
        "AlarmName": "errors",
        "AlarmDescription": "The watch fails.",
        "AWSAccountId": ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": "2027-01-04T00:00:00.000+0000",
        "NewStateValue": "ALARM",
        "NewStateReason": CROSSED,
        "StateChangeTime": "2027-01-04T00:06:00.000+0000",
        "Region": "EU (Frankfurt)",
        "AlarmArn": ARN,
        "OldStateValue": "OK",
        "OKActions": [],
        "AlarmActions": [TOPIC],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "Errors",
            "Namespace": "AWS/Lambda",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": None,
            "Dimensions": [{"value": "jobs-watch", "name": "FunctionName"}],
            "Period": 300,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1.0,
            "TreatMissingData": "notBreaching",
            "EvaluateLowSampleCountPercentile": "",
        },
    }


def test_event(world: World) -> None:
    """Each change of state is an event on the bus, also by hand and without actions, which rules can match."""
    changed = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}
    rule(DEAD, pattern={**changed, "detail": {"alarmName": [{"prefix": "err"}]}})
    put(ActionsEnabled=False)
    world.advance(minutes=5)
    world.aws.metrics.put(ERRORS, 3)
    world.advance(minutes=20)
    client("cloudwatch").set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="A try")
    first, second, third, by_hand = (json.loads(message["Body"]) for message in world.messages())
    states = [
        (each["detail"]["previousState"]["value"], each["detail"]["state"]["value"]) for each in (first, second, third)
    ]
    assert states == [("INSUFFICIENT_DATA", "OK"), ("OK", "ALARM"), ("ALARM", "OK")]
    for earlier, later in ((first, second), (second, third), (third, by_hand)):
        assert later["detail"]["previousState"] == earlier["detail"]["state"]
    assert "reasonData" not in first["detail"]["previousState"]
    assert json.loads(first["detail"]["state"]["reasonData"]) == {
        "version": "1.0",
        "queryDate": "2027-01-04T00:01:00.000+0000",
        "statistic": "Sum",
        "period": 300,
        "recentDatapoints": [],
        "threshold": 1.0,
    }
    assert {name: value for name, value in second.items() if name not in {"id", "detail"}} == {
        "version": "0",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": ACCOUNT,
        "time": "2027-01-04T00:06:00Z",
        "region": REGION,
        "resources": [ARN],
    }
    (metric,) = second["detail"]["configuration"].pop("metrics")
    assert {name: value for name, value in metric.items() if name != "id"} == {
        "metricStat": {
            "metric": {
                "namespace": "AWS/Lambda",
                "name": "Errors",
                "dimensions": {"FunctionName": "jobs-watch"},
            },
            "period": 300,
            "stat": "Sum",
        },
        "returnData": True,
    }
    data = json.loads(second["detail"]["state"].pop("reasonData"))
    assert (data["startDate"], data["recentDatapoints"]) == ("2027-01-04T00:01:00.000+0000", [3.0])
    assert second["detail"] == {
        "alarmName": "errors",
        "configuration": {"description": "The watch fails."},
        "previousState": first["detail"]["state"],
        "state": {"value": "ALARM", "reason": CROSSED, "timestamp": "2027-01-04T00:06:00.000+0000"},
    }
    assert by_hand["detail"]["state"] == {
        "value": "ALARM",
        "reason": "A try",
        "timestamp": "2027-01-04T00:25:00.000+0000",
    }


POLICIES = {
    "default": (None, True),
    "of cloudwatch": (service_may("cloudwatch.amazonaws.com", "sns:Publish", TOPIC), True),
    "of this alarm": (
        document(
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": TOPIC,
                "Condition": {"ArnEquals": {"aws:SourceArn": ARN}, "StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }
        ),
        True,
    ),
    "of another service": (service_may("events.amazonaws.com", "sns:Publish", TOPIC), False),
}


@pytest.mark.parametrize(("policy", "lets"), POLICIES.values(), ids=POLICIES)
def test_topic_policy(world: World, policy: str | None, lets: bool) -> None:  # noqa: FBT001 - a table's column
    """The topic's policy decides, and a change that could not be sent has the reason."""
    if policy is not None:
        client("sns").set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy)
    put()
    world.advance(minutes=5)
    (change,) = world.aws.alarms.changes
    assert len(world.aws.topics.mailbox) == int(lets)
    assert ("cloudwatch.amazonaws.com may not publish" in (change.error or "")) == (not lets)


def test_action_that_is_no_topic(world: World) -> None:
    """An action that the sandbox does not support is named."""
    action = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:x"
    put(OKActions=[action, TOPIC])
    world.advance(minutes=5)
    assert world.aws.alarms.changes[0].error == f"the sandbox sends notifications to SNS topics only, not to {action}"
    assert len(world.aws.topics.mailbox) == 1


def test_actions_switched_off(world: World) -> None:
    """An alarm whose actions are disabled changes its state without a notification."""
    put(ActionsEnabled=False)
    world.advance(minutes=5)
    assert changes(world) == [("00:01", "INSUFFICIENT_DATA", "OK")]
    assert world.aws.topics.mailbox == []


def test_insufficient_data_is_told(world: World) -> None:
    """A change back to no data notifies the actions of that state."""
    put(TreatMissingData="missing", InsufficientDataActions=[TOPIC], OKActions=None)
    world.aws.metrics.put(ERRORS, 0)
    world.advance(minutes=20)
    assert [mail.subject for mail in world.aws.topics.mailbox] == ['INSUFFICIENT_DATA: "errors" in EU (Frankfurt)']


@pytest.mark.parametrize(
    ("begins", "period", "periods", "first"),
    [
        (timedelta(0), 300, 1, timedelta(minutes=1)),
        (timedelta(seconds=1), 300, 1, timedelta(minutes=1)),
        (timedelta(minutes=2, seconds=59), 900, 3, timedelta(minutes=3)),
        (timedelta(seconds=11), 30, 1, timedelta(seconds=20)),
        (timedelta(minutes=1), 3600, 25, timedelta(hours=1)),
    ],
    ids=["on the clock", "off the clock", "several periods", "seconds", "more than a day"],
)
def test_first_evaluation(world: World, begins: timedelta, period: int, periods: int, first: timedelta) -> None:
    """A new alarm is evaluated as soon as any other, and nothing had a chance to happen before."""
    world.clock.move_to(START + begins)
    put(Period=period, EvaluationPeriods=periods, TreatMissingData="breaching")
    assert world.aws.alarms.next_moment() == START + first
    world.advance(hours=2)
    (change,) = world.aws.alarms.changes
    assert (change.at, change.old, change.new) == (START + first, "INSUFFICIENT_DATA", "ALARM")
    counted = (
        "1 period and 1 missing datapoint was"
        if periods == 1
        else f"{periods} periods and {periods} missing datapoints were"
    )
    assert change.reason == f"Threshold Crossed: no datapoints were received for {counted} treated as [Breaching]."
    (mail,) = world.aws.topics.mailbox
    assert mail.subject.startswith("ALARM")


def test_before_its_creation(world: World) -> None:
    """A new alarm is judged by the data from before its creation too."""
    world.aws.metrics.put(ERRORS, 0)
    world.clock.move_to(START + timedelta(minutes=10))
    put(TreatMissingData="breaching")
    world.advance(minutes=4)
    assert changes(world) == [("00:11", "INSUFFICIENT_DATA", "OK")]
    assert [mail.subject for mail in world.aws.topics.mailbox] == ['OK: "errors" in EU (Frankfurt)']


WARM_UPS: dict[str, tuple[dict[str, Any], str | None]] = {
    # what is configured, and the time of the first evaluation when data comes after seven minutes
    "until there is data": ({"WarmUpPeriodDurationInMinutes": 30}, "00:08"),
    "until it is over": ({"WarmUpPeriodDurationInMinutes": 3}, "00:03"),
    "whole": (
        {"WarmUpPeriodDurationInMinutes": 30, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True},
        "00:30",
    ),
}


@pytest.mark.parametrize(("configuration", "first"), WARM_UPS.values(), ids=WARM_UPS)
def test_warm_up(world: World, configuration: dict[str, Any], first: str) -> None:
    """A new alarm with a warm-up is not evaluated before there is data or the warm-up is over, and shows it."""
    put(TreatMissingData="breaching", Threshold=0, WarmUpConfiguration=configuration)
    (alarm,) = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarm["WarmUpConfiguration"] == configuration
    world.advance(minutes=7)
    world.aws.metrics.put(ERRORS, 1)
    world.advance(minutes=40)
    assert changes(world)[0] == (first, "INSUFFICIENT_DATA", "ALARM")


def test_warm_up_that_changes(world: World) -> None:
    """A warm-up counts from the alarm's creation, may be changed, and begins only once."""
    shared = {"TreatMissingData": "breaching"}
    put(**shared, WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 10})
    world.advance(minutes=9)
    put(**shared, WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 20})
    world.advance(minutes=10)
    assert changes(world) == []
    world.advance(minutes=1)
    assert changes(world) == [("00:20", "INSUFFICIENT_DATA", "ALARM")]
    put(WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 60})
    world.advance(minutes=5)
    assert state() == "OK"
    put()
    (alarm,) = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert "WarmUpConfiguration" not in alarm


def test_period_of_seconds(world: World) -> None:
    """An alarm whose period is half a minute is evaluated every ten seconds."""
    put(Period=30)
    world.advance(seconds=25)
    world.aws.metrics.put(ERRORS)
    world.advance(minutes=5)
    assert [(change.at - START).total_seconds() for change in world.aws.alarms.changes] == [10, 30, 120]


def test_several_periods(world: World) -> None:
    """As many of the last datapoints as the alarm sets must breach, and the message has their number."""
    put(EvaluationPeriods=3, DatapointsToAlarm=2)
    for minutes in (15, 5, 10, 30):
        world.advance(minutes=minutes)
        world.aws.metrics.put(ERRORS)
    world.advance(minutes=10)
    assert changes(world) == [
        ("00:01", "INSUFFICIENT_DATA", "OK"),
        ("00:21", "OK", "ALARM"),
        ("00:46", "ALARM", "OK"),
    ]
    trigger = json.loads(world.aws.topics.mailbox[0].body)["Trigger"]
    assert (trigger["EvaluationPeriods"], trigger["DatapointsToAlarm"]) == (3, 2)


@pytest.mark.parametrize(
    ("statistic", "value"), [("Sum", 6), ("Average", 2), ("Minimum", 1), ("Maximum", 3), ("SampleCount", 3)]
)
def test_statistics(world: World, statistic: str, value: float) -> None:
    """Each statistic is computed from all datapoints of a period."""
    put(Statistic=statistic, Threshold=value)
    put(Statistic=statistic, Threshold=value + 0.5, AlarmName="above")
    for each in (1, 2, 3):
        world.aws.metrics.put(ERRORS, each)
    world.advance(minutes=5)
    assert (state(), state("above")) == ("ALARM", "OK")


def test_put_again(world: World) -> None:
    """An alarm that is put again keeps its state until its next evaluation."""
    put()
    world.advance(minutes=5)

    def described() -> dict[str, Any]:
        (alarm,) = client("cloudwatch").describe_alarms()["MetricAlarms"]
        return {name: alarm[name] for name in ("StateValue", "StateReason", "StateUpdatedTimestamp")}

    before = described()
    world.clock.move_to(START + timedelta(minutes=6))
    put(Threshold=0)
    assert described() == before
    world.aws.metrics.put(ERRORS, 0)
    world.advance(minutes=1)
    assert state() == "ALARM"


def test_deleted(world: World) -> None:
    """A deleted alarm is no longer evaluated."""
    put()
    world.advance(minutes=5)
    client("cloudwatch").delete_alarms(AlarmNames=["errors"])
    world.aws.metrics.put(ERRORS)
    world.advance(hours=1)
    assert changes(world) == [("00:01", "INSUFFICIENT_DATA", "OK")]
    assert world.aws.alarms.next_moment() is None


def test_order(world: World) -> None:
    """Alarms that change at the same time change in the order of their names."""
    for name in ("b", "c", "a"):
        put(AlarmName=name)
    world.advance(minutes=5)
    assert [change.alarm for change in world.aws.alarms.changes] == ["a", "b", "c"]


def test_set_by_hand(world: World) -> None:
    """A state that is set by hand is sent like any other, and the next evaluation uses the metric again."""
    put(OKActions=None)
    world.advance(minutes=5)
    set_state = client("cloudwatch").set_alarm_state
    for _ in range(2):  # the second time it changes nothing
        set_state(AlarmName="errors", StateValue="ALARM", StateReason="A try")
    (mail,) = world.aws.topics.mailbox
    assert json.loads(mail.body)["NewStateReason"] == "A try"
    world.advance(minutes=5)
    assert state() == "OK"
    code, _ = refusal(lambda: set_state(AlarmName="none", StateValue="OK", StateReason="A try"))
    assert code == "ResourceNotFound"


QUEUE = {"Namespace": "AWS/SQS", "Dimensions": [{"Name": "QueueName", "Value": "dead"}], "Statistic": "Maximum"}


def test_age_of_a_queue(world: World) -> None:
    """The age of a queue's oldest message is measured at each evaluation; it is zero for an empty queue."""
    request = {**QUEUE, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "missing"}
    put(MetricName="ApproximateAgeOfOldestMessage", Threshold=900, **request)
    world.advance(minutes=2)
    world.aws.send_dead_letter(DEAD, "x", {})
    world.advance(minutes=30)
    assert changes(world) == [("00:01", "INSUFFICIENT_DATA", "OK"), ("00:18", "OK", "ALARM")]
    client("sqs").purge_queue(QueueUrl=client("sqs").get_queue_url(QueueName="dead")["QueueUrl"])
    world.advance(minutes=5)
    assert state() == "OK"


def test_length_of_a_queue(world: World) -> None:
    """The number of visible messages is measured at each evaluation."""
    put(MetricName="ApproximateNumberOfMessagesVisible", Threshold=2, **QUEUE)
    world.aws.send_dead_letter(DEAD, "x", {})
    world.advance(minutes=5)
    assert state() == "OK"
    world.aws.send_dead_letter(DEAD, "y", {})
    world.advance(minutes=5)
    assert state() == "ALARM"


def test_queue_that_is_gone(world: World) -> None:
    """A queue that does not exist has no measurements."""
    gone = {**QUEUE, "Dimensions": [{"Name": "QueueName", "Value": "gone"}], "TreatMissingData": "missing"}
    put(MetricName="ApproximateNumberOfMessagesVisible", Threshold=0, **gone)
    world.advance(minutes=5)
    assert state() == "INSUFFICIENT_DATA"


def test_dead_letters_that_are_lost(world: World) -> None:
    """Scheduler counts attempts, errors, sent dead letters and lost dead letters by schedule group."""
    world.schedule("report", "cron(0 * * * ? *)", Target={"Input": json.dumps({**INPUT, "Group": f"{GROUP}:report"})})
    world.aws.faults.stage(Fault(Kind.LAUNCH, "report"), 2)
    world.advance(hours=1)
    world.allow("RunTask", "PassRole", "TagResource")
    world.advance(hours=2)

    def counted(name: str) -> list[str]:
        metric = Metric.of(REGION, "AWS/Scheduler", name, ScheduleGroup=GROUP)
        hours = [START + timedelta(hours=hour) for hour in range(5)]
        return [f"{hour:%H}" for hour in hours if world.aws.metrics.values(metric, hour, hour + timedelta(hours=1))]

    assert counted("InvocationAttemptCount") == ["01", "02", "03"]
    assert counted("TargetErrorCount") == ["01", "02"]
    assert counted("InvocationsSentToDeadLetterCount") == ["01"]
    assert counted("InvocationsFailedToBeSentToDeadLetterCount") == ["02"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a percentile": ({"ExtendedStatistic": "p99", "Statistic": None}, "ExtendedStatistic"),
    "a query": ({"EvaluationCriteria": {"PromQLCriteria": {"Query": "up"}}}, "EvaluationCriteria"),
    "an interval": ({"EvaluationInterval": 60}, "EvaluationInterval"),
    "tags in notifications": ({"ActionConfiguration": {"AlarmTagsPropagation": {"Enabled": True}}}, "ActionConfig"),
    "a window by the clock": ({"EvaluationWindow": {"WallClockWindow": {}}}, "WallClockWindow"),
    "no statistic": ({"Statistic": None}, "Statistic"),
    "no period": ({"Period": None}, "Period"),
    "no metric": ({"MetricName": None, "Namespace": None}, "MetricName, Namespace"),
    "anomalies": ({"ComparisonOperator": "LessThanLowerThreshold"}, "LessThanLowerThreshold"),
    "an odd period": ({"Period": 90}, "multiple of 60"),
    "more than a day": ({"Period": 300, "EvaluationPeriods": 289}, "more than a day"),
    "more than a week": ({"Period": 86400, "EvaluationPeriods": 8}, "more than 7 days"),
    "more than there are": ({"EvaluationPeriods": 2, "DatapointsToAlarm": 3}, "DatapointsToAlarm"),
    "unknown treatment": ({"TreatMissingData": "good"}, "TreatMissingData good"),
}


@pytest.mark.parametrize(("given", "named"), REFUSED.values(), ids=REFUSED)
def test_refused(world: World, given: dict[str, Any], named: str) -> None:
    """An alarm that AWS refuses or that the sandbox cannot evaluate is refused when it is put."""
    code, message = refusal(lambda: put(**given))
    assert code == "ValidationError"
    assert named in message
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("eu-central-1", "EU (Frankfurt)"),
        ("us-east-1", "US East (N. Virginia)"),
        ("mars-1", "mars-1"),
    ],
)
def test_region_names(region: str, name: str) -> None:
    """Regions have the names that CloudWatch's messages use."""
    assert region_name(region) == name


def test_long_subject(world: World) -> None:
    """A subject is cut to the number of characters that SNS allows."""
    put(AlarmName="a" * 200)
    world.advance(minutes=5)
    assert len(world.aws.topics.mailbox[0].subject) == 100


def test_live_clock_is_late(world: World) -> None:
    """Evaluations that a live clock missed are made in their order, each with its own datapoints."""
    put()
    world.aws.alarms.next_moment()
    world.clock.move_to(START + EVERY + timedelta(minutes=1))
    world.aws.metrics.put(ERRORS)
    late = datetime(2027, 1, 4, 0, 27, tzinfo=UTC)
    world.clock.move_to(late)
    world.aws.alarms.fire(late)
    assert [(change.old, change.new) for change in world.aws.alarms.changes] == [
        ("INSUFFICIENT_DATA", "OK"),
        ("OK", "ALARM"),
        ("ALARM", "OK"),
    ]
    assert world.aws.alarms.next_moment() == late + timedelta(minutes=1)
