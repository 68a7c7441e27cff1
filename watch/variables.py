"""Names of the function's environment variables."""

from __future__ import annotations

LEDGER = "LEDGER_TABLE"
"""The ledger's table, by name."""
TOPIC = "ALERT_TOPIC_ARN"
"""Where alerts go."""
