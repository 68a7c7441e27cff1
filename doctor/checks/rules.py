"""Checks that each rule of the group is there, enabled and aimed, and passes on what it should. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doctor import resource_policy
from doctor.checks.topics import RULES
from doctor.finding import Link, broken, sound, unchecked
from doctor.repair import AGAIN
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.account import Known
    from doctor.finding import Finding

_CLUSTERS = "clusterArn"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of the group."""

    name: str
    consequence: str
    """What does not happen without it."""
    schedule: str
    """The rate at which it invokes; empty for a rule of events."""
    pattern: Mapping[str, Any]
    """The pattern of a rule of events. Its clusters are those of the jobs; the rule may have more."""
    clusters: Mapping[str, Sequence[str]]
    """The jobs by the ARN of their cluster, of the rule of the runs."""
    target: str
    """The ARN of what it invokes."""
    input_path: str | None
    """The part of the event that the target gets; empty for all of it, None for a text that is made from it."""
    answer: Known[Mapping[str, Any] | None] | Refused
    """DescribeRule's answer."""
    targets: Known[Mapping[str, Any] | None] | Refused
    """ListTargetsByRule's answer."""
    policy: Known[Mapping[str, Any] | None] | Refused | None
    """GetPolicy's answer of the function that it invokes; None for a topic."""


def check(rules: Sequence[Rule]) -> Iterator[Finding]:
    """Yield what is found of each rule."""
    for rule in rules:
        found = list(_faults(rule))
        yield from found or [sound(Link.WATCH, f"rule {rule.name}")]


def _faults(rule: Rule) -> Iterator[Finding]:
    about = f"rule {rule.name}"
    if isinstance(rule.answer, Refused):
        yield unchecked(Link.WATCH, about, "the rule", rule.answer)
    elif rule.answer.value is None:
        text = f"there is no such rule, so {rule.consequence}"
        yield broken("rule-missing", Link.WATCH, about, text, AGAIN)
    else:
        if rule.answer.value["State"] == "DISABLED":
            text = f"the rule is disabled, so {rule.consequence}"
            yield broken("rule-disabled", Link.WATCH, about, text, f"aws events enable-rule --name {rule.name}")
        yield from _of_content(rule, rule.answer.value)
        yield from _of_targets(rule)
        yield from _of_permission(rule, rule.answer.value["Arn"])


def _of_content(rule: Rule, described: Mapping[str, Any]) -> Iterator[Finding]:
    about = f"rule {rule.name}"
    if rule.schedule:
        if described.get("ScheduleExpression") != rule.schedule:
            text = f"the rule has the schedule {described.get('ScheduleExpression')}, not {rule.schedule}"
            yield broken("rule-changed", Link.WATCH, about, text, AGAIN)
        return
    actual = json.loads(described.get("EventPattern") or "{}")
    if _without_clusters(actual) != _without_clusters(rule.pattern):
        text = f"the rule passes on other events than it was deployed for, so perhaps {rule.consequence}"
        yield broken("rule-changed", Link.WATCH, about, text, AGAIN)
    watched = actual.get("detail", {}).get(_CLUSTERS)
    for cluster, jobs in rule.clusters.items():
        if watched is not None and cluster not in watched:
            text = f"the rule does not pass on what runs on {cluster}, so a failed run is found late or not at all"
            yield broken("cluster-unwatched", Link.WATCH, about, text, AGAIN, jobs)


def _without_clusters(pattern: Mapping[str, Any]) -> dict[str, Any]:
    detail = {name: value for name, value in pattern.get("detail", {}).items() if name != _CLUSTERS}
    return {**pattern, "detail": detail}


def _of_targets(rule: Rule) -> Iterator[Finding]:
    about = f"rule {rule.name}"
    if isinstance(rule.targets, Refused):
        yield unchecked(Link.WATCH, about, "what the rule invokes", rule.targets)
        return
    aimed = [one for one in (rule.targets.value or {}).get("Targets", ()) if one["Arn"] == rule.target]
    if not aimed:
        text = f"the rule does not invoke {rule.target}, so {rule.consequence}"
        yield broken("rule-not-aimed", Link.WATCH, about, text, AGAIN)
    elif rule.input_path is not None and rule.input_path not in {one.get("InputPath", "") for one in aimed}:
        text = (
            f"the rule gives {rule.target} another part of the event than it was deployed with, so {rule.consequence}"
        )
        yield broken("rule-not-aimed", Link.WATCH, about, text, AGAIN)


def _of_permission(rule: Rule, arn: str) -> Iterator[Finding]:
    about = f"rule {rule.name}"
    if rule.policy is None:
        return
    if isinstance(rule.policy, Refused):
        yield unchecked(Link.WATCH, about, f"whether it may invoke {rule.target}", rule.policy)
        return
    policy = json.loads(rule.policy.value["Policy"]) if rule.policy.value else {}
    told = {"aws:sourcearn": arn, "aws:sourceaccount": arn.split(":")[4]}
    if resource_policy.lets(policy, RULES, "lambda:InvokeFunction", rule.target, told) is False:
        text = f"the function's policy does not let the rule invoke it, so {rule.consequence}"
        yield broken("rule-not-permitted", Link.WATCH, about, text, AGAIN)
