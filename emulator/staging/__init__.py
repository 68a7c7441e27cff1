"""Failures that are staged."""
