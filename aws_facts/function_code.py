"""What Lambda takes as the code of a function in Python, and what its runtimes run on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_UPLOAD, LARGEST_CODE = 50 * 1024**2, 250 * 1024**2
"""Bytes of an archive that is uploaded directly, and of all its files (Lambda Developer Guide, Lambda quotas)."""

RUNTIMES: Mapping[str, int] = {
    "python3.10": 26,
    "python3.11": 26,
    "python3.12": 34,
    "python3.13": 34,
    "python3.14": 34,
}
"""The runtimes of Python, each with the minor version of the glibc 2 of its system.

The systems are Amazon Linux 2, which has glibc 2.26, and Amazon Linux 2023, which has 2.34 (Lambda Developer Guide,
Lambda runtimes).
"""

MACHINES: Mapping[str, str] = {"x86_64": "x86_64", "arm64": "aarch64"}
"""The architectures of functions, each with its name in the tags of wheels."""

SMALLEST_MEMORY, LARGEST_MEMORY = 128, 10240
"""MB of a function that does not run on Lambda Managed Instances (Lambda Developer Guide, Lambda quotas)."""
LARGEST_ENVIRONMENT = 4 * 1024
"""Bytes of all environment variables of a function (Lambda Developer Guide, Lambda quotas)."""
LONGEST_HANDLER = 1800
"""Seconds that such a function may run (Lambda API reference, CreateFunction, Timeout, in botocore 1.44.8)."""
