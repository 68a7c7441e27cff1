"""Tests of what is found of subscriptions, and of who gets the alerts of a job."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.subscriptions import Endpoint
from doctor.account import Known
from doctor.checks.subscriptions import Subscribed, Subscriptions, check
from judgements.answers import Refused
from settings.yaml_tree import is_hidden
from watch.facts import JobFacts

TOPIC = "arn:aws:sns:eu-central-1:123456789012:jobs-staging-alerts"
JOBS = {"cleanup": JobFacts(owner="ops", severity="warning"), "nightly-report": JobFacts(owner="data")}
MAIL = Endpoint(protocol="email", to="ops@example.com")
CHAT = Endpoint(protocol="https", to="https://hooks.example.com/secret")
HIDDEN = Endpoint(protocol="https", to="https://secret.invalid/9.5")


def listed(*endpoints: Endpoint, confirmed: bool = True) -> list[dict[str, str]]:
    """Return the list of these subscriptions."""
    arns = [f"{TOPIC}:{one.to}" if confirmed else "PendingConfirmation" for one in endpoints]
    return [
        {"Protocol": one.protocol, "Endpoint": one.to, "SubscriptionArn": arn}
        for one, arn in zip(endpoints, arns, strict=True)
    ]


def topic(
    subscribed: list[dict[str, str]], filters: dict[str, dict[str, Any]] | None = None, **attributes: str
) -> Subscribed:
    """Return a topic with these subscriptions, and the filter policies of some of them by endpoint."""
    answers: dict[str, Known[Any] | Refused] = {
        one["SubscriptionArn"]: Known(
            {"Attributes": {"FilterPolicy": json.dumps((filters or {}).get(one["Endpoint"], {})), **attributes}}
        )
        for one in subscribed
    }
    return Subscribed(topic=TOPIC, routed=True, listed=Known(subscribed), attributes=answers)


def found(one: Subscribed, *endpoints: Endpoint) -> list[tuple[str, tuple[str, ...]]]:
    """Return code and jobs of what is found of a topic, with these endpoints in the stack file."""
    findings = check(Subscriptions(topics=[one], endpoints=endpoints or None, jobs=JOBS))
    return [(finding.code, finding.jobs) for finding in findings]


SOUND = [("sound", ())]


def test_a_topic_that_everybody_hears_is_sound() -> None:
    """Also if one route has the failures and another one the rest."""
    both = listed(MAIL, CHAT)
    assert found(topic(both)) == SOUND
    routes = {MAIL.to: {"owner": ["data"]}, CHAT.to: {"severity": ["warning"], "class": ["failed", "missed"]}}
    assert found(topic(both, routes)) == SOUND
    routed = {MAIL.to: {"class": ["failed"]}, CHAT.to: {"class": ["missed", "recovered"]}}
    assert found(topic(both, routed)) == SOUND


def test_nobody_is_subscribed() -> None:
    """It is told once, and not for each endpoint of the stack file."""
    assert found(topic([]), MAIL, CHAT) == [("nobody-subscribed", ())]


def test_who_has_not_confirmed_gets_nothing() -> None:
    """Of an address that has, nothing is told. The fix has what subscribes again."""
    pending = listed(MAIL, confirmed=False)
    assert found(topic([*listed(CHAT), *pending])) == [("subscription-unconfirmed", ())]
    [one] = check(Subscriptions(topics=[topic(pending)], endpoints=None, jobs=JOBS))
    assert one.text == "ops@example.com has not confirmed its subscription, so it gets nothing"
    assert f"aws sns subscribe --topic-arn {TOPIC} --protocol email" in one.fix


def test_endpoints_of_the_stack_file_that_are_not_subscribed() -> None:
    """The path of a web address is a secret. Of encrypted addresses only the number is compared."""
    assert found(topic(listed(MAIL)), MAIL) == SOUND
    missing = check(Subscriptions(topics=[topic(listed(MAIL))], endpoints=[MAIL, CHAT], jobs=JOBS))
    assert [(one.code, one.text.partition(" is in")[0]) for one in missing] == [
        ("alert-endpoint-not-subscribed", "https://hooks.example.com/...")
    ]
    assert is_hidden(HIDDEN.to)
    assert found(topic(listed(MAIL, CHAT)), MAIL, HIDDEN) == SOUND
    assert found(topic(listed(MAIL, CHAT)), MAIL, CHAT, HIDDEN) == [("alert-endpoint-not-subscribed", ())]
    assert found(topic(listed(MAIL)), MAIL, HIDDEN) == [("alert-endpoint-not-subscribed", ())]


@pytest.mark.parametrize(
    ("policy", "attributes", "codes"),
    [
        ({"owner": ["data", "ops"]}, {}, ["sound"]),
        ({"owner": ["ops", "data"]}, {}, ["sound"]),
        ({}, {}, ["subscription-filter-changed"]),
        ({"owner": ["data", "ops", "finance"]}, {}, ["subscription-filter-changed"]),
        (
            {"owner": ["data", "ops"]},
            {"FilterPolicyScope": "MessageBody"},
            ["subscription-filter-changed", "unchecked"],
        ),
    ],
    ids=["same", "other order", "none", "wider", "of the body"],
)
def test_filters_that_are_not_those_of_the_stack_file(
    policy: dict[str, Any], attributes: dict[str, str], codes: list[str]
) -> None:
    """A filter that somebody changed by hand is found as long as the stack file tells the other."""
    routed = Endpoint(protocol="email", to=MAIL.to, owners=["ops", "data"])
    changed = topic(listed(MAIL), {MAIL.to: policy}, **attributes)
    assert [code for code, _ in found(changed, routed)] == codes


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"owner": ["data"]}, [("alert-unheard", ("cleanup",))]),
        ({"class": ["failed"]}, [("alert-unheard", ("cleanup", "nightly-report"))]),
        ({"class": ["recovered"]}, [("alert-unheard", ("cleanup", "nightly-report"))]),
        ({"job": [{"suffix": "report"}]}, [("unchecked", ("cleanup", "nightly-report"))]),
        ({"job": [{"suffix": "report"}, "cleanup"]}, [("unchecked", ("nightly-report",))]),
    ],
    ids=["one owner", "only failures", "only recoveries", "unknown form", "unknown form of one"],
)
def test_jobs_that_nobody_hears(policy: dict[str, Any], expected: list[tuple[str, tuple[str, ...]]]) -> None:
    """A failed run and a missed tick must each reach somebody."""
    assert found(topic(listed(MAIL), {MAIL.to: policy})) == expected


def test_an_endpoint_that_is_not_confirmed_hears_nothing() -> None:
    """So its route counts for no job."""
    pending = listed(CHAT, confirmed=False)
    routed = topic([*listed(MAIL), *pending], {MAIL.to: {"owner": ["data"]}})
    assert found(routed) == [("subscription-unconfirmed", ()), ("alert-unheard", ("cleanup",))]


def test_what_cannot_be_seen() -> None:
    """A refused list, or a refused filter, is told as such; of a missing topic nothing is told here."""
    refused = Refused("no", "sns:GetSubscriptionAttributes")
    hidden = Subscribed(
        topic=TOPIC, routed=True, listed=Known(listed(MAIL)), attributes={f"{TOPIC}:{MAIL.to}": refused}
    )
    assert found(hidden) == [("unchecked", ())]
    assert found(Subscribed(topic=TOPIC, routed=True, listed=refused, attributes={})) == [("unchecked", ())]
    assert found(Subscribed(topic=TOPIC, routed=True, listed=Known(None), attributes={})) == []


def test_the_topic_for_problems_has_no_routes() -> None:
    """So no filter is asked for, and nothing is told of jobs."""
    assert found(Subscribed(topic=TOPIC, routed=False, listed=Known(listed(MAIL)), attributes={})) == SOUND
