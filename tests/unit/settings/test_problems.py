"""Tests that problems are collected, written in one line each, and raised together."""

from __future__ import annotations

import pytest

from settings import InvalidInput, Problems, accepted, key_path
from settings.problems import show


def test_raises_all_at_once() -> None:
    """The report counts the problems and has one line for each, in the order found and without repetition."""
    problems = Problems()
    problems.raise_if_any()
    for where in ("b", "a", "b"):
        problems.add(where, "is missing")
    with pytest.raises(InvalidInput) as raised:
        problems.raise_if_any()
    assert str(raised.value) == "2 problems to fix before anything is deployed:\n  b: is missing\n  a: is missing"
    assert [problem.where for problem in raised.value.problems] == ["b", "a"]
    assert len(problems) == 2


def test_counts_one() -> None:
    """A report of one problem says "1 problem", not "1 problems"."""
    problems = Problems()
    problems.add("a", "is missing")
    with pytest.raises(InvalidInput, match=r"^1 problem to fix before anything is deployed:\n  a: is missing$"):
        problems.raise_if_any()


def test_is_one_line() -> None:
    """Characters that would break a line, or cannot be encoded, are escaped."""
    problems = Problems()
    problems.add_value("a\nb", "c\r\n\ud800\u202e", "is wrong")
    assert [str(problem) for problem in problems] == ["a\\nb: 'c\\r\\n\\ud800\\u202e': is wrong"]


VALUES = {
    "text": ("Zürich", "'Zürich'"),
    "number": (5, "5"),
    "nothing": (None, "null"),
    "true": (True, "true"),
    "mapping": ({"a": ["ü"]}, '{"a": ["ü"]}'),
    "mapping that JSON cannot write": ({(1, 2): 3}, "[dict]"),
    "number that Python will not write": (10**5000, "[int]"),
    "long": ("x" * 200, "'" + "x" * 118 + "…"),
}


@pytest.mark.parametrize(("value", "shown"), VALUES.values(), ids=VALUES)
def test_shows_values(value: object, shown: str) -> None:
    """A value is written in YAML's flow style and shortened to 120 characters."""
    assert show(value) == shown


def test_writes_key_paths() -> None:
    """Key paths have dots before plain names, and brackets around positions and other keys, as Pulumi reads them."""
    assert key_path("p:schedules", "a-b", 0, "c.d", 'e"f') == 'p:schedules.a-b[0]["c.d"]["e\\"f"]'


MEANT = {
    "near": ("schedule", ["schedules", "tags"], "; did you mean 'schedules'?"),
    "far": ("x", ["b", "a"], "; must be one of: a, b"),
    "none": ("x", [], ""),
}


@pytest.mark.parametrize(("given", "possible", "said"), MEANT.values(), ids=MEANT)
def test_says_what_is_accepted(given: str, possible: list[str], said: str) -> None:
    """The end of the message is the nearest name, or else all names, or else empty."""
    assert accepted(given, possible) == said


def test_knows_the_places_of_problems() -> None:
    """A problem is about its place and about everything that contains it, and about nothing with a similar name."""
    problems = Problems()
    problems.add('p:a.b["c.d"][0]', "is wrong")
    problems.add("jobs/x.py:3", "is wrong")
    for where in ("p", "p:a", "p:a.b", 'p:a.b["c.d"]', 'p:a.b["c.d"][0]', "jobs/x.py", "jobs/x.py:3"):
        assert problems.about(where), where
    for where in ("p:ab", "p:a.c", 'p:a.b["c.d"][1]', "jobs/x.py:33", "p:a.b.c"):
        assert not problems.about(where), where


def test_warns_beside_the_problems() -> None:
    """A warning is one line, is recorded once, hides a secret, and does not prevent a deployment."""
    problems = Problems()
    problems.hide_values_under(["p:a"])
    for _ in range(2):
        problems.warn("p:a.b", "hush", "not checked")
        problems.warn("p:c", ["x", "y"], "not\nchecked")
    problems.raise_if_any()
    assert [str(warning) for warning in problems.warnings] == [
        "p:a.b: [secret]: not checked",
        'p:c: ["x", "y"]: not\\nchecked',
    ]
    assert list(problems) == []
