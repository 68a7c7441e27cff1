"""Names of the function's environment variables."""

from __future__ import annotations

LEDGER = "LEDGER_TABLE"
"""The name of the ledger's table."""
TOPIC = "ALERT_TOPIC_ARN"
"""The ARN of the topic for alerts."""
