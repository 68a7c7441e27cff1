"""Gives a Python process the time that the sandbox shows in a link; Python imports this module when it starts.

So a process that runs beside the sandbox, such as a container of a service, dates what it writes as the sandbox does.
It knows a new time before it can learn of anything that happened at that time. Waits and durations stay those of the
machine. Without the link's name in the environment, and in a sandbox whose clock is the machine's, nothing changes.
A Python without the package that this needs says so, and goes on.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_SHOWN = os.environ.get("SANDBOX_CLOCK")
_UNABLE = (
    "warning: this process has the time of the machine, not that of the sandbox, because its Python has no package "
    "time-machine: install that, or start the sandbox with `up --live`\n"
)


def follow(shown: Path) -> None:
    """Make the time of this process that in a link, in nanoseconds since 1970, each time that it is asked for."""
    try:
        import time_machine  # noqa: PLC0415 - no other process needs it
    except ImportError:
        sys.stderr.write(_UNABLE)
        return

    traveller = time_machine.travel(0, tick=False).start()
    traveller.time_ns = lambda: int(str(shown.readlink()))  # type: ignore[method-assign]


if _SHOWN:
    follow(Path(_SHOWN))
