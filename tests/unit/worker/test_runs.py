"""How runs end, and the instants that name them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from scheduled_jobs_worker import instants, this_minute
from scheduled_jobs_worker.runs import LONGEST_REASON, Verdict


class _SilentError(Exception):
    """An error that cannot be written."""

    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (ValueError("no rates"), Verdict("failed", None, "ValueError: no rates")),
        (ValueError(), Verdict("failed", None, "ValueError")),
        (_SilentError(), Verdict("failed", None, "_SilentError")),
        (SystemExit(), Verdict("good", 0, "")),
        (SystemExit(0), Verdict("good", 0, "")),
        (SystemExit(3), Verdict("failed", 3, "")),
        (SystemExit(True), Verdict("failed", 1, "")),  # noqa: FBT003 - Python takes it
        (SystemExit(256), Verdict("good", 0, "")),
        (SystemExit(-1), Verdict("failed", 255, "")),
        (SystemExit(10**50 + 7), Verdict("failed", 7, "")),
        (SystemExit(_SilentError()), Verdict("failed", 1, "")),
        (SystemExit("no rates"), Verdict("failed", 1, "no rates")),
        (KeyboardInterrupt(), Verdict("interrupted", None, "KeyboardInterrupt")),
    ],
)
def test_errors(error: BaseException, verdict: Verdict) -> None:
    """An error has its type and message, and an exit its code, by Python's rules."""
    found = Verdict.of_error(error)
    assert (found, type(found.exit_code)) == (verdict, type(verdict.exit_code))


def test_reason_fits_every_store() -> None:
    """A reason is cut, and has no halves of characters, which no service takes."""
    assert Verdict("failed", 1, "x" * 1000).reason == "x" * LONGEST_REASON
    assert Verdict("failed", 1, "\ud800").reason == "\\ud800"


def test_instants() -> None:
    """Instants have one form, whatever zone they were given in; one without a zone is refused."""
    berlin = timezone(timedelta(hours=1))
    assert instants.text(datetime(2027, 1, 4, 3, tzinfo=berlin)) == "2027-01-04T02:00:00Z"
    assert instants.text(1799028000.9) == "2027-01-04T02:00:00Z"
    assert instants.read("2027-01-04T02:00:00Z") == datetime(2027, 1, 4, 2, tzinfo=UTC)
    with pytest.raises(ValueError, match="has no time zone"):
        instants.text(datetime(2027, 1, 4, 2))  # noqa: DTZ001 - that is the mistake


@pytest.mark.parametrize(("second", "minute"), [(0, 0), (0.4, 0), (54.9, 0), (55, 1), (59.9, 1)])
def test_minute_of_a_cron_that_has_fired(second: float, minute: int) -> None:
    """A cron may fire a moment early, and almost a minute late."""
    now = datetime(2027, 1, 4, 2, tzinfo=UTC) + timedelta(seconds=second)
    assert this_minute(now) == datetime(2027, 1, 4, 2, minute, tzinfo=UTC)
    assert this_minute(now.astimezone(timezone(timedelta(hours=5)))).tzinfo == UTC
