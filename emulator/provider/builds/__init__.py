"""Stand-ins for the providers awsx and docker-build, as far as the image of a job needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

VERSIONS: Final = {"awsx": "3.11.0", "docker-build": "0.0.22"}
"""The versions of the Python packages whose inputs and outputs the stand-ins follow."""


def install(plugins: Path) -> None:
    """Put the programs that serve them into a folder of Pulumi's plugins."""
    for package, version in VERSIONS.items():
        name = f"pulumi-resource-{package}"
        link = plugins / f"resource-{package}-v{version}" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(Path(__file__).parent / "bin" / name)
