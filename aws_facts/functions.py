"""Limits of Lambda functions and of their asynchronous invocations.

They are those of Lambda's model in botocore 1.44 (shapes `MaximumEventAgeInSeconds` and `Timeout`).
"""

from __future__ import annotations

SHORTEST_EVENT_AGE, LONGEST_EVENT_AGE = 60, 21600
"""Seconds for which Lambda may keep an event that it cannot hand to the function yet."""
LONGEST_TIMEOUT = 5400
"""Seconds: the longest time limit of any function. Only a function on Lambda Managed Instances has so much."""
