"""The longer commands of `python -m sandbox`."""
