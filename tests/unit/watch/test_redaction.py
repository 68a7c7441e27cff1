"""Values of environment variables are kept out of messages, except those of the program itself."""

from __future__ import annotations

import pytest

from watch import redaction
from watch.names import JOB_NAME, JOB_SCHEDULE, JOB_SCHEDULED_TIME, JOB_TRIGGER, MANUAL


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (JOB_NAME, "nightly-report"),
        (JOB_SCHEDULE, "nightly-report.weekdays"),
        (JOB_SCHEDULED_TIME, "2026-11-26T02:00:00Z"),
        (JOB_TRIGGER, MANUAL),
    ],
)
def test_what_the_program_sets_is_not_hidden(name: str, value: str) -> None:
    """A line of a log keeps a word such as `manual`, which the program itself has set."""
    task = {"overrides": {"containerOverrides": [{"environment": [{"name": name, "value": value}]}]}}
    assert redaction.values_of(task) == {}
    other = {"overrides": {"containerOverrides": [{"environment": [{"name": "OTHER", "value": value}]}]}}
    assert value in redaction.values_of(other)
