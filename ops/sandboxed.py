"""Runs a command about the sandbox's stack in the sandbox, so that it is typed as for every other stack."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from ops import stack

if TYPE_CHECKING:
    import typer

_ENDPOINT = "AWS_ENDPOINT_URL"
"""Sets another endpoint for boto3 (AWS SDKs and Tools Reference Guide, service-specific endpoints)."""


def run(context: typer.Context, chosen: stack.Chosen, *more: str) -> int | None:
    """Run the command in the sandbox and return its exit code; None when it is not about the sandbox's stack.

    It is also None when this process uses the embedded AWS already. The words in `more` win over those that were typed,
    and name files by their whole path, since the command runs in the folder of the checkout.
    """
    elsewhere = chosen.stack != stack.SANDBOX or (chosen.group and chosen.region)
    if elsewhere or _ENDPOINT in os.environ:
        return None
    command = [sys.executable, "-m", "sandbox", "ops", *context.obj, *more]
    return subprocess.run(command, cwd=stack.CHECKOUT, check=False).returncode
