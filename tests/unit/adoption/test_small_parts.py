"""Tests of names, sizes, secrets, documents and written Python, of which all sources make use."""

from __future__ import annotations

import ast
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adoption import documents, files, quantity
from adoption.environment import kept, without_secrets
from adoption.found import Found, Leftover, Notes, Placement, SourceError
from adoption.naming import each_once, valid
from aws_facts.fargate import FARGATE_SIZES
from settings import Job
from settings.job import is_job_name
from watch.names import RUN_VARIABLES


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nightly-report", "nightly-report"),
        ("NightlyReport", "nightly-report"),
        ("stack-Rule-1ABC_x", "stack-rule-1abc-x"),
        ("--", "job"),
        ("2nd", "job-2nd"),
        ("schedule:run", "schedule-run"),
        ("a" * 39 + "-b", "a" * 39),
    ],
    ids=str,
)
def test_names_are_made_valid(name: str, expected: str) -> None:
    """A name that is valid stays."""
    assert valid(name) == expected


@given(st.lists(st.text(max_size=50) | st.sampled_from(["a", "A", "a-2", "a" * 40]), max_size=8))
def test_each_name_is_valid_and_given_once(names: list[str]) -> None:
    """A name that is valid stays the name of the first that has it."""
    given_names = each_once(names)
    assert all(map(is_job_name, given_names))
    assert len(set(given_names)) == len(names)
    for name in {name for name in names if valid(name) == name}:
        assert given_names[[valid(other) for other in names].index(name)] == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [("500m", "0.5"), ("2", "2"), (".5", "0.5"), ("1.5Gi", "1610612736"), ("128M", "128000000"), ("1e3", "1000")],
    ids=str,
)
def test_quantities(text: str, expected: str) -> None:
    """Each suffix of Kubernetes is a factor."""
    assert quantity.of(text) == Decimal(expected)


def test_other_texts_are_no_quantities() -> None:
    """A size that cannot be read is none."""
    assert [quantity.of(text) for text in ("", "a", "1Gib", "-1", "1 Gi")] == [None] * 5


@given(st.integers(0, 20 * 1024), st.integers(0, 130 * 1024))
def test_the_size_is_the_smallest_of_fargate(units: int, mib: int) -> None:
    """It has what is asked for, and no smaller one has."""
    found = quantity.fargate_size(Decimal(units) / 1024, Decimal(mib) * 1024 * 1024)
    fitting = [(cpu, size) for cpu, sizes in FARGATE_SIZES.items() for size in sizes if cpu >= units and size >= mib]
    assert found == min(fitting, default=None)


def notes() -> Notes:
    """Return an empty list of leftovers."""
    return Notes(lambda _: "a:1")


def test_variables_that_no_job_can_have_are_listed() -> None:
    """Neither a file nor a message has the value of a secret."""
    note = notes()
    secret = {"API_KEY": "s3cret", "DATABASE": "postgres://u:s3cret@db/shop"}
    given_variables = {"A": "1", "KEY_ARN": "arn:aws:kms:a:1:key/b", "1A": "2", "TOKEN": "", **secret}
    run = dict.fromkeys(RUN_VARIABLES, "x")
    assert kept({**given_variables, **run}, "env", note) == {"A": "1", "KEY_ARN": "arn:aws:kms:a:1:key/b", "TOKEN": ""}
    assert [left.field for left in note.leftovers] == [f"env.{name}" for name in ("1A", *secret, *run)]
    assert "s3cret" not in "".join(map(str, note.leftovers))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (["--token=abcdef"], ["--token=[token]"]),
        (["--token", "abcdef"], ["--token", "[token]"]),
        (["--token", "$TOKEN"], ["--token", "$TOKEN"]),
        (["--token=$TOKEN"], ["--token=$TOKEN"]),
        (["API_KEY='a b' run"], ["API_KEY=[API_KEY] run"]),
        (["https://a/?token=abcdef"], ["https://a/?token=[token]"]),
        (["--user=me"], ["--user=me"]),
    ],
    ids=str,
)
def test_commands_have_no_secret(word: list[str], expected: list[str]) -> None:
    """Its name stands for it, and a variable that holds it stays."""
    note = notes()
    assert without_secrets(word, "command", note) == expected
    assert bool(note.leftovers) == (word != expected)


def test_a_document_knows_its_lines() -> None:
    """A part that the file does not have is where the nearest part around it is."""
    [first, second] = documents.read(b"a: {b: 1}\n---\nc:\n- d:\n    e: 1\n- f\n", "x.yaml")
    assert (first.place("a.b"), first.place("z")) == ("x.yaml:1", "x.yaml:1")
    assert (second.place("c[0].d.e"), second.place("c[1]"), second.place("c[0].d.z")) == (
        "x.yaml:5",
        "x.yaml:6",
        "x.yaml:4",
    )
    [item, text] = second.items("c")
    assert (item.value, item.place("d.e"), item.place("z")) == ({"d": {"e": 1}}, "x.yaml:5", "x.yaml:4")
    assert (text.value, text.place("")) == ("f", "x.yaml:6")
    assert first.items("a") == text.items("a") == []


def test_a_file_that_repeats_itself_without_end_is_refused() -> None:
    """Aliases can make a small file large."""
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    with pytest.raises(SourceError, match="has more than 100000 values"):
        documents.read("\n".join(lines).encode(), "x.yaml")


@given(
    st.lists(st.text(max_size=60), min_size=1, max_size=5), st.dictionaries(st.text(max_size=9), st.text(max_size=60))
)
def test_a_job_file_is_python_with_the_values(command: list[str], environment: dict[str, str]) -> None:
    """Also for texts that would end a string or a comment."""
    job = Job(name="a", command=command, owner="o", description=command[0], environment=environment)
    left = Leftover(command[0], command[0], command[0])
    placement = Placement("default", {})
    found = Found(where=command[0], kind="k", job=job, schedules={}, placement=placement, leftovers=[left])
    module = ast.parse(files.job_file(found))
    assert ast.get_docstring(module) is not None
    names: dict[str, type[Job]] = {"Job": Job}
    call = module.body[-1]
    assert isinstance(call, ast.Assign)
    assert eval(compile(ast.Expression(call.value), "job", "eval"), names) == job  # noqa: S307 - what was just written
