"""The names of the ledger's table: its attributes, and the partition of the jobs' items. Pure."""

from __future__ import annotations

KEY, SORT = "pk", "sk"
"""The table's two keys."""
BODY = "body"
"""An item's content, as JSON."""
EXPIRES = "expires"
"""The expiry time. DynamoDB deletes an expired item late."""

LOOKED = ("watch", "looked")
"""The keys of the item that each check writes. Its body has the time under the second key's name, and what is below.
"""
SUPERVISES = "supervises"
"""Whether the stack still needs its supervisor: a job is supervised, or a tick of one that was removed is in flight."""
CLUSTERS = "clusters"
"""The ARNs of the clusters of jobs, and of runs that go on."""
CLAIMS = "claims"
"""Whether the stack needs its claims: of a job, or of a run of one that was removed. Left out if it does not."""

STOPS = "stops"
"""The partition of the stops that operators announce. It is the only one where they may write."""

DEPLOYED = "deployed"
"""The partition of the jobs' items. Only deployments write there: the functions' roles are denied it."""
