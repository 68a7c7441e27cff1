"""Commands for people who write stack config or are on call: `python -m ops`."""

from __future__ import annotations

import argparse
import sys

from ops import check, rerun
from ops.errors import OpsError
from watch.untrusted import visible

_INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended, as in shells."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code. A mistake that the operator can fix is one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (check, rerun):
        command.add_to(commands)
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except OpsError as error:
        sys.stderr.write(f"error: {visible(str(error))}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return _INTERRUPTED
