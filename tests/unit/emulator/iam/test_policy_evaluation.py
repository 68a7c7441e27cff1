"""The IAM evaluator decides like AWS's evaluation logic, gives reasons, and refuses unknown elements."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.iam import policy_evaluation
from emulator.iam.conditions import glob, parse_conditions
from emulator.iam.policy_evaluation import (
    Decision,
    Document,
    Request,
    UnknownPolicyElement,
    assume,
    evaluate,
    evaluate_resource_policy,
    resource_denial,
)

REPORT = "arn:aws:ecs:eu-central-1:111122223333:task-definition/report:7"
CLUSTER = "arn:aws:ecs:eu-central-1:111122223333:cluster/main"
TASK_ROLE = "arn:aws:iam::111122223333:role/report-task"
TOPIC = "arn:aws:sns:eu-central-1:111122223333:alerts"
RULE = "arn:aws:events:eu-central-1:111122223333:rule/report"
SCHEDULER = "scheduler.amazonaws.com"

LAUNCH_POLICY: Document = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "RunReport",
            "Effect": "Allow",
            "Action": "ecs:RunTask",
            "Resource": "arn:aws:ecs:eu-central-1:111122223333:task-definition/report:*",
            "Condition": {"ArnEquals": {"ecs:cluster": CLUSTER}},
        },
        {
            "Sid": "PassRoles",
            "Effect": "Allow",
            "Action": ["iam:PassRole"],
            "Resource": [TASK_ROLE],
            "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        },
    ],
}
TRUST: Document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": [SCHEDULER]},
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
    },
}


def allow(action: str | list[str], resource: str | list[str] = "*", **more: object) -> dict[str, Any]:
    """Return a document with one statement that allows."""
    return {"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]}


def deny(action: str, resource: str = "*", **more: object) -> dict[str, Any]:
    """Return a document with one statement, called Never, that denies."""
    return {"Statement": {"Sid": "Never", "Effect": "Deny", "Action": action, "Resource": resource, **more}}


def meets(operator: str, wanted: str | list[str], received: str | list[str] | None) -> bool:
    """Return whether the condition `operator` is met on a key with the values `received`."""
    (condition,) = parse_conditions({operator: {"a:Key": wanted}})
    return condition.is_met({} if received is None else {"A:key": received})


LAUNCHES = {
    "the job's own family on its cluster": (
        Request("ecs:RunTask", REPORT, {"ecs:cluster": CLUSTER}),
        Decision(allowed=True, reason="allowed by statement 'RunReport'"),
    ),
    "another family": (
        Request("ecs:RunTask", REPORT.replace("report:7", "export:7"), {"ecs:cluster": CLUSTER}),
        Decision(
            allowed=False,
            reason=f"no statement allows ecs:RunTask on {REPORT.replace('report:7', 'export:7')}; "
            "statement 'RunReport' allows it only on arn:aws:ecs:eu-central-1:111122223333:task-definition/report:*",
        ),
    ),
    "another cluster": (
        Request("ecs:RunTask", REPORT, {"ecs:cluster": f"{CLUSTER}-2"}),
        Decision(
            allowed=False,
            reason=f"no statement allows ecs:RunTask on {REPORT}; statement 'RunReport' matches except for condition "
            f"ArnEquals ecs:cluster (wants '{CLUSTER}', the request has '{CLUSTER}-2')",
        ),
    ),
    "a role passed to nobody": (
        Request("iam:PassRole", TASK_ROLE),
        Decision(
            allowed=False,
            reason=f"no statement allows iam:PassRole on {TASK_ROLE}; statement 'PassRoles' matches except for "
            "condition StringEquals iam:PassedToService (wants 'ecs-tasks.amazonaws.com', the request has no such key)",
        ),
    ),
    "an action nobody mentions": (
        Request("sqs:SendMessage", "arn:aws:sqs:eu-central-1:111122223333:dead"),
        Decision(
            allowed=False, reason="no statement allows sqs:SendMessage on arn:aws:sqs:eu-central-1:111122223333:dead"
        ),
    ),
}


@pytest.mark.parametrize(("request_", "expected"), LAUNCHES.values(), ids=LAUNCHES.keys())
def test_launch_policy(request_: Request, expected: Decision) -> None:
    """A launch role's policy allows exactly its job, and the reason for a refusal names the closest statement."""
    assert evaluate(request_, [LAUNCH_POLICY]) == expected


