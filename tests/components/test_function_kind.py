"""What the kind of functions says of a function as the account has it."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from components import FunctionPlace
from judgements.answers import FunctionConfig, Refused
from kinds.function import InFunction
from placements.references import Here
from settings import Function, Problems
from settings.job import Job
from tests.unit.plan.test_plan import build

if TYPE_CHECKING:
    from judgements.answers import Answer

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:rates"
ROLE = "arn:aws:iam::123456789012:role/rates"
WATCH = "arn:aws:lambda:eu-central-1:123456789012:function:jobs-staging-watch"
FILE = "jobs/a.py"
WHERE = f"{FILE}.function: '{ARN}:7'"
STATEMENT = f'{{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "{WATCH}"}}'
HIDDEN = Refused("is not authorized", "lambda:GetFunction")


@dataclass
class Account:
    """The account, with answers that the test sets."""

    config: Answer[FunctionConfig]
    place: Answer[Here]
    granted: Answer[bool]

    async def function_config(self, region: str, name: str, version: str) -> Answer[FunctionConfig]:
        """Return how the function is."""
        assert (region, name, version) == ("eu-central-1", "rates", "7")
        return self.config

    async def here(self) -> Answer[Here]:
        """Return where the stack is."""
        return self.place

    async def may(self, role: str, actions: tuple[str, ...], resource: str) -> Answer[bool]:
        """Return whether the role may invoke the watch."""
        assert (role, actions, resource) == (ROLE, ("lambda:InvokeFunction",), WATCH)
        return self.granted


USUAL = Account(FunctionConfig(ROLE, 60, "/own/rates"), Here("aws", "eu-central-1", "123456789012"), granted=True)


def fit(account: Account, entry: object = "rate(1 day)", **fields: Any) -> tuple[FunctionPlace | None, list[str]]:  # noqa: ANN401
    """Return the place of a job with this function, and the messages."""
    problems = Problems()
    function = Function(f"{ARN}:7")
    [planned], mistakes = build({"a": entry}, [Job(name="a", owner="data", function=function, **fields)], placements={})
    assert mistakes == []
    kind = InFunction(planned, function, "jobs-staging")
    with closing(asyncio.new_event_loop()) as loop:  # `asyncio.run` would leave other tests without a loop
        loop.run_until_complete(kind.look_up(account))  # type: ignore[arg-type]
    place = kind.fit(None, problems)
    return place, [*map(str, problems), *(f"warning: {one}" for one in problems.warnings)]


def test_a_function_that_fits() -> None:
    """A run has ended by the age of its event, the function's own limit, and a margin."""
    assert fit(USUAL) == (FunctionPlace(alias_arn="", log_group="/own/rates", ends_within=900 + 60 + 300), [])


@pytest.mark.parametrize(
    ("entry", "age"),
    [
        ({"rate": "1 day", "startDeadline": "10m"}, 600),
        ({"rate": "1 day", "startDeadline": "24h"}, 21600),
        ({"x": {"rate": "1 day", "startDeadline": "10m"}, "y": {"rate": "1 day", "startDeadline": "5m"}}, 300),
    ],
)
def test_the_event_gets_no_older_than_the_start_deadline(entry: object, age: int) -> None:
    """Lambda takes six hours at most, and one age for all schedules of a job."""
    place, _ = fit(USUAL, entry)
    assert place is not None
    assert place.ends_within == age + 360


@pytest.mark.parametrize(
    ("changed", "fields", "expected"),
    [
        ({"config": Refused("no such function")}, {}, f"{WHERE}: no such function"),
        (
            {"granted": False},
            {},
            (
                f"{WHERE}: its role {ROLE} may not tell the watch how a run ended; its owner must add the "
                f"statement {STATEMENT}"
            ),
        ),
        (
            {"place": Here("aws", "eu-west-1", "123456789012")},
            {},
            f"{WHERE}: must be in the stack's account and region, 123456789012 and eu-west-1",
        ),
        (
            {},
            {"timeout": "59s"},
            (
                f"{FILE}.timeout: 59 seconds must be at least the 60 seconds of the function's own limit: nothing else "
                "ends an invocation"
            ),
        ),
        (
            {"granted": Refused("is not authorized", "iam:SimulatePrincipalPolicy")},
            {},
            (
                f"warning: {WHERE}: whether the function's role {ROLE} has the statement {STATEMENT} not "
                "checked: the permission iam:SimulatePrincipalPolicy is missing"
            ),
        ),
        (
            {"config": HIDDEN},
            {},
            (
                f"warning: {WHERE}: existence, time limit and role not checked: the permission "
                "lambda:GetFunction is missing"
            ),
        ),
    ],
)
def test_a_function_that_does_not_fit(changed: dict[str, Any], fields: dict[str, Any], expected: str) -> None:
    """What the owner must do is in the message. What the account does not tell is a warning."""
    assert fit(replace(USUAL, **changed), **fields)[1] == [expected]


def test_a_limit_that_is_as_long_as_the_functions_own() -> None:
    """It promises nothing more than Lambda keeps."""
    assert fit(USUAL, timeout="1m")[1] == []


def test_a_function_that_nobody_may_see() -> None:
    """It may run as long as any function, and writes to the usual log."""
    place, _ = fit(replace(USUAL, config=HIDDEN))
    assert place == FunctionPlace(alias_arn="", log_group="/aws/lambda/rates", ends_within=900 + 5400 + 300)
