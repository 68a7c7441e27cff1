"""Checks the functions that run jobs: each must exist, be able to run, and tell the watch how a run has ended. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doctor.finding import Link, broken, sound, unchecked
from doctor.repair import AGAIN
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.account import Known
    from doctor.finding import Finding

INVOKE = "lambda:InvokeFunction"
_WHO = "Who looks, with functions or handlers"


@dataclass(frozen=True, kw_only=True)
class InvokedAlias:
    """The alias of a function, through which a job runs."""

    job: str
    alias: str
    """The ARN."""
    watch: str
    """The ARN of the group's watch."""
    receiver: str = ""
    """The receiver to which the function sends requests; empty for a function that does the work."""
    ends_within: int
    """Seconds after which the supervisor takes a run for ended."""
    configuration: Known[Mapping[str, Any] | None] | Refused
    """GetFunctionConfiguration's answer about the alias."""
    events: Known[Mapping[str, Any] | None] | Refused
    """GetFunctionEventInvokeConfig's answer about the alias."""
    concurrency: Known[Mapping[str, Any] | None] | Refused
    """GetFunctionConcurrency's answer about the function."""
    granted: Known[Mapping[str, Any] | None] | Refused
    """SimulatePrincipalPolicy's answer: whether the function's role may invoke the watch."""


def check(aliases: Sequence[InvokedAlias]) -> Iterator[Finding]:
    """Yield what is found of the function of each job."""
    for one in aliases:
        found = list(_faults(one))
        yield from found or [sound(Link.FUNCTION, one.alias, [one.job], _remark(one))]


def _remark(one: InvokedAlias) -> str:
    """Return what nobody can see from here of a sound function that sends requests; empty for others."""
    if not one.receiver:
        return ""
    found = one.configuration.value if not isinstance(one.configuration, Refused) else None
    network = (found or {}).get("VpcConfig") or {}
    routes = (
        "; its requests come from its subnets, which need a route to the receiver and to Secrets Manager"
        if network.get("SubnetIds")
        else ""
    )
    return f"whether the receiver {one.receiver} answers, only a run shows: python -m ops run {one.job} --wait{routes}"


def _faults(one: InvokedAlias) -> Iterator[Finding]:
    answer, jobs = one.configuration, [one.job]
    if isinstance(answer, Refused):
        yield unchecked(Link.FUNCTION, one.alias, "the function", answer, jobs, _WHO)
        return
    if answer.value is None:
        text = "the function or this alias of it does not exist, so the job is not launched"
        yield broken("function-gone", Link.FUNCTION, one.alias, text, f"create the function, and {AGAIN}", jobs)
        return
    if answer.value.get("State") == "Failed":
        text = f"Lambda cannot run it: {answer.value.get('StateReason') or 'it does not say why'}"
        fix = "let the owner of the function repair it"
        yield broken("function-cannot-run", Link.FUNCTION, one.alias, text, fix, jobs)
    yield from _of_events(one, int(answer.value["Timeout"]))
    yield from _of_grant(one, str(answer.value["Role"]))
    yield from _of_concurrency(one)


def _of_events(one: InvokedAlias, timeout: int) -> Iterator[Finding]:
    """Yield what is wrong with what Lambda does with the alias's invocations."""
    jobs = [one.job]
    if isinstance(one.events, Refused):
        yield unchecked(Link.FUNCTION, one.alias, "where the records of its ends go", one.events, jobs, _WHO)
        return
    found = one.events.value or {}
    destinations = found.get("DestinationConfig", {})
    told = [destinations.get(when, {}).get("Destination") for when in ("OnSuccess", "OnFailure")]
    if told != [one.watch, one.watch] or found.get("MaximumRetryAttempts") != 0:
        text = "its records do not go to the watch, or Lambda repeats its invocations, so nobody learns how a run ended"
        yield broken("function-tells-nobody", Link.FUNCTION, one.alias, text, AGAIN, jobs)
    elif int(found.get("MaximumEventAgeInSeconds", 0)) + timeout > one.ends_within:
        text = f"its time limit is now {timeout} seconds, and the supervisor would give up a run that goes on"
        yield broken(
            "function-limit-longer", Link.FUNCTION, one.alias, text, "run pulumi up, which reads it again", jobs
        )


def _of_grant(one: InvokedAlias, role: str) -> Iterator[Finding]:
    if isinstance(one.granted, Refused):
        yield unchecked(Link.FUNCTION, one.alias, f"whether {role} may tell the watch", one.granted, [one.job], _WHO)
        return
    results = (one.granted.value or {}).get("EvaluationResults", [])
    if any(result["EvalDecision"] != "allowed" for result in results):
        statement = json.dumps({"Effect": "Allow", "Action": INVOKE, "Resource": one.watch})
        text = f"its role {role} may not invoke the watch, so nobody learns how a run ended"
        fix = f"let the owner of the function add the statement {statement}"
        yield broken("function-may-not-tell", Link.FUNCTION, one.alias, text, fix, [one.job])


def _of_concurrency(one: InvokedAlias) -> Iterator[Finding]:
    if isinstance(one.concurrency, Refused):
        yield unchecked(Link.FUNCTION, one.alias, "its reserved concurrency", one.concurrency, [one.job], _WHO)
    elif (one.concurrency.value or {}).get("ReservedConcurrentExecutions") == 0:
        text = "its reserved concurrency is 0, so Lambda never runs it"
        fix = "let the owner of the function raise or remove it"
        yield broken("function-never-runs", Link.FUNCTION, one.alias, text, fix, [one.job])
