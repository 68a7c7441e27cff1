"""`python -m ops` starts fast, because a command imports only what it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sandbox.session import CHECKOUT

SLOW = {"boto3", "botocore", "pulumi", "pulumi_aws", "rich", "urllib.request"}


@pytest.mark.parametrize("command", [["--help"], ["check", "staging"]])
def test_imports_no_slow_package(command: list[str]) -> None:
    """Help and `check` need neither AWS nor Pulumi, whose packages take longer to import than the command runs."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ops", *command],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stderr.splitlines()
    imported = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    assert "ops.cli" in imported
    assert imported & SLOW == set()
