"""Which entry points let a job's command run."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_facts.entry_point import Lost, entry_point_problem, lost_words

REPORT = ["python", "manage.py", "report"]
ONE_WORD = [
    ["sh", "-c"],
    ["/bin/sh", "-c"],
    ["bash", "-c"],
    ["/bin/bash", "-ec"],
    ["bash", "-ce"],
    ["bash", "-lc"],
    ["bash", "-l", "-c"],
    ["bash", "-euo", "pipefail", "-c"],
    ["bash", "-o", "pipefail", "-ec"],
    ["bash", "-ceuo", "pipefail"],
    ["bash", "--norc", "-c"],
    ["bash", "--rcfile", "/etc/rc", "-c"],
    ["sh", "-c", "--"],
    ["sh", "+x", "-c", "-e"],
    ["/usr/bin/env", "bash", "-c"],
    ["tini", "--", "sh", "-c"],
    ["busybox", "sh", "-c"],
]
ANY_WORDS = [
    [],
    ["python"],
    ["python", "-c"],
    ["/docker-entrypoint.sh"],
    ["sh"],
    ["bash", "-e"],
    ["bash", "start.sh", "-c"],
    ["bash", "-o", "c"],
    ["tini", "--"],
    ["sh", "-c", 'exec "$@"', "--"],
    ["sh", "-c", 'exec "$0" "$@"'],
    ["sh", "-c", "exec ${0} ${@}"],
    ["sh", "-c", "exec $1", "sh"],
    ["sh", "-c", "exec $RUN"],
    ["cmd", "/C"],
]


@pytest.mark.parametrize("entry_point", ONE_WORD, ids=" ".join)
def test_a_shell_takes_one_word(entry_point: list[str]) -> None:
    """A shell that gets its script from the command runs a command of one word, and no longer one."""
    start = f"the entry point is {json.dumps(entry_point)}, so ECS would run: {' '.join(entry_point)}"
    assert entry_point_problem(entry_point, ["python manage.py report"]) is None
    assert entry_point_problem(entry_point, REPORT) == (
        f"{start} python manage.py report; of this the shell runs only: python; "
        'write one word: command=["python manage.py report"]'
    )


@pytest.mark.parametrize("entry_point", ANY_WORDS, ids=" ".join)
def test_other_entry_points_are_not_judged(entry_point: list[str]) -> None:
    """An entry point that runs the command, or whose use of the command nobody can know, is no problem."""
    assert entry_point_problem(entry_point, REPORT) is None


WAY_OUT = 'the entry point must be like ["sh", "-c", "exec \\"$@\\"", "--"], or be removed from the task definition'
OWN_SCRIPTS = [
    (
        ["sh", "-c", "./start.sh"],
        (
            'the entry point is ["sh", "-c", "./start.sh"], so ECS would run: '
            "sh -c ./start.sh python manage.py report; "
            f"the shell runs only its script './start.sh', which does not use the command; {WAY_OUT}"
        ),
    ),
    (
        ["sh", "-c", 'exec "$@"'],
        (
            'the entry point is ["sh", "-c", "exec \\"$@\\""], so ECS would run: '
            f"sh -c 'exec \"$@\"' python manage.py report; "
            f"'python' only becomes the script's $0, so the rest is run without it; {WAY_OUT}"
        ),
    ),
]


@pytest.mark.parametrize(("entry_point", "problem"), OWN_SCRIPTS, ids=["unused", "first word lost"])
def test_a_script_of_the_entry_point_must_use_the_command(entry_point: list[str], problem: str) -> None:
    """A shell's own script that does not use the command, or not its first word, is a problem."""
    assert entry_point_problem(entry_point, REPORT) == problem


@pytest.mark.parametrize(
    ("entry_points", "lost"),
    [
        (ONE_WORD, Lost.AFTER_THE_FIRST),
        ([OWN_SCRIPTS[0][0]], Lost.ALL),
        ([OWN_SCRIPTS[1][0]], Lost.THE_FIRST),
        (ANY_WORDS, None),
    ],
    ids=["after the first", "all", "the first", "none"],
)
def test_words_that_are_lost(entry_points: list[list[str]], lost: Lost | None) -> None:
    """Without a command, the entry point alone tells which words of any command it does not run."""
    assert {lost_words(entry_point) for entry_point in entry_points} == {lost}


@given(st.lists(st.text(min_size=1).filter(lambda word: "\0" not in word), min_size=2))
def test_the_way_out_is_the_same_command(command: list[str]) -> None:
    """The one word that the message offers is read by a shell as the words of the command."""
    problem = entry_point_problem(["sh", "-c"], command)
    assert problem is not None
    (line,) = json.loads(problem.rpartition("command=")[2])
    assert shlex.split(line) == command
