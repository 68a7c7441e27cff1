"""Metrics, and alarms on them."""
