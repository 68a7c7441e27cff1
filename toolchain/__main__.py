"""Sets up the tools of the project: `python -m toolchain setup`, and prints where the CLI is: `... path`."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import TYPE_CHECKING

from toolchain import pulumi_cli, virtual_environment
from toolchain.errors import ToolchainError
from toolchain.progress import say

if TYPE_CHECKING:
    from types import FrameType


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 with a message when it fails, 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="python -m toolchain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="create .venv, and find, download or build the Pulumi CLI")
    commands.add_parser("path", help="print the directory to put first on PATH, or nothing if the CLI on PATH works")
    command = parser.parse_args(arguments).command
    # SIGTERM must also end the commands that are running, such as a compiler.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if command == "setup":
            virtual_environment.ensure()
            pulumi_cli.obtain()
        else:
            directory = pulumi_cli.pulumi_directory()
            if directory:
                print(directory)
    except ToolchainError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("interrupted; the next run continues from here")
        return 130
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
