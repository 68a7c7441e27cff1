"""Arguments that several commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops import stack
from settings import accepted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def _stacks(incomplete: str) -> list[str]:
    """Return the stacks that a shell can complete: those with a file."""
    names = (file.name.split(".")[1] for file in stack.CHECKOUT.glob("Pulumi.*.yaml"))
    return sorted(name for name in names if name.startswith(incomplete))


StackFile = Annotated[
    str,
    typer.Argument(metavar="STACK", help="A stack that has a Pulumi.<stack>.yaml.", autocompletion=_stacks),
]
Stack = Annotated[
    str | None,
    typer.Option("--stack", metavar="STACK", help="A stack that has a Pulumi.<stack>.yaml.", autocompletion=_stacks),
]
Group = Annotated[
    str | None,
    typer.Option("--group", metavar="GROUP", help="The schedule group, if it is not <project>-<stack>."),
]
Region = Annotated[str | None, typer.Option("--region", metavar="REGION", help="The region, if it is not the stack's.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def one_of(possible: Collection[str]) -> Callable[[list[str] | None], list[str]]:
    """Return typer's callback of an option that may be given several times, each time with one of these values."""

    def check(given: list[str] | None) -> list[str]:
        for value in given or []:
            if value not in possible:
                raise typer.BadParameter(f"'{value}'{accepted(value, possible)}")
        return given or []

    return check


def completed(possible: Collection[str]) -> Callable[[str], list[str]]:
    """Return typer's completion of an option with one of these values."""
    return lambda incomplete: [value for value in possible if value.startswith(incomplete)]
