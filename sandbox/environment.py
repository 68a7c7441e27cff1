"""The environment of every process that the sandbox starts: the embedded AWS and nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import toolchain
from emulator.loopback import is_loopback
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.iam.credentials import Credentials

_KEPT = ("HOME", "LANG", "LC_ALL", "TERM", "TMPDIR", "TZ", "USER", "COLUMNS", "NO_COLOR", "CI")
"""Of the user's own environment. AWS_*, PULUMI_* and everything else stay outside."""


DEFAULT_REGION = "eu-central-1"
"""Where a stack, or a command, says nothing."""


def aws_environment(endpoint: str, region: str, credentials: Credentials | None) -> dict[str, str]:
    """Point AWS clients to the embedded AWS, and away from this machine's profiles, files and metadata.

    Without credentials a client finds none, as in a task whose definition names no role.

    Raises SandboxError for an endpoint that is not on loopback: whatever named it, no process is ever given it.
    """
    if not is_loopback(endpoint):
        raise SandboxError(
            f"the embedded AWS listens on loopback only, not at '{endpoint}'; start anew with: make down up"
        )
    return {
        "AWS_ENDPOINT_URL": endpoint,
        **(credentials.environment() if credentials else {}),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }


def pulumi_environment(state: Path, provider_port: int) -> dict[str, str]:
    """Keep Pulumi's state and home in the sandbox, and have it use the provider that runs there."""
    (state / "pulumi").mkdir(parents=True, exist_ok=True)
    return {
        "PULUMI_HOME": str(pulumi_home(state)),
        "PULUMI_BACKEND_URL": f"file://{state / 'pulumi'}",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DEBUG_PROVIDERS": f"aws:{provider_port}",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
    }


def pulumi_home(state: Path) -> Path:
    """Where Pulumi keeps its own things; marks every process that a sandbox starts as that sandbox's."""
    return state / "pulumi-home"


def process_environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Take what a process needs of this machine: the search path, with this Python and the Pulumi CLI first."""
    pulumi = toolchain.pulumi_directory()
    path = [str(Path(sys.executable).parent), *([str(pulumi)] if pulumi else []), given.get("PATH", os.defpath)]
    return {
        **{name: given[name] for name in _KEPT if name in given},
        "PATH": os.pathsep.join(path),
        "PYTHONUNBUFFERED": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",  # Pulumi's language host lists packages with pip, which would ask PyPI
    }
