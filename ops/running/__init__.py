"""Starts, finds and stops runs by hand."""
