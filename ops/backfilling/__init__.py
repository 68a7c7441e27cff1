"""Runs the ticks of a period: which there are, which of them run, and how they get on."""
