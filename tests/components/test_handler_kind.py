"""What the kind of handlers says of a folder, and of the time limit that its function gets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from components import FunctionPlace
from kinds.handler import OwnHandler
from settings import Handler, Problems
from settings.job import Job
from tests.unit.plan.test_plan import build

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "functions/rates"
HANDLER = Handler(FOLDER, handler="app.handle")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with the folder of a handler, and keep the user's cache out of it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    (folder / "app.py").write_text("def handle(event, context): ...\n")
    return tmp_path


def fit(
    project: Path,
    entry: object = "rate(1 day)",
    handler: Handler = HANDLER,
    **fields: Any,  # noqa: ANN401
) -> tuple[FunctionPlace | None, list[str]]:
    """Return the place of a job with this handler, and the messages."""
    problems = Problems()
    [planned], mistakes = build({"a": entry}, [Job(name="a", owner="data", function=handler, **fields)], placements={})
    assert mistakes == []
    kind = OwnHandler(planned, handler, "jobs-staging", project)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(kind.look_up(cast("Any", None)))  # it asks the account for nothing
    loop.close()
    return kind.fit(None, problems), list(map(str, problems))


@pytest.mark.parametrize(("fields", "timeout"), [({}, 900), ({"timeout": "1m"}, 60), ({"timeout": "30m"}, 1800)])
def test_a_handler_that_fits(project: Path, fields: dict[str, Any], timeout: int) -> None:
    """The job's `timeout` is the function's own limit, and a run has ended by it, the event's age and a margin."""
    log = "/aws/lambda/jobs-staging-job-a"
    assert fit(project, **fields) == (
        FunctionPlace(alias_arn="", log_group=log, ends_within=900 + timeout + 300),
        [],
    )


TWO = {"x": {"rate": "1 day", "timeout": "2m"}, "y": {"rate": "2 days", "timeout": "1m"}}


def test_time_limits(project: Path) -> None:
    """A limit that Lambda does not have, and two for one function, are mistakes."""
    assert fit(project, timeout="31m")[1] == [
        "jobs/a.py.timeout: 1860 seconds must be at most 1800, Lambda's own limit"
    ]
    (message,) = fit(project, TWO)[1]
    assert message.endswith("the schedules have 60, 120 seconds; they must be equal, for a function has one limit")


def test_mistakes_of_the_folder(project: Path) -> None:
    """A mistake is told with its file, and there is no place then."""
    (project / FOLDER / "requirements.txt").write_text("requests\n")
    place, messages = fit(project, handler=Handler(FOLDER, handler="app.other"))
    assert place is None
    assert messages[0] == f"{FOLDER}/app.py: defines no other, which the handler app.other names"
    assert messages[1].startswith(f"{FOLDER}/requirements.txt:1: requests must be pinned with ==")
    assert fit(project, handler=Handler("functions/none", handler="app.handle"))[1] == [
        "functions/none: is not a folder"
    ]
