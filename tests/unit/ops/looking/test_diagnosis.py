"""Tests of the lines of a diagnosis."""

from __future__ import annotations

import pytest

from doctor.finding import Finding, Link, broken, sound, unchecked
from judgements.answers import Refused
from ops.commands.doctor import exit_code
from ops.looking import diagnosis

FAULT = broken("schedule-missing", Link.SCHEDULE, "b.x", "it is gone", "pulumi up --refresh", ["b"])
UNSEEN = unchecked(Link.CLUSTER, "web", "its status", Refused("no", "ecs:DescribeClusters"), "abcdefg")


def test_sound_things_are_one_line_for_each_link() -> None:
    """Few are named, and many counted; what is worth knowing follows."""
    schedules = [sound(Link.SCHEDULE, f"{job}.{key}", [job]) for job in "ab" for key in "xy"]
    clusters = [sound(Link.CLUSTER, "web", "ab"), sound(Link.CLUSTER, "batch", "c", "it is large")]
    assert list(diagnosis.lines([*clusters, *schedules])) == [
        "schedule: 4 are sound (2 jobs)",
        "cluster web, batch: sound (3 jobs)",
        "    batch: it is large",
        "All is sound.",
    ]


def test_faults_come_before_what_nobody_could_see() -> None:
    """Each has what to do on a line of its own, and the jobs that need it; control characters are written out."""
    escape = broken("schedule-stray", Link.SCHEDULE, "\x1b[31m", "it\nis odd", "")
    assert list(diagnosis.lines([UNSEEN, FAULT, escape])) == [
        "schedule b.x: broken: it is gone (b)",
        "    pulumi up --refresh",
        r"schedule \x1b[31m: broken: it\nis odd",
        "cluster web: could not check: its status: no (a, b, c, d, e and 2 more)",
        "    needs the permission ecs:DescribeClusters (docs/permissions.md, Who looks)",
        "2 broken, 1 could not be checked",
    ]


@pytest.mark.parametrize(
    ("findings", "code"),
    [([], 0), ([sound(Link.RUNS, "a")], 0), ([UNSEEN], 3), ([UNSEEN, FAULT], 1)],
    ids=["nothing", "sound", "unseen", "broken"],
)
def test_the_exit_code(findings: list[Finding], code: int) -> None:
    """What is broken wins over what could not be checked."""
    assert exit_code(findings) == code
