"""Tests of the order in which the ticks of a backfill begin."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ops.backfilling.turns import Turns

TICKS = st.lists(st.text("abcdefghij", min_size=1), unique=True, max_size=12)


@given(ticks=TICKS, data=st.data(), at_once=st.integers(1, 4), keep_going=st.booleans())
def test_each_begins_once_in_order_and_never_too_many_go_on(
    ticks: list[str], data: st.DataObject, at_once: int, *, keep_going: bool
) -> None:
    """Some go on already, some need no run any more, and runs end in any order, well or not."""
    earlier = data.draw(st.lists(st.sampled_from(ticks), unique=True) if ticks else st.just([]))
    turns = Turns(list(ticks), at_once, keep_going)
    for tick in earlier:
        turns.begin(tick)
    begun, left, bad = list[str](), list[str](), 0
    while not turns.is_over:
        while (following := turns.next) is not None:
            assert bad == 0 or keep_going
            if data.draw(st.integers(0, 5)) == 0:
                turns.leave(following)
                left.append(following)
                continue
            turns.begin(following)
            begun.append(following)
            assert len(turns.going_on) <= at_once
        if turns.going_on:
            good = data.draw(st.integers(0, 3)) > 0
            turns.end(data.draw(st.sampled_from(sorted(turns.going_on))), good=good)
            bad += not good
    rest = [tick for tick in ticks if tick not in earlier]
    assert sorted([*begun, *left], key=rest.index) == rest[: len(begun) + len(left)]
    assert [tick for tick in rest if tick in begun] == begun
    assert turns.waiting == rest[len(begun) + len(left) :]
    if keep_going or not bad:
        assert turns.waiting == []


def test_after_a_stop_nothing_begins() -> None:
    """What goes on is still awaited."""
    turns = Turns(["a", "b"], 2, keep_going=True)
    turns.begin("a")
    turns.stop()
    assert (turns.next, turns.is_over) == (None, False)
    turns.end("a", good=True)
    assert turns.is_over
