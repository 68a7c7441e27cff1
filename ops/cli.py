"""Commands for people who write stack config or are on call."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from ops.errors import OpsError
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Callable

_COMMANDS = {
    "adopt": "Write job files from rules, schedules or crontabs.",
    "backfill": "Show which ticks of a period have no good run, or run them.",
    "check": "Validate a stack's config and show the next ticks.",
    "completion": "Print what a shell needs to complete these commands.",
    "doctor": "Say what is broken between schedule and container.",
    "history": "Show the past ticks of a job, and what has run of each.",
    "hold": "Pause schedules while a command runs.",
    "key-policy": "Print the statements that a stack's KMS key needs.",
    "list": "List the schedules with outcomes, next ticks, and runs.",
    "logs": "Print the log of a job's latest run, or follow it.",
    "next": "Show the ticks to come of all schedules, in order.",
    "pause": "Pause schedules for a while, whatever config wants.",
    "report": "Write a page that shows the outcome of every tick.",
    "rerun": "Run a tick of a schedule again, or all that were not good.",
    "resume": "End a pause.",
    "run": "Run a job now, or one of its ticks, and wait for its end.",
    "show": "Show everything about a job on one page.",
    "stop": "Stop the runs of a job, or one run, without an alert.",
    "test-alert": "Send an alert that is marked as a test, and show who gets it.",
}
"""What each command does. The module of a command has its name, with `_` for `-`: a function `command`, its own text as
the command's help, and ABOUT, which ends the help. It is imported only for that command, since the import of boto3
takes longer than `check`."""
_NAME = "python -m ops"
_COMPLETE = "_OPS_COMPLETE"
"""The variable with which a shell asks for completions."""
_INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended, as in shells."""


class _Commands(TyperGroup):
    """The commands. The list has their names only; the one that is typed is imported."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - types that typer keeps private
        """Return the typed command, its name and its arguments."""
        name, named, rest = super().resolve_command(ctx, args)
        return name, named and _imported(str(name)), rest

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - a type that typer keeps private
        """Run the typed command. It returns its exit code."""
        try:
            code = super().invoke(ctx)
        except OpsError as error:
            sys.stderr.write(f"error: {visible(str(error))}\n")
            code = error.exit_code
        except KeyboardInterrupt:
            sys.stderr.write("\ninterrupted\n")
            code = _INTERRUPTED
        raise typer.Exit(code)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code.

    A mistake that the operator can fix is one line on standard error, with exit code 1. Wrong usage is typer's code 2.
    """
    words = sys.argv[1:] if arguments is None else arguments
    app = typer.Typer(cls=_Commands, help=__doc__, no_args_is_help=True, rich_markup_mode=None)
    for name, purpose in _COMMANDS.items():
        app.command(name, help=purpose)(_named_only)
    commands: Any = typer.main.get_command(app)
    commands.params.clear()  # typer's own options would complete a program `python -m ops`, which no shell knows
    try:
        commands.main(words, _NAME, _COMPLETE, obj=tuple(words))
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1
    return 0


def _named_only() -> None:
    """Stand for a command in the list."""


def _imported(name: str) -> Any:  # noqa: ANN401 - a type that typer keeps private
    """Return a command from its module."""
    module = importlib.import_module(f"ops.commands.{name.replace('-', '_')}")
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    command: Callable[..., int] = module.command
    app.command(name, help=module.__doc__, epilog=_as_written(module.ABOUT))(command)
    return typer.main.get_command(app)


def _as_written(text: str) -> str:
    """Return a text whose lines typer does not join."""
    return "\n\n".join(f"\b\n{paragraph}" for paragraph in text.strip().split("\n\n"))
