"""Requests are checked against their service's model, with AWS's words and error codes."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.gateway.java_regex import compile_java
from emulator.gateway.request_validation import error_code, error_message, untranslatable, violations

ROLE = "arn:aws:iam::111122223333:role/launch"
SCHEDULE: dict[str, Any] = {
    "Name": "nightly-report",
    "GroupName": "jobs-staging",
    "ScheduleExpression": "cron(0 2 * * ? *)",
    "ScheduleExpressionTimezone": "Europe/Berlin",
    "StartDate": dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
    "State": "ENABLED",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {
        "Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask",
        "RoleArn": ROLE,
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 900},
        "Input": "{}",
    },
}


def schedule(**changes: object) -> dict[str, Any]:
    """Return a CreateSchedule request; a change to None leaves the member out."""
    return {**SCHEDULE, **changes}


def target(**changes: object) -> dict[str, Any]:
    """Return a CreateSchedule request with a changed target."""
    return schedule(Target={**SCHEDULE["Target"], **changes})


def breach(value: str, path: str, constraint: str) -> list[str]:
    """Return the text of one violation."""
    return [f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"]


ROLE_PATTERN = r"Member must satisfy regular expression pattern: arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@\/-]+"
SCHEDULES = {
    "right": (schedule(), []),
    "as text": (target(RetryPolicy={"MaximumRetryAttempts": "3"}), []),
    "start as a number": (schedule(StartDate=1772323200), []),
    "start as text": (schedule(StartDate="2026-03-01T00:00:00Z"), []),
    "start as nothing": (schedule(StartDate=""), breach("''", "startDate", "Member must be of type timestamp")),
    "start as a truth": (schedule(StartDate=True), breach("'True'", "startDate", "Member must be of type timestamp")),
    "at the limits": (
        target(RetryPolicy={"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 60}),
        [],
    ),
    "64 characters": (schedule(Name="n" * 64), []),
    "a list for a number": (
        target(RetryPolicy={"MaximumRetryAttempts": []}),
        breach("'[]'", "target.retryPolicy.maximumRetryAttempts", "Member must be of type integer"),
    ),
    "65 characters": (
        schedule(Name="n" * 65),
        breach(f"'{'n' * 65}'", "name", "Member must have length less than or equal to 64"),
    ),
    "no name": (schedule(Name=None), breach("null", "name", "Member must not be null")),
    "bad character": (
        schedule(Name="nightly report"),
        breach("'nightly report'", "name", "Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+"),
    ),
    "line break after the name": (
        schedule(Name="report\n"),
        breach("'report\n'", "name", "Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+"),
    ),
    "bad state": (
        schedule(State="ON"),
        breach("'ON'", "state", "Member must satisfy enum value set: [ENABLED, DISABLED]"),
    ),
    "no window": (schedule(FlexibleTimeWindow=None), breach("null", "flexibleTimeWindow", "Member must not be null")),
    "bad role": (target(RoleArn="launch"), breach("'launch'", "target.roleArn", ROLE_PATTERN)),
    "role and more": (target(RoleArn=f"{ROLE} "), breach(f"'{ROLE} '", "target.roleArn", ROLE_PATTERN)),
    "too many retries": (
        target(RetryPolicy={"MaximumRetryAttempts": 186}),
        breach("'186'", "target.retryPolicy.maximumRetryAttempts", "Member must have value less than or equal to 185"),
    ),
    "too short an age": (
        target(RetryPolicy={"MaximumEventAgeInSeconds": 59}),
        breach(
            "'59'", "target.retryPolicy.maximumEventAgeInSeconds", "Member must have value greater than or equal to 60"
        ),
    ),
    "not a number": (
        target(RetryPolicy={"MaximumRetryAttempts": True}),
        breach("'True'", "target.retryPolicy.maximumRetryAttempts", "Member must be of type integer"),
    ),
    "not whole": (
        target(RetryPolicy={"MaximumRetryAttempts": 1.5}),
        breach("'1.5'", "target.retryPolicy.maximumRetryAttempts", "Member must be of type integer"),
    ),
    "not a structure": (schedule(Target="arn"), breach("'arn'", "target", "Member must be of type structure")),
    "not a string": (schedule(Name=5), breach("'5'", "name", "Member must be of type string")),
    "unknown member": (
        schedule(FlexibleTimeWindow={"Mode": "OFF", "mode": "OFF"}),
        breach("'OFF'", "flexibleTimeWindow.mode", "Member must be one of [Mode, MaximumWindowInMinutes]"),
    ),
}


@pytest.mark.parametrize(("params", "expected"), SCHEDULES.values(), ids=SCHEDULES.keys())
def test_create_schedule(params: dict[str, Any], expected: list[str]) -> None:
    """Each constraint of CreateSchedule is enforced, and another representation alone is not a violation."""
    assert violations("scheduler", "CreateSchedule", params) == expected


TAG_PATTERN = r"Member must satisfy regular expression pattern: ([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"
REQUESTS: dict[str, tuple[str, str, dict[str, Any], list[str]]] = {
    "ecs RunTask": (
        "ecs",
        "RunTask",
        {"taskDefinition": "web", "launchType": "FARGATE", "tags": [{"key": "Eigentümer", "value": "日本"}]},
        [],
    ),
    "ecs RunTask, boolean": ("ecs", "RunTask", {"taskDefinition": "web", "enableExecuteCommand": True}, []),
    "ecs RunTask, boolean as text": ("ecs", "RunTask", {"taskDefinition": "web", "enableExecuteCommand": "false"}, []),
    "ecs RunTask, not a boolean": (
        "ecs",
        "RunTask",
        {"taskDefinition": "web", "enableExecuteCommand": "yes"},
        breach("'yes'", "enableExecuteCommand", "Member must be of type boolean"),
    ),
    "ecs RunTask, a number for a boolean": (
        "ecs",
        "RunTask",
        {"taskDefinition": "web", "enableExecuteCommand": 1},
        breach("'1'", "enableExecuteCommand", "Member must be of type boolean"),
    ),
    "ecs RunTask, missing": ("ecs", "RunTask", {}, breach("null", "taskDefinition", "Member must not be null")),
    "ecs RunTask, in a list": (
        "ecs",
        "RunTask",
        {"taskDefinition": "web", "tags": [{"key": "a", "value": "b"}, {"key": "a;", "value": "b"}]},
        breach("'a;'", "tags.2.member.key", TAG_PATTERN),
    ),
    "ecs RunTask, not a list": (
        "ecs",
        "RunTask",
        {"taskDefinition": "web", "tags": {"key": "a"}},
        breach("'{'key': 'a'}'", "tags", "Member must be of type list"),
    ),
    "sns CreateTopic": ("sns", "CreateTopic", {"Name": "alerts", "Attributes": {"DisplayName": "Alerts"}}, []),
    "sns CreateTopic, missing": ("sns", "CreateTopic", {}, breach("null", "name", "Member must not be null")),
    "sns CreateTopic, empty tag": (
        "sns",
        "CreateTopic",
        {"Name": "alerts", "Tags": [{"Key": "", "Value": ""}]},
        breach("''", "tags.1.member.key", "Member must have length greater than or equal to 1"),
    ),
    "events PutRule": ("events", "PutRule", {"Name": "alert", "EventPattern": "{}", "State": "ENABLED"}, []),
    "events PutRule, name": (
        "events",
        "PutRule",
        {"Name": "an alert"},
        breach("'an alert'", "name", r"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+"),
    ),
    "events PutTargets, empty list": (
        "events",
        "PutTargets",
        {"Rule": "alert", "Targets": []},
        breach("'[]'", "targets", "Member must have length greater than or equal to 1"),
    ),
    "iam CreateRole": ("iam", "CreateRole", {"RoleName": "launch", "AssumeRolePolicyDocument": "{}"}, []),
    "iam CreateRole, duration": (
        "iam",
        "CreateRole",
        {"RoleName": "launch", "AssumeRolePolicyDocument": "{}", "MaxSessionDuration": "60"},
        breach("'60'", "maxSessionDuration", "Member must have value greater than or equal to 3600"),
    ),
    "sqs CreateQueue": ("sqs", "CreateQueue", {"QueueName": "dead", "Attributes": {"DelaySeconds": "0"}}, []),
    "sqs CreateQueue, not a map": (
        "sqs",
        "CreateQueue",
        {"QueueName": "dead", "Attributes": ["DelaySeconds"]},
        breach("'['DelaySeconds']'", "attributes", "Member must be of type map"),
    ),
    "sqs SendMessage, bytes": (
        "sqs",
        "SendMessage",
        {
            "QueueUrl": "dead",
            "MessageBody": "x",
            "MessageAttributes": {"a": {"DataType": "Binary", "BinaryValue": b"x"}},
        },
        [],
    ),
    "lambda Invoke, blob": ("lambda", "Invoke", {"FunctionName": "watch", "Payload": "{}"}, []),
    "secretsmanager, no enums": (
        "secretsmanager",
        "ListSecrets",
        {"SortOrder": "sideways"},
        [],
    ),
    "no input at all": ("iam", "GetAccountSummary", {"Bogus": "x"}, breach("'x'", "bogus", "Member must be one of []")),
}


@pytest.mark.parametrize(("service", "operation", "params", "expected"), REQUESTS.values(), ids=REQUESTS.keys())
def test_other_services(service: str, operation: str, params: dict[str, Any], expected: list[str]) -> None:
    """Every service's requests are checked against its own model."""
    assert violations(service, operation, params) == expected


