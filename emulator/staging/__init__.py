"""Staged failures."""
