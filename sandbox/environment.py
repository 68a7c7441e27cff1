"""The environment variables of the processes that the sandbox starts; they name no AWS but the embedded one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.loopback import is_loopback
from emulator.provider import builds
from sandbox.errors import SandboxError
from toolchain import pulumi_cli

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.iam.credentials import Credentials

_KEPT = ("HOME", "LANG", "LC_ALL", "TERM", "TMPDIR", "TZ", "USER", "COLUMNS", "NO_COLOR", "CI", "SCHEDULED_JOBS_DEBUG")
"""The user's own variables that are passed on. AWS_*, PULUMI_* and all others are not."""

_OF_DOCKER = (
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "BUILDX_CONFIG",
)
"""The variables by which Docker's client finds the engine. The tasks of the sandbox do not have them."""

_PULUMI_PYTHON = Path(__file__).with_name("pulumi_python") / "python"

DEFAULT_REGION = "eu-central-1"
"""The region of a stack or command that sets no region."""
DEFAULT_ACCOUNT = "123456789012"
"""The account of a platform that sets no account."""


def aws_environment(endpoint: str, region: str, credentials: Credentials | None) -> dict[str, str]:
    """Return variables that point AWS clients to the embedded AWS, not to this machine's profiles, files or metadata.

    Without `credentials` a client finds no credentials, like a task whose definition has no role.

    Raises SandboxError for an endpoint that is not on loopback, so that no process ever uses such an endpoint.
    """
    if not is_loopback(endpoint):
        raise SandboxError(
            f"the embedded AWS must be on a loopback address, not at '{endpoint}'; restart it with: make down up"
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


def pulumi_environment(state: Path, provider_port: int | None) -> dict[str, str]:
    """Return variables that keep Pulumi's state and home in `state` and point Pulumi to the sandbox's providers.

    Without a port, Pulumi uses the plugin of AWS's own provider, and no others.

    Pulumi then writes the state once, at the end of a deployment. Without that it writes the whole state before and
    after each step, so that the time of a deployment grows with the square of its resources. A deployment that fails or
    is interrupted still writes the state; after one that was killed, `up` starts from scratch.

    It also keeps no log of its own of each command, which takes a third of the CLI's time.
    """
    (state / "pulumi").mkdir(parents=True, exist_ok=True)
    _have_no_logs(pulumi_home(state))
    if provider_port is not None:
        builds.install(pulumi_home(state) / "plugins")
    return {
        "PULUMI_HOME": str(pulumi_home(state)),
        "PULUMI_BACKEND_URL": f"file://{state / 'pulumi'}",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        **({} if provider_port is None else {"PULUMI_DEBUG_PROVIDERS": f"aws:{provider_port}"}),
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        "PULUMI_SKIP_CHECKPOINTS": "true",
        "PULUMI_PYTHON_CMD": str(_PULUMI_PYTHON),
    }


def _have_no_logs(home: Path) -> None:
    """Put a file where the CLI's folder of logs would be, since the CLI has no setting for it and does without."""
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "logs").exists():
        (home / "logs").touch()


def docker_environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the user's own variables by which Docker's client finds the engine that builds images."""
    return {name: given[name] for name in _OF_DOCKER if name in given}


def pulumi_home(state: Path) -> Path:
    """Return the PULUMI_HOME of a sandbox, which also identifies the processes that the sandbox started."""
    return state / "pulumi-home"


def process_environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables of this machine that a process needs; PATH begins with this Python and the Pulumi CLI."""
    pulumi = pulumi_cli.pulumi_directory()
    path = [str(Path(sys.executable).parent), *([str(pulumi)] if pulumi else []), given.get("PATH", os.defpath)]
    return {
        **{name: given[name] for name in _KEPT if name in given},
        "PATH": os.pathsep.join(path),
        "PYTHONUNBUFFERED": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",  # else pip, which Pulumi's language host calls, asks PyPI
    }
