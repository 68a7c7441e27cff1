"""`python -m ops`: commands for whoever writes config and is on call."""

from __future__ import annotations

import argparse
import importlib
import json
import sys

import job_list


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code."""
    if broken := job_list.problem():
        return _refuse(broken, as_json="--json" in (sys.argv[1:] if arguments is None else arguments))
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    # Imported only now: it needs the package of the jobs.
    importlib.import_module("ops.check").add_to(commands)
    given = parser.parse_args(arguments)
    return int(given.run(given))


def _refuse(problem: str, *, as_json: bool) -> int:
    """Say in the form of `check` that nothing could be checked."""
    if as_json:
        sys.stdout.write(json.dumps({"problems": [problem], "warnings": [], "schedules": []}, indent=2) + "\n")
    else:
        sys.stderr.write(f"1 problem to mend before anything is deployed:\n  {problem}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
