"""The Python of a Lambda runtime, as the packaging of Python sees it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_facts.function_code import MACHINES, RUNTIMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}
"""The oldest minor version of glibc 2 that a wheel can name, by machine (PEP 600 and PEP 599)."""
_OLD_NAMES = {"x86_64": ("manylinux1", "manylinux2010", "manylinux2014"), "aarch64": ("manylinux2014",)}


@dataclass(frozen=True)
class Target:
    """The runtime and the architecture of a function."""

    runtime: str
    """For example `python3.13`."""
    architecture: str
    """`x86_64` or `arm64`."""

    @property
    def version(self) -> str:
        """The version of Python, such as `3.13`."""
        return self.runtime.removeprefix("python")

    @property
    def platforms(self) -> Sequence[str]:
        """The tags of the platforms whose wheels run there, the newest first."""
        machine, newest = MACHINES[self.architecture], RUNTIMES[self.runtime]
        glibc = [f"manylinux_2_{minor}" for minor in range(newest, _OLDEST_GLIBC[machine] - 1, -1)]
        return [f"{name}_{machine}" for name in (*glibc, *_OLD_NAMES[machine])]

    @property
    def markers(self) -> Mapping[str, str]:
        """The values of environment markers (PyPA, Dependency specifiers). The patch release is not known before."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.version}.0",
            "os_name": "posix",
            "platform_machine": MACHINES[self.architecture],
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.version}.0",
            "python_version": self.version,
            "sys_platform": "linux",
        }

    def __str__(self) -> str:
        """Return the target as a user names it."""
        return f"{self.runtime} on {self.architecture}"
