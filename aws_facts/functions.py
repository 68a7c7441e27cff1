"""Limits of Lambda functions and of their asynchronous invocations.

They are those of Lambda's model in botocore 1.44 (shapes `MaximumEventAgeInSeconds` and `Timeout`).
"""

from __future__ import annotations

SHORTEST_EVENT_AGE, LONGEST_EVENT_AGE = 60, 21600
"""Seconds for which Lambda may keep an event that it cannot hand to the function yet."""
LONGEST_TIMEOUT = 5400
"""Seconds: the longest time limit of any function. Only a function on Lambda Managed Instances has so much."""

WITHOUT_URLS = frozenset(
    {
        *("ap-east-2", "ap-south-2", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7"),
        *("ca-west-1", "eu-central-2", "eu-south-2", "il-central-1", "me-central-1"),
    }
)
"""Regions in which a function has no URL (Lambda Developer Guide, "Creating and managing Lambda function URLs")."""
