"""The clock and the timeline of the sandbox."""
