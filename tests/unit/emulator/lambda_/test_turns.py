"""Actions run one at a time and in order, and none is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from emulator.lambda_.turns import Turns


def test_left_while_busy() -> None:
    """Actions that an action leaves run after it, in their order and in the same thread."""
    turns = Turns()
    done: list[object] = []

    def outer() -> str:
        turns.leave(lambda: done.append(("first", threading.get_ident())))
        turns.leave(lambda: done.append(("second", threading.get_ident())))
        done.append("outer")
        return "result"

    assert turns.wait_for(outer) == "result"
    assert done == ["outer", ("first", threading.get_ident()), ("second", threading.get_ident())]


def test_left_by_another_thread() -> None:
    """A thread that leaves an action while another thread runs one does not wait."""
    turns = Turns()
    done: list[str] = []

    def outer() -> None:
        with ThreadPoolExecutor() as pool:
            pool.submit(turns.leave, lambda: done.append("left")).result(10)
        done.append("outer")

    turns.leave(outer)
    assert done == ["outer", "left"]


def test_failure() -> None:
    """An action's error reaches its caller, and does not stop the next action."""
    turns = Turns()
    done: list[str] = []

    def fail() -> None:
        turns.leave(lambda: done.append("left"))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        turns.wait_for(fail)
    turns.leave(lambda: done.append("next"))
    assert done == ["left", "next"]


def test_many_threads() -> None:
    """With many threads no action is lost, and no two run at once."""
    turns = Turns()
    inside = [0]
    seen: list[int] = []

    def action() -> None:
        inside[0] += 1
        seen.append(inside[0])
        inside[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        for number in range(400):
            pool.submit(turns.leave if number % 2 else turns.wait_for, action)
    assert seen == [1] * 400
