"""Tests of the way to the state that the holds ask for, with other people at work and with errors."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from holds.keeping import bring_about
from holds.standing import Schedule, Standing, Step
from holds.switching import Switched
from tests.unit.holds.test_hold import NOON, hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from holds.hold import Hold

HOUR = timedelta(hours=1)
OVER = hold(begin=NOON - HOUR, until=NOON)


class Group:
    """A group of schedules whose calls can fail, and whose holds other people change."""

    def __init__(self, *holds: Hold, enabled: bool = True, size: int = 5) -> None:
        """Begin with schedules that all have one state."""
        self.holds = list(holds)
        self.states = {f"job-{number}": Schedule(f"job-{number}", "data", enabled=enabled) for number in range(size)}
        self.tried: list[Step] = []
        self.fails: Callable[[Step], bool] = lambda _: False
        self.others: list[Callable[[], None]] = []
        """What other people do, one after the other, each at the end of a round."""
        self.unmarked: set[str] = set()

    def standing(self) -> Standing:
        """Return the holds."""
        return Standing(list(self.holds), NOON)

    def schedules(self) -> dict[str, Schedule]:
        """Return the schedules."""
        return dict(self.states)

    def switch(self, steps: Sequence[Step]) -> Iterator[tuple[Step, Switched | Exception]]:
        """Make the changes."""
        for step in steps:
            self.tried.append(step)
            if self.fails(step):
                yield step, RuntimeError("throttled")
            elif step.schedule in self.unmarked:
                yield step, Switched.UNMARKED
            else:
                self.states[step.schedule] = replace(self.states[step.schedule], enabled=step.enable)
                yield step, Switched.CHANGED
        if self.others:
            self.others.pop(0)()

    @property
    def enabled(self) -> set[str]:
        """The names of the enabled schedules."""
        return {name for name, one in self.states.items() if one.enabled}


def test_disables_and_enables() -> None:
    """A hold disables its schedules in one round, and when it is over they are enabled again."""
    group = Group(hold())
    outcome = bring_about(group)
    assert (outcome.changed, outcome.left, group.enabled) == (set(group.states), set(), set())
    group.holds = [OVER]
    assert bring_about(group).changed == set(group.states) == group.enabled
    assert len(group.tried) == 10


def test_does_nothing_twice() -> None:
    """What is as the holds ask for is not touched, however often it is asked for."""
    group = Group(hold(), enabled=False)
    assert bring_about(group).changed == set()
    assert group.tried == []


def test_repeats_what_failed_once() -> None:
    """A change that fails once, such as for throttling, is made in the next round."""
    group = Group(hold())
    group.fails = lambda step: group.tried.count(step) == 1
    outcome = bring_about(group)
    assert (outcome.left, outcome.failed, group.enabled) == (set(), {}, set())


def test_names_what_fails_always() -> None:
    """A change that fails each time is named with its error; all others are made."""
    group = Group(hold())
    group.fails = lambda step: step.schedule == "job-2"
    outcome = bring_about(group)
    assert (outcome.left, group.enabled) == ({"job-2"}, {"job-2"})
    assert {name: str(error) for name, error in outcome.failed.items()} == {"job-2": "throttled"}
    assert len(group.tried) == 4 + 4


def test_leaves_schedules_of_other_programs() -> None:
    """A schedule that does not say what config wants is left as it is, once and for all."""
    group = Group(hold())
    group.unmarked = {"job-1"}
    outcome = bring_about(group)
    assert (outcome.unmarked, outcome.left, group.enabled) == ({"job-1"}, set(), {"job-1"})
    assert len(group.tried) == 5


def test_sees_a_hold_that_comes_amid_the_lifting() -> None:
    """Somebody stores a hold while another one is lifted: what was enabled is disabled again."""
    group = Group(OVER, enabled=False)
    group.others = [lambda: group.holds.append(hold(id="new"))]
    outcome = bring_about(group)
    assert (group.enabled, outcome.left) == (set(), set())
    assert [one.id for one in outcome.standing.in_force] == ["new"]


def test_ends_though_somebody_undoes_everything() -> None:
    """Against somebody who enables each schedule again, it gives up after a few rounds and names what is left."""
    group = Group(hold(), size=1)

    def enable() -> None:
        group.states = {name: replace(one, enabled=True) for name, one in group.states.items()}
        group.others.append(enable)

    group.others = [enable]
    outcome = bring_about(group)
    assert (outcome.left, outcome.failed) == ({"job-0"}, {})
    assert len(group.tried) == 4


@pytest.mark.parametrize(("most", "left"), [(0, 5), (3, 2), (5, 0), (9, 0)])
def test_makes_at_most_so_many_changes(most: int, left: int) -> None:
    """No more changes are tried than allowed, and the others are named."""
    group = Group(hold())
    outcome = bring_about(group, most)
    assert (len(group.tried), len(outcome.left), len(group.enabled)) == (min(most, 5), left, left)
