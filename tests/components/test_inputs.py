"""Inputs that are known now are used now; outputs are waited for wherever they are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components.inputs import computed, is_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


def later(value: object, *, secret: bool = False) -> pulumi.Output[Any]:
    """Return an output with this value."""
    return pulumi.Output.secret(value) if secret else pulumi.Output.from_input(value)


def in_loop(check: Coroutine[Any, Any, None]) -> None:
    """Run a check in a loop of its own; `asyncio.run` would leave the other tests without a loop."""
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(check)
    finally:
        loop.close()


PLAIN: tuple[object, ...] = ("a", 1, None, ["a", ["b"]], ("a",), {"a": {"b": ["c"]}}, [], {})


@pytest.mark.parametrize("value", PLAIN)
def test_plain(value: object) -> None:
    """Plain values are computed at once, and reach the function as they are."""
    assert is_plain(value)
    assert computed(lambda one, two: (one, two), one=value, two="x") == (value, "x")


HOLDERS: dict[str, Callable[[object], object]] = {
    "bare": lambda value: value,
    "list": lambda value: [value],
    "tuple": lambda value: (value,),
    "mapping": lambda value: {"a": value},
    "nested": lambda value: [{"a": ["b", value]}],
}


@pytest.mark.parametrize("hold", HOLDERS.values(), ids=HOLDERS)
def test_outputs(hold: Callable[[object], object]) -> None:
    """An output in a list, a tuple or a mapping makes the result an output of the same function."""

    async def check() -> None:
        value = hold(later("z"))
        assert not is_plain(value)
        found = computed(lambda one, two: (one, two), one=value, two="x")
        assert isinstance(found, pulumi.Output)
        assert await found.future() == (hold("z"), "x")

    in_loop(check())


def test_awaitables() -> None:
    """A coroutine is an input that is not known yet."""

    async def check() -> None:
        async def value() -> str:
            return "z"

        found = computed(lambda one: one + "!", one=value())
        assert isinstance(found, pulumi.Output)
        assert await found.future() == "z!"
        assert not is_plain([asyncio.get_running_loop().create_future()])

    in_loop(check())


def test_secrets_stay_secret() -> None:
    """A secret anywhere in the inputs makes the result secret."""

    async def check() -> None:
        found = computed(lambda one: one[0], one=[later("z", secret=True)])
        assert isinstance(found, pulumi.Output)
        assert await found.is_secret()

    in_loop(check())
