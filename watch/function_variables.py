"""Names of the functions' environment variables."""

from __future__ import annotations

LEDGER = "LEDGER_TABLE"
"""The name of the ledger's table."""
TOPIC = "ALERT_TOPIC_ARN"
"""The ARN of the topic for alerts."""
LAUNCHES = "LAUNCHES_QUEUE_URL"
"""The URL of the queue of the ticks of supervised jobs. A group without such jobs has no queue and no variable."""