def test_map_keys() -> None:
    """The keys of a map are checked against their enum."""
    (found,) = violations("sqs", "CreateQueue", {"QueueName": "dead", "Attributes": {"Delay": "0"}})
    assert found.startswith("Value 'Delay' at 'attributes.key' failed to satisfy constraint: Member must satisfy enum")


def test_sensitive_values_are_not_shown() -> None:
    """A value that its model marks as sensitive never appears in a violation."""
    found = violations("secretsmanager", "PutSecretValue", {"SecretId": "s", "SecretString": "x" * 65537})
    assert found == breach("'***'", "secretString", "Member must have length less than or equal to 65536")


def test_error_message() -> None:
    """Several violations are counted and joined as by AWS."""
    found = violations("scheduler", "CreateSchedule", schedule(State="ON", FlexibleTimeWindow=None))
    assert error_message(found[:1]) == f"1 validation error detected: {found[0]}"
    assert error_message(found) == f"2 validation errors detected: {found[0]}; {found[1]}"


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("scheduler", "CreateSchedule", "ValidationException"),
        ("iam", "CreateRole", "ValidationError"),
        ("sns", "CreateTopic", "InvalidParameter"),
        ("ecs", "RunTask", "InvalidParameterException"),
        ("ecs", "RegisterTaskDefinition", "ClientException"),
        ("monitoring", "PutMetricAlarm", "ValidationError"),
        ("states", "CreateStateMachine", "ValidationException"),
    ],
)
def test_error_codes(service: str, operation: str, code: str) -> None:
    """Each service has its own error code."""
    assert error_code(service, operation) == code


