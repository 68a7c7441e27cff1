"""Runs the code of a job file so that it cannot end the program, keep it from ending, or be taken for Ctrl-C.

The engine takes a program that ends early without an error for one that declares nothing, and `up` would delete every
resource of the stack.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LIMIT = 5.0
"""Seconds for one job file, which only describes a job."""

ENDINGS = ("_exit", "abort", "execv", "execve")
"""The functions of `os` that end this program without an exception. All others use these."""


class EndsProgramError(BaseException):
    """The code called a function that would end this program."""


class TooLongError(Exception):
    """The code did not end in time."""


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What the code returned, or what it raised."""

    value: T | None
    error: BaseException | None


def call(function: Callable[[], T]) -> Outcome[T]:
    """Run a function in a thread of its own, and return its outcome.

    After `LIMIT` seconds the outcome is `TooLongError`. The thread then goes on in vain until the program ends, and
    still cannot end it.
    """
    outcomes: list[Outcome[T]] = []

    def run() -> None:
        try:
            outcomes.append(Outcome(function(), None))
        except BaseException as error:  # noqa: BLE001 - the code is the user's and may raise anything
            outcomes.append(Outcome(None, error))

    thread = threading.Thread(target=run, name="job file", daemon=True)
    restore = _keep_running()
    thread.start()
    thread.join(LIMIT)
    if not outcomes:
        return Outcome(None, TooLongError(f"did not end within {LIMIT:g} seconds; a job file only describes its job"))
    restore()
    return outcomes[0]


def _keep_running() -> Callable[[], None]:
    """Let the functions that end this program raise instead, and return what makes them end it again."""
    modules = (os, sys.modules[os.name])  # `os` takes them from the module of the operating system
    places = [(module, name) for module in modules for name in ENDINGS if hasattr(module, name)]
    saved = [getattr(module, name) for module, name in places]
    for module, name in places:
        setattr(module, name, _refusal(name))

    def restore() -> None:
        for (module, name), function in zip(places, saved, strict=True):
            setattr(module, name, function)

    return restore


def _refusal(name: str) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise EndsProgramError(f"os.{name} would end this program without a word; remove it")

    return refuse
