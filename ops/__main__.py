"""`python -m ops`: commands for whoever writes config and is on call."""

from __future__ import annotations

import argparse
import importlib
import json
import sys

import job_list
from ops.errors import OpsError
from watch.outside import visible

_INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells have it."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code. What an operator can mend is one line on standard error."""
    if broken := job_list.problem():
        return _refuse(broken, sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    # Imported only now: they need the package of the jobs.
    for name in ("check", "rerun"):
        importlib.import_module(f"ops.{name}").add_to(commands)
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except OpsError as error:
        sys.stderr.write(f"error: {visible(str(error))}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return _INTERRUPTED


def _refuse(problem: str, arguments: list[str]) -> int:
    """Say, in the form of `check` where that was asked, that nothing can be done."""
    if arguments[:1] == ["rerun"]:
        sys.stderr.write(f"error: {problem}\n")
    elif "--json" in arguments:
        sys.stdout.write(json.dumps({"problems": [problem], "warnings": [], "schedules": []}, indent=2) + "\n")
    else:
        sys.stderr.write(f"1 problem to mend before anything is deployed:\n  {problem}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
