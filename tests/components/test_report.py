"""Tests of `python -m ops report` with a deployed program."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from emulator.iam.policy_evaluation import evaluate
from tests import permissions
from tests.components.embedded import ACCOUNT, REGION, EmbeddedCloud
from tests.components.operators import Operator, allowed, without
from tests.components.test_history import put, remember
from tests.components.test_list import GROUP, NOW, WHERE, deploy, program
from tests.components.watching import FUNCTION

if TYPE_CHECKING:
    from pathlib import Path

CALLS = {
    "lambda:GetFunctionConfiguration",
    "dynamodb:Query",
    "scheduler:ListSchedules",
    "scheduler:GetSchedule",
    "dynamodb:BatchGetItem",
}


@pytest.fixture
def operator(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Operator:
    """Return an operator who types `report` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Operator(cloud, monkeypatch, capsys, "report", NOW)


def test_writes_the_page(cloud: EmbeddedCloud, operator: Operator, tmp_path: Path) -> None:
    """The file has the group's name or the given one, and its path is printed. It shows what the ledger knows."""
    remember(deploy(cloud, program()))
    for given, name in (((), f"{GROUP}.html"), (("--html", "other.html"), "other.html")):
        assert operator.runs(*WHERE, *given) == (0, f"{tmp_path / name}\n", "")
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert f'id="{GROUP}/nightly-report/2027-02-02T01:00:00Z"' in text
        assert "<h2>Alerted ticks</h2>" in text
        assert "The run wrote no log" not in text
    assert set(operator.called()) == CALLS


def test_prints_its_data(cloud: EmbeddedCloud, operator: Operator, tmp_path: Path) -> None:
    """The output with --json is JSON and nothing else, and no file is written."""
    remember(deploy(cloud, program()))
    code, out, err = operator.runs(*WHERE, "--json")
    [stack] = json.loads(out)["stacks"]
    assert (code, err, list(tmp_path.iterdir())) == (0, "", [])
    assert (stack["project"], stack["name"], stack["group"], stack["region"]) == ("", GROUP, GROUP, REGION)
    assert [(one["at"], one["subject"], one["body"], one["to"]) for one in stack["alerts"]] == [
        ("2027-02-01T01:00:00Z", "nightly-report failed", "", []),
        ("2027-02-02T01:00:00Z", "nightly-report was not launched", "ThrottlingException: Rate exceeded", []),
    ]
    [schedule] = stack["schedules"]
    coming = [datetime(2027, 2, 4, 1, tzinfo=UTC), datetime(2027, 2, 5, 1, tzinfo=UTC)]
    assert schedule["coming"] == [f"{tick:%Y-%m-%dT%H:%M:%SZ}" for tick in coming if tick < NOW + timedelta(hours=49)]
    assert [run["log"] for tick in schedule["ticks"] for run in tick["runs"]] == [None] * 3


def test_names_the_stack(cloud: EmbeddedCloud, operator: Operator, tmp_path: Path) -> None:
    """With --stack the page names stack and project."""
    deploy(cloud, program())
    (tmp_path / "Pulumi.staging.yaml").write_text("config: {aws:region: eu-central-1}\n")
    _, out, _ = operator.runs("--stack", "staging", "--group", GROUP, "--region", REGION, "--json")
    [stack] = json.loads(out)["stacks"]
    assert (stack["project"], stack["name"]) == ("scheduled-jobs", "staging")


def test_what_the_watch_did_not_write_is_a_warning(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The page is written without it."""
    remember(deploy(cloud, program()))
    put(cloud, "schedule#nightly-report", "2027-02-02T01:00:00Z")
    put(cloud, "jobs", "other")
    code, _, err = operator.runs(*WHERE)
    assert (code, [line.partition(" was not")[0] for line in err.splitlines()]) == (
        0,
        ["warning: the ledger's record of 'other'", "warning: the ledger's record of 'nightly-report'"],
    )


def test_a_file_that_cannot_be_written_is_one_line(cloud: EmbeddedCloud, operator: Operator, tmp_path: Path) -> None:
    """Nothing is read before."""
    missing = tmp_path / "none" / "page.html"
    assert operator.fails(*WHERE, "--html", str(missing)) == (
        f"{missing} cannot be written: the folder {missing.parent} does not exist"
    )
    assert operator.fails(*WHERE, "--html", str(tmp_path)) == f"{tmp_path} is a folder; --html must be a file"
    assert operator.called() == ()
    deploy(cloud, program())
    assert operator.fails(*WHERE, "--html", "/proc/page.html") == (
        "/proc/page.html cannot be written: No such file or directory"
    )


def test_a_group_without_a_ledger_is_one_line(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The error says what is missing."""
    assert operator.fails(*WHERE).startswith(f"group {GROUP} ({REGION}) has no ledger: there is no function {FUNCTION}")


def test_in_the_sandbox_the_file_is_where_it_was_typed(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command runs in the folder of the checkout, so it gets the file's whole path."""
    started = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        started.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    words = ["--stack", "sandbox", "--region", REGION, "--html=page.html"]
    assert operator.runs(*words)[0] == 0
    whole = ["--html", str(tmp_path / "page.html")]
    assert started == [[sys.executable, "-m", "sandbox", "ops", "report", *words, *whole]]


def test_who_looks_may_write_it(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The policy in docs/permissions.md allows every call. Without any action of them, one is refused."""
    remember(deploy(cloud, program()))
    policy = permissions.policy(permissions.LOOK, group=GROUP, account=ACCOUNT, region=REGION, watch=FUNCTION)
    assert operator.runs(*WHERE)[0] == 0
    asked = operator.asked()
    assert {each.action for each in asked} == CALLS
    assert [str(evaluate(each, [policy]).reason) for each in asked if not evaluate(each, [policy]).allowed] == []
    for action in CALLS:
        assert not allowed(asked, without(policy, action)), action
