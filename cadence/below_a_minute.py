"""What to do where something must happen more often than AWS can start it."""

from __future__ import annotations

SHORTEST = (
    "a minute is the shortest interval of AWS; run the job every minute and let a run repeat its work until the next "
    'one, or keep the timer in a service that runs (docs/configuration.md, "More often than every minute")'
)
