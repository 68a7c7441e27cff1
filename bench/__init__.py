"""Benchmarks of speed and growth; run each module with `python -m bench.<name>`."""
