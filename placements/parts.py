"""The parts of a placement that its jobs need. What no job there needs is not looked up as if one did. Pure."""

from __future__ import annotations

CLUSTER = "cluster"
DEFINITION = "definition"
"""The task definition of the placement, or that of its service."""
CAPACITY = "capacity"
NETWORK = "network"

EVERYTHING = frozenset({CLUSTER, DEFINITION, CAPACITY, NETWORK})
"""What a job in a container needs. A placement without a job is looked up as if it had such a job."""
