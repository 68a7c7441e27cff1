"""Tests of the alert that an operator asks for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest

from tests.unit.watch.told import SCHEMA, only
from watch import handler

if TYPE_CHECKING:
    from tests.unit.watch.world import World
    from watch.alert import Alert

BY = "oncall/ann"


def test_it_is_marked(world: World) -> None:
    """The contract is that of a failed run of the job, for filters, with a kind and an incident of its own."""
    world.watch.send_test("nightly-report", BY)
    alert: Alert = only(world)
    jsonschema.validate(alert, SCHEMA)
    assert {name: alert[name] for name in ("kind", "class", "severity", "job", "jobs", "owners")} == {
        "kind": "test",
        "class": "failed",
        "severity": "error",
        "job": "nightly-report",
        "jobs": ["nightly-report"],
        "owners": ["data"],
    }
    assert alert["incident"] == "jobs-production/test/nightly-report"
    assert alert["summary"] == "TEST of the alerts about nightly-report: nothing has happened"
    assert alert["reason"] == "oncall/ann asked for this alert; nothing has happened"
    assert (alert["tick"], alert["schedule"], alert["task"], alert["rerun"], alert["cause"]) == (None,) * 5


def test_people_read_that_it_is_a_test(world: World) -> None:
    """Subject, mail and chat say so, and offer nothing to do."""
    world.watch.send_test("nightly-report", BY)
    [request] = world.account.published
    bodies = json.loads(request["Message"])
    assert request["Subject"] == "[production] TEST of the alerts about nightly-report: nothing has happened"
    assert bodies["email"].startswith("TEST of the alerts about nightly-report: nothing has happened\n")
    assert "Run it" not in bodies["email"]
    assert ":test_tube: production: TEST of the alerts" in bodies["https"]


def test_nothing_is_recorded(world: World) -> None:
    """The job's trouble, its digests and its ticks are what they were."""
    before = world.ledger.load("nightly-report")[0]
    world.watch.send_test("nightly-report", BY)
    assert world.ledger.all_ticks() == {}
    assert world.ledger.load("nightly-report")[0] == before


def test_a_job_that_is_not_deployed_is_refused(world: World) -> None:
    """It has no owner to alert."""
    with pytest.raises(ValueError, match=r"the job 'other' is not deployed"):
        world.watch.send_test("other", BY)


def test_the_function_takes_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator invokes the function; a name that no job can have is refused."""
    monkeypatch.setattr(handler, "_watch", lambda _: world.watch)

    class Context:
        invoked_function_arn = "arn"

    assert handler.handle({"test": "nightly-report", "by": "x\n\x1b[31m"}, Context()) is None
    assert only(world)["reason"] == r"x\n\x1b[31m asked for this alert; nothing has happened"
    with pytest.raises(ValueError, match="a job's name"):
        handler.handle({"test": "-x"}, Context())
