"""Gets the plugin of AWS's Pulumi provider, which the sandbox can use in place of its stand-in.

The plugin is about 700 MB. It comes from Pulumi's releases, and from no package registry.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from toolchain import progress, pulumi_cli
from toolchain.errors import ToolchainError
from toolchain.store import cache_directory, exclusive

if TYPE_CHECKING:
    from collections.abc import Mapping


def obtain(version: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return a folder of plugins that has the plugin of this version, and download the plugin if there is none.

    The folder is that of the user's own Pulumi, or one in the cache. Raises ToolchainError when the download fails.
    """
    own = Path(environment.get("PULUMI_HOME") or Path(environment.get("HOME") or Path.home()) / ".pulumi")
    home = cache_directory(environment) / "pulumi-home"
    with exclusive(home.parent / "plugin-lock", "the plugin of AWS's provider"):
        for plugins in (own / "plugins", home / "plugins"):
            if _is_complete(plugins, version):
                return plugins
        _download(version, home, environment)
    if not _is_complete(home / "plugins", version):
        raise ToolchainError(_refusal(version, f"the download left no plugin in {home / 'plugins'}"))
    return home / "plugins"


def _is_complete(plugins: Path, version: str) -> bool:
    """Return whether a plugin is there; while the CLI unpacks one, a file `….partial` is beside it."""
    folder = plugins / f"resource-aws-v{version}"
    return (folder / "pulumi-resource-aws").is_file() and not folder.with_name(f"{folder.name}.partial").exists()


def _download(version: str, home: Path, environment: Mapping[str, str]) -> None:
    directory = pulumi_cli.pulumi_directory()
    path = os.pathsep.join([*([str(directory)] if directory else []), environment.get("PATH", os.defpath)])
    try:
        progress.run(
            ["pulumi", "plugin", "install", "resource", "aws", version],
            f"downloading the plugin of AWS's provider {version}, about 700 MB",
            env={**environment, "PATH": path, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except ToolchainError as error:
        raise ToolchainError(_refusal(version, str(error))) from error


def _refusal(version: str, reason: str) -> str:
    return (
        f"There is no plugin of AWS's provider, resource aws {version}: {reason}\n"
        f"Install it where this machine reaches Pulumi's releases: pulumi plugin install resource aws {version}\n"
        "Without PROVIDER=real, the sandbox uses its own stand-in for the provider."
    )
