"""Figures on speed and growth; each module runs by `python -m bench.<name>`."""