def test_explicit_deny_wins() -> None:
    """A Deny in any document wins over every Allow, at any position."""
    request = Request("ecs:RunTask", REPORT)
    denied = Decision(
        allowed=False, reason=f"ecs:RunTask on {REPORT} is explicitly denied by statement 'Never'", explicit=True
    )
    assert evaluate(request, [allow("*"), deny("ecs:*")]) == denied
    assert evaluate(request, [deny("ecs:*"), allow("*")]) == denied
    assert evaluate(request, [allow("*")], boundary=deny("ecs:RunTask")) == denied


def test_deny_whose_condition_is_not_met() -> None:
    """A Deny whose condition is not met denies nothing."""
    unmet = deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    assert evaluate(Request("ecs:RunTask", REPORT, {"aws:SecureTransport": "true"}), [allow("*"), unmet]).allowed


@pytest.mark.parametrize(
    "elsewhere",
    [deny("ecs:StopTask"), deny("ecs:*", TOPIC), deny("ecs:StopTask", TOPIC)],
    ids=["action", "resource", "both"],
)
def test_deny_of_something_else(elsewhere: Document) -> None:
    """A Deny of another action or another resource does not deny this request."""
    assert evaluate(Request("ecs:RunTask", REPORT), [allow("*"), elsewhere]).allowed


def test_deny_is_never_the_nearest_miss() -> None:
    """A Deny that does not apply allows nothing, and is not named in the reason."""
    unmet = deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    assert evaluate(Request("ecs:RunTask", REPORT), [unmet]) == Decision(
        allowed=False, reason=f"no statement allows ecs:RunTask on {REPORT}"
    )


def test_boundary_limits() -> None:
    """A boundary must also allow a request, and grants nothing itself."""
    request = Request("ecs:RunTask", REPORT)
    assert evaluate(request, [allow("ecs:RunTask")], boundary=allow("ecs:*")).allowed
    assert evaluate(request, [allow("ecs:RunTask")], boundary=allow("sqs:*")) == Decision(
        allowed=False, reason=f"permissions boundary: no statement allows ecs:RunTask on {REPORT}"
    )
    assert not evaluate(request, [], boundary=allow("ecs:*")).allowed
    assert evaluate(request, [], boundary=allow("sqs:*")).reason == f"no statement allows ecs:RunTask on {REPORT}"


def test_lists_of_actions_and_resources() -> None:
    """Any of several actions and resources is enough, and a later statement may be the one that matches."""
    several = allow(["sqs:*", "ecs:RunTask"], [TOPIC, REPORT])
    assert evaluate(Request("ecs:RunTask", REPORT), [several]).allowed
    assert not evaluate(Request("ecs:StopTask", REPORT), [several]).allowed
    assert evaluate(Request("ecs:RunTask", REPORT), [allow("ecs:*", TOPIC), several]).allowed


