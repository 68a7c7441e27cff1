"""Commands for people who write stack config or are on call: `python -m ops`."""

from __future__ import annotations

import argparse
import importlib
import sys

from ops.errors import OpsError
from watch.untrusted import visible

_COMMANDS = {
    "check": "validate a stack's config and show the next ticks",
    "history": "show the past ticks of a job, and what has run of each",
    "key-policy": "print the statements that a stack's KMS key needs",
    "list": "list the schedules: state, last outcome, next tick, and what runs now",
    "report": "write a page that shows the outcome of every tick",
    "rerun": "run a tick of a schedule again",
}
"""What each command does. The module of a command has its name, with `_` for `-`. It is imported only for that command,
since the import of boto3 takes longer than `check`."""
_INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended, as in shells."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code. A mistake that the operator can fix is one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    words = sys.argv[1:] if arguments is None else arguments
    wanted = next((word for word in words if word in _COMMANDS), None)
    for name, purpose in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        if name == wanted:
            importlib.import_module(f"ops.{name.replace('-', '_')}").add_to(command)
    given = parser.parse_args(words)
    given.words = words
    try:
        return int(given.run(given))
    except OpsError as error:
        sys.stderr.write(f"error: {visible(str(error))}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return _INTERRUPTED
