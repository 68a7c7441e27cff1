"""The commands of `python -m sandbox` that are more than a few lines."""
