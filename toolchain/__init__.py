"""The project's set-up: its virtual environment and a Pulumi CLI.

Standard library only, since it runs before anything is installed.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this line is for whoever runs it with an older Python
    sys.exit("setup: Python 3.11 or newer is needed; name one with `make PYTHON=/path/to/python3.11`")

from toolchain.errors import ToolchainError
from toolchain.pulumi_cli import pulumi_directory

__all__ = ["ToolchainError", "pulumi_directory"]
