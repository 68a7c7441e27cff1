"""Tests of what several holds ask of the schedules of a group."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from holds.hold import EARLY, Hold
from holds.standing import Schedule, Standing, Step
from tests.unit.holds.test_hold import NOON, hold

HOUR = timedelta(hours=1)
ON, OFF = Schedule("report", "data", enabled=True), Schedule("report", "data", enabled=False)


def test_overlapping_holds() -> None:
    """A schedule stays disabled until the last of its holds is over. The one that lasts longest is named."""
    first, second = hold(id="first", until=NOON + HOUR), hold(id="second", begin=NOON, until=NOON + 2 * HOUR)
    during, between, after = (Standing([first, second], NOON + HOUR * part) for part in (0.5, 1.5, 2.5))
    assert during.steps({"report": ON}) == [Step("report", enable=False)]
    assert [one.id for one in during.in_force] == ["second", "first"]
    assert during.keeping("report", "data") == second
    assert between.steps({"report": OFF}) == []
    assert [one.id for one in between.over] == ["first"]
    assert after.steps({"report": OFF}) == [Step("report", enable=True)]


def test_a_hold_without_an_end_lasts_longest() -> None:
    """A schedule stays disabled until somebody ends the hold, whatever other holds end, and it is the one named."""
    endless, other = hold(id="a", until=None), hold(id="b", until=NOON + HOUR)
    for holds in ([endless, other], [other, endless]):
        assert Standing(holds, NOON).keeping("report", "data") == endless
        assert Standing(holds, NOON + 9999 * HOUR).steps({"report": ON, "off": OFF}) == [Step("report", enable=False)]
    ended = Standing([endless.ended(NOON + HOUR), other], NOON + HOUR)
    assert ended.steps({"report": OFF}) == [Step("report", enable=True)]


def test_disables_before_it_enables() -> None:
    """The changes that keep something from running come first."""
    standing = Standing([hold(id="a", jobs=("a",), until=NOON), hold(id="b", jobs=("b",))], NOON)
    schedules = {"a": Schedule("a", "", enabled=False), "b": Schedule("b", "", enabled=True)}
    assert standing.steps(schedules) == [Step("b", enable=False), Step("a", enable=True)]


spans = st.tuples(st.integers(-120, 120), st.integers(-120, 120))
some_holds = st.lists(
    st.builds(
        lambda number, span, ends, jobs: hold(
            id=f"h{number}",
            begin=NOON + timedelta(minutes=min(span)),
            until=NOON + timedelta(minutes=max(span)) if ends else None,
            jobs=jobs,
        ),
        st.integers(0, 9),
        spans,
        st.booleans(),
        st.sampled_from([(), ("a",), ("b",), ("a", "b")]),
    ),
    max_size=5,
)


@given(some_holds, st.dictionaries(st.sampled_from(["a", "b", "c"]), st.booleans(), min_size=1))
def test_a_schedule_is_disabled_exactly_while_a_hold_is_on_it(made: list[Hold], states: dict[str, bool]) -> None:
    """After its steps each held schedule is disabled, and one that is not held changes only because a hold is over."""
    schedules = {name: Schedule(name, "", enabled=enabled) for name, enabled in states.items()}
    standing = Standing(made, NOON)
    steps = {step.schedule: step.enable for step in standing.steps(schedules)}
    for name, before in states.items():
        on_it = [one for one in made if not one.jobs or name in one.jobs]
        held = any(one.begin - EARLY <= NOON and (one.until is None or one.until > NOON) for one in on_it)
        ended = any(one.until is not None and one.until <= NOON for one in on_it)
        after = steps.get(name, before)
        if held:
            assert not after
        elif ended:
            assert after
        else:
            assert after == before
