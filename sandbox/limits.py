"""Limits of what a user may ask of the sandbox."""

from __future__ import annotations

from datetime import timedelta

FARTHEST = timedelta(days=400)
"""The longest `advance`. It covers a yearly job, and every moment on the way is processed."""
