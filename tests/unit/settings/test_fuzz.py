"""Property tests: any stack config can be read without an exception."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

import plan
import settings
from settings import Problems
from settings.job import Job
from tests.unit.json_values import keys, scalars, values

JOBS = [Job(name="nightly-report", command=["true"], owner="data"), Job(name="a", command=["true"], owner="b")]
SECTIONS = ("placements", "schedules", "calendars", "defaults", "alerts", "tags", "iam")
MARK = "hunter2"


def read(config: dict[str, Any], secret: list[str] | None = None) -> str:
    """Return the whole report on a config, without look-ups in the account."""
    problems = Problems()
    problems.hide_values_under(f"scheduled-jobs:{key}" for key in secret or [])
    plan.build(settings.parse(config, problems), JOBS, problems)
    return "\n".join(str(problem) for problem in problems)


def in_section(key: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a config with this section, as deep as its validation goes."""
    entries = st.dictionaries(keys, st.dictionaries(keys, values, max_size=5) | values, max_size=3)
    return st.fixed_dictionaries({key: entries | values})


configs = st.sampled_from(SECTIONS).flatmap(in_section) | st.dictionaries(keys, values, max_size=4)


@limits(max_examples=150, deadline=None)
@given(configs)
def test_never_raises(config: dict[str, Any]) -> None:
    """Any JSON under any key gives a report that can be printed, with one line per problem."""
    report = read(config)
    assert all(line.startswith(("scheduled-jobs:", "jobs/")) for line in report.splitlines())
    assert report.encode().decode() == report


def marked(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value with the secret in every text, except in keys."""
    if isinstance(value, str):
        return f"{value}{MARK}"
    if isinstance(value, list):
        return [marked(item) for item in value]
    return {key: marked(item) for key, item in value.items()} if isinstance(value, dict) else value


SCHEDULE = st.fixed_dictionaries(
    {"environment": st.dictionaries(keys, scalars, max_size=2)},
    optional={"cron": scalars, "rate": scalars, "start": scalars, "timezone": scalars, "placement": scalars},
)


@limits(max_examples=80, deadline=None)
@given(configs | st.fixed_dictionaries({"schedules": st.dictionaries(st.just("nightly-report"), SCHEDULE)}))
def test_never_repeats_a_secret(config: dict[str, Any]) -> None:
    """No message contains text from a secret key."""
    assert MARK not in read({key: marked(value) for key, value in config.items()}, secret=list(config))


def test_repeats_what_is_no_secret() -> None:
    """Messages repeat the values of a key next to the secret one, even if its name begins with the same letters."""
    config = {"tags": MARK, "iam": MARK, "tagsx": 1}
    report = read(config, secret=["tag", "iam"])
    assert f"scheduled-jobs:tags: '{MARK}': must be a mapping" in report
    assert "scheduled-jobs:iam: [secret]: must be a mapping" in report
