"""The archive of the function that sends the requests of a job. It is the same for all jobs."""

from __future__ import annotations

from pathlib import Path

import pulumi

_PACKAGE = Path(__file__).resolve().parent.parent / "caller"
ENTRY = "caller.handler.handle"
"""The function that Lambda calls."""


def archive() -> pulumi.AssetArchive:
    """Return the archive, which needs nothing beside boto3. The engine compares archives by their content."""
    return pulumi.AssetArchive(
        {f"{_PACKAGE.name}/{file.name}": pulumi.FileAsset(str(file)) for file in sorted(_PACKAGE.glob("*.py"))}
    )