def test_every_pattern_is_judged() -> None:
    """No pattern in the models of the services in use is skipped."""
    assert untranslatable() == {}


def test_a_pattern_that_cannot_be_judged_is_listed() -> None:
    """A pattern that Python cannot compile is reported with its shape, and accepts every value."""
    (reason,) = untranslatable(["rbin"]).values()
    assert reason.startswith("rbin RuleArn: multiple repeat")
    assert violations("rbin", "ListTagsForResource", {"ResourceArn": "anything"}) == []


@given(st.from_regex(r"[0-9a-zA-Z_.-]{1,64}", fullmatch=True))
def test_every_right_name_passes(name: str) -> None:
    """All names that AWS allows for a schedule are allowed."""
    assert violations("scheduler", "CreateSchedule", schedule(Name=name)) == []


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"[\w-/]+", "a-b/c", True),
        (r"[\w-_]*", "a-_", True),
        (r"\w+", "é", False),
        (r"\d", "٣", False),
        (r"\p{ASCII}*", "a~", True),
        (r"\p{ASCII}*", "é", False),
        (r"\p{Print}+", "\t", False),
        (r"\p{Lu}", "é", False),
        (r"\p{Lu}", "É", True),
        (r"[\]\p{L}-]+", "]é-", True),
        (r"[\u0020-\uD7FF\uD800\uDC00-\uDBFF\uDFFF]+", "a😀", True),
        (r"[\u0020-\uD7FF]+", "a😀", False),
        (r"(?i)all|[0-9]{12}", "ALL", True),
    ],
)
def test_java_patterns(*, pattern: str, text: str, matches: bool) -> None:
    """Java's patterns mean the same in Python."""
    assert (compile_java(pattern).fullmatch(text) is not None) is matches


@given(st.text(max_size=5))
def test_unicode_categories(text: str) -> None:
    r"""`\p{L}` and `\p{N}` match the characters of those categories in any script."""
    expected = all(unicodedata.category(char)[0] in "LN" for char in text)
    assert (compile_java(r"[\p{L}\p{N}]*").fullmatch(text) is not None) is expected
