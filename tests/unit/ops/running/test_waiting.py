"""Tests of waiting for the end of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from aws_facts.log_place import LogPlace
from ops.errors import OpsError
from ops.running import following, waiting
from ops.running.started import Started
from ops.running.waiting import Ended, Waiting

if TYPE_CHECKING:
    from ops.running.following import Line

ARN = "arn:aws:ecs:eu-central-1:123456789012:task/staging/0a"
CLUSTER = "arn:aws:ecs:eu-central-1:123456789012:cluster/staging"
PLACE = LogPlace("/ecs/web", "ecs/app/0a", "eu-central-1")
BEGUN = Started(task=ARN, cluster=CLUSTER, log=PLACE, watch="aws ecs describe-tasks")
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)


def described(status: str = "STOPPED", exit_code: int | None = None, **known: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a task as ECS describes it."""
    container = {"name": "app", **({} if exit_code is None else {"exitCode": exit_code})}
    return {"taskArn": ARN, "clusterArn": CLUSTER, "lastStatus": status, "containers": [container], **known}


RUNS = described("RUNNING", startedAt=NOW)


@dataclass
class Account:
    """An account that describes the task, one answer a look; the last answer stays."""

    answers: list[dict[str, Any] | OpsError | None]
    log: OpsError | None = None
    stopped: list[str] = field(default_factory=list)

    def tasks(self, cluster: str, arns: list[str]) -> list[dict[str, Any]]:
        """Return the next answer."""
        assert (cluster, arns) == (CLUSTER, [ARN])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OpsError):
            raise answer
        return [] if answer is None else [answer]

    def stop(self, reason: str) -> None:
        """Stop the task."""
        self.stopped.append(reason)
        self.answers = [described(exit_code=143, startedAt=NOW, stopCode="UserInitiated", stoppedReason=reason)]

    def log_events(self, place: LogPlace, token: str | None) -> tuple[list[tuple[datetime, str]], str | None]:
        """Return one line, and then none."""
        assert place == PLACE
        if self.log:
            raise self.log
        return ([] if token else [(NOW, "line")]), "end"


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Count the seconds that pass."""
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds
        assert passed[0] < 1000

    monkeypatch.setattr(following, "_sleep", sleep)
    monkeypatch.setattr(waiting, "_now", lambda: passed[0])
    return passed


def wait(account: Account, limit: timedelta | None = None) -> tuple[Ended, list[str]]:
    """Return how the run ended, and its log."""
    shown: list[Line] = []
    ended = Waiting(cast("Any", account), BEGUN, "app", limit, account.stop).to_the_end(shown.append)
    return ended, [line.text for line in shown]


@pytest.mark.parametrize(
    ("last", "code"),
    [
        (described(exit_code=0, startedAt=NOW), 0),
        (described(exit_code=3, startedAt=NOW), 3),
        (described(exit_code=120, startedAt=NOW), 120),
        (described(startedAt=NOW), 1),
        (described(stopCode="TaskFailedToStart", stoppedReason="CannotPullContainerError"), 120),
        (described(exit_code=143, startedAt=NOW, stopCode="UserInitiated"), 122),
        (described(exit_code=143, startedAt=NOW, stopCode="SpotInterruption"), 122),
    ],
    ids=["good", "failed", "one of ours", "unknown", "not started", "stopped", "interrupted"],
)
def test_the_exit_code(last: dict[str, Any], code: int) -> None:
    """It is the job's own, or one of ours for a job that has none."""
    ended, shown = wait(Account([RUNS, last]))
    assert (ended.code, ended.timed_out, shown) == (code, False, ["line"])


def test_a_task_that_takes_too_long_is_stopped_once(pauses: list[float]) -> None:
    """The exit code is ours, and the reason in ECS says why it was stopped."""
    account = Account([RUNS])
    ended, _ = wait(account, timedelta(seconds=30))
    assert account.stopped == ["it took longer than 30 s (--timeout of ops run)"]
    assert (ended.code, ended.timed_out, ended.exit_code) == (121, True, 143)
    assert 30 <= pauses[0] < 45


def test_a_task_that_ends_in_time_is_not_stopped() -> None:
    """The limit does not matter then."""
    account = Account([RUNS, described(exit_code=0, startedAt=NOW)])
    assert (wait(account, timedelta(seconds=30))[0].code, account.stopped) == (0, [])


def test_a_new_task_may_be_unknown_for_a_while() -> None:
    """ECS may not describe it at once."""
    assert wait(Account([None, None, RUNS, described(exit_code=0, startedAt=NOW)]))[0].code == 0
    with pytest.raises(OpsError, match="does not know the task"):
        wait(Account([None]))


def test_a_look_that_fails_is_repeated() -> None:
    """AWS may not answer for a while; the task goes on. If it never answers, the command says how to watch it."""
    trouble = OpsError("Could not connect")
    assert wait(Account([*[trouble] * 29, RUNS, *[trouble] * 29, described(exit_code=4, startedAt=NOW)]))[0].code == 4
    with pytest.raises(OpsError, match=r"^Could not connect; the task goes on: aws ecs describe-tasks$"):
        wait(Account([trouble]))


def test_a_log_that_cannot_be_read_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """It is said once, and the end is waited for."""
    ended, shown = wait(Account([RUNS, RUNS, described(exit_code=0, startedAt=NOW)], log=OpsError("no permission")))
    assert (ended.code, shown) == (0, [])
    assert capsys.readouterr().err == "warning: the log cannot be read: no permission\n"
