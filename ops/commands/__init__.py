"""The commands of `python -m ops`, one in each file."""