def test_text_of_a_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy may be text, as IAM keeps it. The same text is parsed once, unless it has an unknown element."""
    texts = [json.dumps(allow("ecs:RunTask", resource)) for resource in (REPORT, TOPIC)]
    unknown = quote(json.dumps({"Version": "2012-10-17", "Principal": {}}))
    parsed: list[object] = []

    def loads(text: str) -> object:
        parsed.append(text)
        return json.loads(text)

    monkeypatch.setattr(policy_evaluation, "json", SimpleNamespace(loads=loads))
    for _ in range(2):
        assert [evaluate(Request("ecs:RunTask", REPORT), [text]).allowed for text in texts] == [True, False]
        with pytest.raises(UnknownPolicyElement, match="policy element Principal"):
            evaluate(Request("ecs:RunTask", REPORT), [texts[0]], boundary=unknown)
    assert parsed == [*texts, unquote(unknown), unquote(unknown)]


def test_negated_elements() -> None:
    """NotAction and NotResource match everything except what they list."""
    but_iam = {"Statement": {"Effect": "Allow", "NotAction": "iam:*", "NotResource": [TOPIC]}}
    assert evaluate(Request("ecs:RunTask", REPORT), [but_iam]).allowed
    assert not evaluate(Request("IAM:PassRole", REPORT), [but_iam]).allowed
    assert not evaluate(Request("ecs:RunTask", TOPIC), [but_iam]).allowed


@pytest.mark.parametrize(
    ("pattern", "action", "matches"),
    [
        ("ECS:runtask", "ecs:RunTask", True),
        ("ecs:Run*", "ecs:RunTask", True),
        ("ecs:RunTas?", "ecs:RunTask", True),
        ("ecs:RunTask?", "ecs:RunTask", False),
        ("ecs:Run", "ecs:RunTask", False),
        ("*", "ecs:RunTask", True),
    ],
)
def test_actions(*, pattern: str, action: str, matches: bool) -> None:
    """Actions ignore case, and match with * and ?."""
    assert evaluate(Request(action, REPORT), [allow(pattern)]).allowed is matches


@pytest.mark.parametrize(
    ("pattern", "resource", "matches"),
    [
        (REPORT, REPORT, True),
        (REPORT.upper(), REPORT, False),
        (REPORT.replace("report", "re*"), REPORT, True),
        (REPORT[:-1] + "?", REPORT, True),
        (REPORT[:-1] + "?", REPORT + "1", False),
        ("arn:aws:ecs:*", REPORT, True),
        ("arn:aws:ecs:*:task-definition/report:7", REPORT, True),
        ("arn:aws:ecs:eu*3:task-definition/report:7", REPORT, False),
        (REPORT.replace(":7", ""), REPORT, False),
        ("*", "*", True),
        (REPORT, "*", False),
    ],
)
def test_resources(*, pattern: str, resource: str, matches: bool) -> None:
    """Resources respect case, and only a star at the end of a segment matches beyond its colon."""
    assert evaluate(Request("ecs:RunTask", resource), [allow("ecs:RunTask", pattern)]).allowed is matches


@pytest.mark.parametrize(
    ("operator", "wanted", "received", "met"),
    [
        ("StringEquals", "x", "x", True),
        ("StringEquals", "x", "X", False),
        ("StringEquals", ["y", "x"], "x", True),
        ("StringEquals", "x*", "xy", False),
        ("StringEquals", "x", None, False),
        ("StringEqualsIfExists", "x", None, True),
        ("StringEqualsIfExists", "x", "y", False),
        ("StringNotEquals", ["x", "y"], "x", False),
        ("StringNotEquals", ["x", "y"], "z", True),
        ("StringNotEquals", "x", None, True),
        ("StringLike", "x*", "xy", True),
        ("StringLike", "x?", "x", False),
        ("StringNotLike", "x*", "xy", False),
        ("StringEqualsIgnoreCase", "x", "X", True),
        ("ArnEquals", CLUSTER, CLUSTER, True),
        ("ArnEquals", "arn:aws:ecs:*:*:cluster/m*", CLUSTER, True),
        ("ArnLike", "arn:aws:ecs:*:cluster/main:*", CLUSTER, False),
        ("ArnLike", "arn:*:ecs:eu-central-1:111122223333:cluster/main", "not an arn", False),
        ("ArnNotEquals", CLUSTER, CLUSTER, False),
        ("ArnNotLike", CLUSTER, RULE, True),
        ("Bool", "true", "True", True),
        ("Bool", "false", "true", False),
        ("Bool", "true", None, False),
        ("BoolIfExists", "true", None, True),
        ("Null", "true", None, True),
        ("Null", "true", "x", False),
        ("Null", "false", "x", True),
        ("Null", "false", None, False),
        ("ForAllValues:StringEquals", ["x", "y"], ["x", "y"], True),
        ("ForAllValues:StringEquals", ["x", "y"], ["x", "z"], False),
        ("ForAllValues:StringEquals", "x", None, True),
        ("ForAnyValue:StringEquals", "x", ["x", "z"], True),
        ("ForAnyValue:StringEquals", "x", ["z"], False),
        ("ForAnyValue:StringEquals", "x", None, False),
        ("ForAnyValue:StringNotEquals", "x", ["x"], False),
        ("ForAnyValue:StringNotEquals", "x", None, False),
        ("ForAllValues:StringNotLike", "x*", ["y", "xy"], False),
    ],
)
def test_condition_operators(
    *,
    operator: str,
    wanted: str | list[str],
    received: str | list[str] | None,
    met: bool,
) -> None:
    """Each operator, quantifier and IfExists judges one value, several values and a missing key as in the guide."""
    assert meets(operator, wanted, received) is met


@given(st.sampled_from(["Equals", "Like"]), st.text("ab*", max_size=3), st.text("ab", max_size=3))
def test_negation_is_the_opposite(operator: str, wanted: str, received: str) -> None:
    """On a key that exists, a negated operator is met exactly where its positive form is not."""
    assert meets(f"StringNot{operator}", wanted, received) is not meets(f"String{operator}", wanted, received)


@given(st.text("ab:*?[].", max_size=6))
def test_glob_knows_no_other_wildcards(text: str) -> None:
    """A text matches itself and a star, and a bracket or dot in a pattern matches only itself."""
    assert glob(text, text)
    assert glob("*", text)
    assert glob(text.replace("*", "").replace("?", ""), "c") is False


UNKNOWN: dict[str, tuple[Document, str]] = {
    "operator": (allow("*", Condition={"NumericLessThan": {"a:b": "1"}}), "NumericLessThan"),
    "quantifier": (allow("*", Condition={"ForSomeValues:StringEquals": {"a:b": "1"}}), "ForSomeValues:StringEquals"),
    "element": (allow("*", Resources="*"), "Resources"),
    "NotPrincipal": (allow("*", NotPrincipal="*"), "NotPrincipal"),
    "Principal in an identity policy": (allow("*", Principal="*"), "Principal"),
    "document element": ({"Statements": []}, "Statements"),
    "Effect": ({"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}, "'allow'"),
    "no Resource": ({"Statement": {"Effect": "Allow", "Action": "*"}}, "Resource"),
    "both Action and NotAction": (allow("*", NotAction="*"), "NotAction"),
    "variable in a resource": (allow("*", "arn:aws:s3:::${aws:username}"), r"\$\{aws:username\}"),
    "variable in a condition": (
        allow("*", Condition={"StringLike": {"a:b": "${aws:username}"}}),
        r"\$\{aws:username\}",
    ),
    "a value that is no text": (allow("*", Condition={"StringEquals": {"a:b": {}}}), r"\{\}"),
    "a condition that is no object": (allow("*", Condition={"StringEquals": "a:b"}), r"Condition\.StringEquals"),
    "no values": (allow("*", Condition={"StringEquals": {"a:b": []}}), "0 values"),
    "Null of several": (allow("*", Condition={"Null": {"a:b": ["true", "false"]}}), "2 values"),
    "a half ARN": (allow("*", Condition={"ArnLike": {"a:b": "*"}}), r"'\*'.*six parts"),
    "Bool of neither": (allow("*", Condition={"Bool": {"a:b": "yes"}}), "'yes'"),
}


@pytest.mark.parametrize(("document", "named"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_unknown_is_refused_by_name(document: Document, named: str) -> None:
    """An unknown element raises an error that names it, even where another statement would have decided."""
    with pytest.raises(UnknownPolicyElement, match=named):
        evaluate(Request("ecs:RunTask", REPORT), [allow("*"), document])


def test_multivalued_key_needs_a_quantifier() -> None:
    """A plain operator on several values is refused."""
    with pytest.raises(UnknownPolicyElement, match=r"StringEquals on the multivalued key a:Key"):
        meets("StringEquals", "x", ["x", "y"])


@pytest.mark.parametrize(
    ("service", "context", "expected"),
    [
        (SCHEDULER, {"aws:sourceaccount": "111122223333"}, Decision(allowed=True, reason="allowed by statement 1")),
        (
            SCHEDULER,
            {"aws:SourceAccount": "444455556666"},
            Decision(
                allowed=False,
                reason=f"no statement allows sts:AssumeRole on the role by {SCHEDULER}; "
                "statement 1 matches except for condition StringEquals aws:SourceAccount "
                "(wants '111122223333', the request has '444455556666')",
            ),
        ),
        (
            "events.amazonaws.com",
            {"aws:SourceAccount": "111122223333"},
            Decision(
                allowed=False,
                reason="no statement allows sts:AssumeRole on the role by events.amazonaws.com; "
                "no statement names that principal",
            ),
        ),
    ],
    ids=["trusted", "another account", "another service"],
)
def test_trust(service: str, context: dict[str, str | list[str]], expected: Decision) -> None:
    """A trust policy allows the service that it names, under its conditions."""
    assert assume(TRUST, principal=service, context=context) == expected


def test_trust_knows_no_resource() -> None:
    """A trust policy with a Resource is malformed, as for IAM."""
    with pytest.raises(UnknownPolicyElement, match="Resource"):
        assume(allow("sts:AssumeRole", Principal="*"), principal=SCHEDULER, context={})


@pytest.mark.parametrize("principal", ["scheduler.amazonaws.com", {"CanonicalUser": "79a59d"}])
def test_unknown_principals(principal: object) -> None:
    """A principal of an unknown kind is refused with its name."""
    with pytest.raises(UnknownPolicyElement, match="Principal"):
        evaluate_resource_policy(allow("*", Principal=principal), SCHEDULER, Request("sns:Publish", TOPIC))


PRINCIPALS = {
    "the service": ({"Service": "events.amazonaws.com"}, "events.amazonaws.com", True),
    "another service": ({"Service": "s3.amazonaws.com"}, "events.amazonaws.com", False),
    "everyone": ("*", "events.amazonaws.com", True),
    "everyone in AWS": ({"AWS": "*"}, TASK_ROLE, True),
    "the role": ({"AWS": [TASK_ROLE]}, TASK_ROLE, True),
    "another role": ({"AWS": TASK_ROLE + "-2"}, TASK_ROLE, False),
    "the account's id": ({"AWS": "111122223333"}, TASK_ROLE, True),
    "the account's root": ({"AWS": "arn:aws:iam::111122223333:root"}, TASK_ROLE, True),
    "another account": ({"AWS": "arn:aws:iam::444455556666:root"}, TASK_ROLE, False),
    "one of several": ({"Service": ["s3.amazonaws.com", "events.amazonaws.com"]}, "events.amazonaws.com", True),
    "the service's name as an account": ({"AWS": "events.amazonaws.com"}, "events.amazonaws.com", False),
    "a service of any name": ({"Service": "*"}, "events.amazonaws.com", False),
    "a federated one": ({"Federated": TASK_ROLE}, TASK_ROLE, False),
}


@pytest.mark.parametrize(("element", "principal", "allowed"), PRINCIPALS.values(), ids=PRINCIPALS.keys())
def test_resource_policy_principals(*, element: object, principal: str, allowed: bool) -> None:
    """A topic's policy applies to the principals that it names, and to no others."""
    policy = allow("sns:Publish", TOPIC, Principal=element)
    assert evaluate_resource_policy(policy, principal, Request("sns:Publish", TOPIC)).allowed is allowed


