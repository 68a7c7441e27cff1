"""The archive of the watch's function: its code, `cadence` with the time zones that the stack needs, and the facts.

The engine compares archives by their content, regardless of the files' folder, so the same stack gives the same
function on every machine.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

from watch.facts import FILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from watch.facts import Facts

HANDLER = "watch.handler.handle"

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("aws_facts", "cadence", "watch")
_ALWAYS = "UTC"
_TZDATA = '"""The time zones that this stack needs, from the package of this name."""\n'


def archive(facts: Facts) -> pulumi.AssetArchive:
    """Return the archive of a stack's function."""
    code = {f"{package}/{file.name}": file for package in _PACKAGES for file in sorted((_ROOT / package).glob("*.py"))}
    zones = {_ALWAYS, *(one.timezone for job in facts.jobs.values() for one in job.schedules.values())}
    assets: dict[str, pulumi.Asset | pulumi.Archive] = {
        name: pulumi.FileAsset(str(file)) for name, file in {**code, **_zone_files(zones)}.items()
    }
    listed = "".join(f"{zone}\n" for zone in sorted(zones))
    return pulumi.AssetArchive(
        {
            **assets,
            "tzdata/__init__.py": pulumi.StringAsset(_TZDATA),
            "tzdata/zones": pulumi.StringAsset(listed),
            FILE: pulumi.StringAsset(facts.to_json()),
        }
    )


def _zone_files(zones: Iterable[str]) -> dict[str, Path]:
    """Return the files of time zones in the pinned tzdata package."""
    package = Path(str(resources.files("tzdata")))
    return {f"tzdata/zoneinfo/{zone}": package.joinpath("zoneinfo", *zone.split("/")) for zone in sorted(zones)}
