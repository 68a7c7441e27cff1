"""Tasks: launched, run as processes, stopped, described, forgotten."""
