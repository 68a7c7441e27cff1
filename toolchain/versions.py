"""The versions of the Pulumi CLI that the project needs, and the types to read and compare versions."""

from __future__ import annotations

import platform
import re
from typing import NamedTuple


class Version(NamedTuple):
    """A version of three numbers. A pre-release sorts before the release of the same numbers."""

    major: int
    minor: int
    patch: int
    final: bool = True

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """Return the first version in `text` (`v3.259.0`, `go1.25.11`, `3.300.0-alpha.1+dirty`); None without one."""
        found = re.search(r"(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?(?:(-|rc|beta)[0-9A-Za-z.-]+)?", text)
        if found is None:
            return None
        major, minor, patch, prerelease = found.groups()
        return cls(int(major), int(minor), int(patch or 0), final=prerelease is None)

    def __str__(self) -> str:
        """Return the three numbers, joined with dots."""
        return f"{self.major}.{self.minor}.{self.patch}" + ("" if self.final else " (a pre-release)")


# The oldest engine that is known to work with the Python SDK in requirements.in.
MINIMUM_PULUMI = Version(3, 259, 0)

# The release that is downloaded. It has the same version as the Python SDK in requirements.in.
RELEASED_PULUMI = Version(3, 272, 0)


class Platform(NamedTuple):
    """An operating system and an architecture, as the names of Pulumi's release archives write them."""

    system: str
    machine: str

    @classmethod
    def current(cls) -> Platform:
        """Return the platform of this machine, even if Pulumi has no release for it."""
        machine = platform.machine().lower()
        return cls(
            platform.system().lower(), {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(machine, machine)
        )

    def __str__(self) -> str:
        """Return the platform as in the name of a release archive, such as `linux-x64`."""
        return f"{self.system}-{self.machine}"
