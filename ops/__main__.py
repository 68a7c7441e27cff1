"""`python -m ops`: commands for whoever writes config and is on call."""

from __future__ import annotations

import argparse
import sys

from ops import check, rerun
from ops.errors import OpsError
from watch.outside import visible

_INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells have it."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code. What an operator can mend is one line on standard error."""
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


if __name__ == "__main__":
    sys.exit(main())
