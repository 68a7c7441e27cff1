"""Sets up the project: its virtual environment and a Pulumi CLI.

It uses only the standard library, since it runs before anything is installed.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the message for an older Python
    sys.exit("setup: Python 3.11 or newer is needed; set one with `make PYTHON=/path/to/python3.11`")
