"""The environment variable by which an operator's command knows that the sandbox runs it."""

VARIABLE = "SCHEDULED_JOBS_SANDBOX"
"""Any value except the empty one counts. `python -m sandbox ops` sets it."""