def test_resource_policy_by_source() -> None:
    """A topic that allows one rule refuses another, and a Deny for the principal wins."""
    statement = {
        "Effect": "Allow",
        "Action": "SNS:Publish",
        "Resource": TOPIC,
        "Principal": {"Service": "events.amazonaws.com"},
    }
    policy = {"Statement": [{**statement, "Condition": {"ArnEquals": {"AWS:SourceArn": RULE}}}]}
    right = Request("sns:Publish", TOPIC, {"aws:SourceArn": RULE})
    assert evaluate_resource_policy(policy, "events.amazonaws.com", right).allowed
    assert (
        "ArnEquals AWS:SourceArn"
        in evaluate_resource_policy(
            policy, "events.amazonaws.com", Request("sns:Publish", TOPIC, {"aws:SourceArn": f"{RULE}-2"})
        ).reason
    )
    closed = {"Statement": [*policy["Statement"], {**statement, "Effect": "Deny", "Principal": "*", "Sid": "Closed"}]}
    assert evaluate_resource_policy(closed, "events.amazonaws.com", right) == Decision(
        allowed=False,
        reason=f"sns:Publish on {TOPIC} by events.amazonaws.com is explicitly denied by statement 'Closed'",
        explicit=True,
    )


def test_resource_denial() -> None:
    """Only what a resource's policy denies to the principal is a denial; what it allows to others is none."""
    request = Request("sns:Publish", TOPIC)
    by_all, by_one = (
        allow("sns:Publish", TOPIC, Effect="Deny", Principal=principal) for principal in ("*", {"AWS": TASK_ROLE})
    )
    assert resource_denial(by_one, TASK_ROLE, request) == Decision(
        allowed=False,
        reason=f"sns:Publish on {TOPIC} by {TASK_ROLE} is explicitly denied by statement 1",
        explicit=True,
    )
    assert resource_denial(by_one, f"{TASK_ROLE}-2", request) is None
    assert resource_denial(by_all, f"{TASK_ROLE}-2", request) is not None
    assert resource_denial(by_all, TASK_ROLE, Request("sns:Subscribe", TOPIC)) is None
    assert resource_denial(allow("sns:Publish", TOPIC, Principal={"Service": SCHEDULER}), TASK_ROLE, request) is None
