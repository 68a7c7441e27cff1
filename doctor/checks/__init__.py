"""Judges the answers about each topic of the chain. Pure."""
