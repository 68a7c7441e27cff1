"""The archive of a group's functions: their code, the pinned time zones, and the facts of the group.

No job is in it, so a change of a job does not change the functions. The engine compares archives by their content,
regardless of the files' folder, so the same stack gives the same function on every machine.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

from watch.facts import FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watch.facts import Facts

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("aws_facts", "cadence", "holds", "supervision", "supervisor", "watch")
_ZONES = "zones"
_TZDATA = '"""The time zones of the package of this name."""\n'


def archive(facts: Facts) -> pulumi.AssetArchive:
    """Return the archive of a group's functions."""
    code = {f"{package}/{file.name}": file for package in _PACKAGES for file in sorted((_ROOT / package).glob("*.py"))}
    assets: dict[str, pulumi.Asset | pulumi.Archive] = {
        name: pulumi.FileAsset(str(file)) for name, file in {**code, **_zone_files()}.items()
    }
    return pulumi.AssetArchive(
        {
            **assets,
            "tzdata/__init__.py": pulumi.StringAsset(_TZDATA),
            FILE: pulumi.StringAsset(facts.to_json()),
        }
    )


@cache
def _zone_files() -> Mapping[str, Path]:
    """Return the files of the pinned tzdata package: the list of the zones, and each zone."""
    package = Path(str(resources.files("tzdata")))
    zones = package.joinpath(_ZONES).read_text(encoding="utf-8").split()
    names = [_ZONES, *(f"zoneinfo/{zone}" for zone in zones)]
    return {f"tzdata/{name}": package / name for name in names}
