"""The names of the ledger's table: its attributes, and the partition of the jobs' items. Pure."""

from __future__ import annotations

KEY, SORT = "pk", "sk"
"""The table's two keys."""
BODY = "body"
"""An item's content, as JSON."""
EXPIRES = "expires"
"""The expiry time. DynamoDB deletes an expired item late."""

DEPLOYED = "deployed"
"""The partition of the jobs' items. Only deployments write there: the functions' roles are denied it."""
