"""`python -m sandbox ops` runs the operator's commands against the embedded AWS."""

from __future__ import annotations

import subprocess
import sys

import typer

from components import clock
from sandbox import environment
from sandbox.client import Client
from sandbox.errors import SandboxError
from sandbox.session import CHECKOUT, Session
from settings import in_sandbox


def ops(context: typer.Context) -> None:
    """Run an operator's command in the sandbox: ops rerun --stack sandbox cleanup --tick 2026-11-26T02:30:00Z."""
    server = Session.default().server()
    if server is None:
        raise SandboxError("no sandbox is running here; start one with: make up")
    done = subprocess.run(
        [sys.executable, "-m", "ops", *context.args],
        cwd=CHECKOUT,
        env={
            **environment.process_environment(),
            **environment.aws_environment(server.endpoint, environment.DEFAULT_REGION, server.credentials),
            in_sandbox.VARIABLE: "1",
            clock.VARIABLE: Client(server).get("status")["now"],
        },
        check=False,
    )
    raise typer.Exit(done.returncode)
