"""AWS's own Pulumi provider on the embedded AWS, in place of the stand-in for it."""

from __future__ import annotations

from enum import StrEnum
from importlib import metadata
from typing import TYPE_CHECKING

from sandbox import environment
from toolchain import aws_plugin

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = (
    *("cloudcontrol", "cloudwatch", "dynamodb", "ec2", "ecr", "ecs", "events", "iam", "kms", "lambda", "logs", "s3"),
    *("scheduler", "secretsmanager", "sns", "sqs", "ssm", "sts"),
)
"""The services that this program and the sample platform use, by their names in `aws:endpoints`.

s3 is among them because the provider may ask it for the code of a function.
"""


class Provider(StrEnum):
    """The Pulumi provider of a sandbox."""

    STAND_IN = "stand-in"
    REAL = "real"


def plugins() -> Path:
    """Return the folder with the plugin of the installed pulumi_aws; raise ToolchainError when there is none to get."""
    return aws_plugin.obtain(metadata.version("pulumi_aws"))


def link(found: Path, state: Path) -> None:
    """Let the sandbox's Pulumi use the plugins in a folder. Its own PULUMI_HOME is deleted with the sandbox."""
    home = environment.pulumi_home(state)
    home.mkdir(parents=True, exist_ok=True)
    (home / "plugins").symlink_to(found, target_is_directory=True)


def configuration(endpoint: str) -> dict[str, str]:
    """Return the provider's configuration for an embedded AWS, as paths and values of `pulumi config set-all --path`.

    Credentials and region are in the environment. The endpoints are in both places: the provider's own checks before
    the first call use the configuration, and its SDK both.
    """
    return {
        **{f"aws:endpoints[0].{service}": endpoint for service in SERVICES},
        "aws:s3UsePathStyle": "true",
        "aws:skipCredentialsValidation": "true",
        "aws:skipMetadataApiCheck": "true",
        "aws:skipRegionValidation": "true",
    }
